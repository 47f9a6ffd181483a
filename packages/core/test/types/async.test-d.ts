/** Checked by the type check of the whole tree: what the type `Async` lets through, and what it stops. */
import {
  type Async,
  type Awaitable,
  type Call,
  callOf,
  cooperative,
  type Future,
  fn,
  fromPromise,
  intoFuture,
  type Pending,
  pending,
  Pending as pendingValue,
  pollFn,
  ready,
  unconstrained,
} from "@treadle/core";

/** Compiles only when both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_is: Same<A, B>): void {}

// What yield* gives.

const infers = fn(function* (name: string, n?: number): Async<boolean> {
  const one = yield* ready(1);
  same<typeof one, number>(true);
  const text = yield* pollFn(() => (one > 0 ? name : pendingValue));
  same<typeof text, string>(true);
  const never = yield* pending();
  same<typeof never, never>(true);
  const settled = yield* fromPromise(Promise.resolve({ n }));
  same<typeof settled, { n: number | undefined }>(true);
  const nothing = yield* unconstrained(cooperative(ready(undefined)));
  same<typeof nothing, undefined>(true);
  const again: boolean = yield* infers(name);
  return again;
});

same<typeof infers, (name: string, n?: number) => Call<boolean>>(true);
same<ReturnType<typeof infers> extends Future<boolean> ? true : false, true>(true);
same<ReturnType<typeof infers> extends Awaitable<boolean> ? true : false, true>(true);

export async function awaits(): Promise<void> {
  const value = await infers("");
  same<typeof value, boolean>(true);
}

// What is no future.

const missingStar = fn(function* missingStar(): Async<number> {
  // @ts-expect-error the star is missing: a future is not what a task function yields
  yield ready(1);
  // @ts-expect-error a bare yield gives up nothing
  yield;
  // @ts-expect-error a promise has to be wrapped by fromPromise
  yield* Promise.resolve(1);
  return 1;
});

function* plain(): Async<number> {
  return yield* ready(1);
}

const needsFn = fn(function* needsFn(): Async<number> {
  // @ts-expect-error a plain generator function with this type is no future: it lacks fn
  return yield* plain();
});

// The name of a function expression is the plain function, not what fn made of it.
const recursive = fn(function* inner(n: number): Async<number> {
  // @ts-expect-error call `recursive`, not `inner`
  if (n > 1) yield* inner(n - 1);
  return n > 0 ? yield* recursive(n - 1) : 0;
});

const wrongReturn = fn(function* wrongReturn(): Async<number> {
  // @ts-expect-error the function promises a number
  return yield* ready("text");
});

// @ts-expect-error arguments are checked through fn
infers(1);

// @ts-expect-error an async function is no task function
fn(async () => 1);

// What can be run.

same<ReturnType<typeof intoFuture<number>>, Call<number>>(true);
export const runnable: Call<number>[] = [
  intoFuture(ready(1)),
  intoFuture(plain),
  intoFuture(plain()),
  intoFuture(() => plain()),
  intoFuture(async () => 1),
  intoFuture(async ({ signal }) => (signal.aborted ? 1 : 0)),
  callOf((a: number, b: number) => ready(a + b), [1, 2]),
];

// @ts-expect-error a promise runs already
intoFuture(Promise.resolve(1));
// @ts-expect-error a value is no future
intoFuture(5);
// @ts-expect-error the arguments do not fit
callOf((a: number) => ready(a), ["text"]);

// Who polls by hand sees what a poll may answer.

export function poll(future: Future<string>): string | undefined {
  const answer = future.next();
  same<typeof answer, IteratorResult<Pending, string>>(true);
  return answer.done ? answer.value : undefined;
}

/** What is defined here only to be checked. */
export const checked: readonly unknown[] = [infers, missingStar, needsFn, recursive, wrongReturn];
