/** Checked by the type check of the whole tree: what the combinators make of the types they are given. */
import { type Async, type Awaitable, type Future, fn, pending, ready } from "@treadle/core";
import {
  type JoinHandle,
  JoinSet,
  join,
  joinAll,
  type Outcome,
  race,
  type Scope,
  scope,
  select,
  shield,
  spawn,
  taskLocal,
  tryJoinAll,
} from "@treadle/task";

/** Compiles only when both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_is: Same<A, B>): void {}

const text = fn(function* text(): Async<string> {
  return yield* ready("");
});
function* plain(): Async<boolean> {
  return yield* ready(true);
}

const joins = fn(function* joins(): Async<void> {
  const [a, b, c, d, e] = yield* join(ready(1), text(), text, plain, async () => null);
  same<[typeof a, typeof b, typeof c, typeof d, typeof e], [number, string, string, boolean, null]>(
    true,
  );
  const none = yield* join();
  same<typeof none, []>(true);
  const all = yield* joinAll([ready(1), ready(2)]);
  same<typeof all, number[]>(true);
  const tried = yield* tryJoinAll(new Set([text()]));
  same<typeof tried, string[]>(true);
});

const selects = fn(function* selects(): Async<string | number> {
  const first = yield* select({ n: ready(1), text, stop: pending() }, { biased: true });
  same<typeof first.key, "n" | "text" | "stop">(true);
  if (first.key === "n") {
    same<typeof first.value, number>(true);
    return first.value;
  }
  if (first.key === "text") {
    same<typeof first.value, string>(true);
    return first.value;
  }
  same<typeof first.value, never>(true);
  // @ts-expect-error there is no such branch
  return first.key === "other" ? 1 : 2;
});

const races = fn(function* races(): Async<void> {
  const first = yield* race(ready(1), text(), plain);
  same<typeof first, string | number | boolean>(true);
  // @ts-expect-error a promise runs already
  yield* race(Promise.resolve(1));
});

const wrappers = fn(function* wrappers(): Async<void> {
  const shielded = yield* shield(text);
  same<typeof shielded, string>(true);
  const key = taskLocal<number>();
  const scoped = yield* key.scope(1, plain);
  same<typeof scoped, boolean>(true);
  same<ReturnType<typeof key.get>, number>(true);
  // @ts-expect-error the value has the key's type
  key.scope("text", plain);
});

function* add(a: number, b: string): Async<string> {
  return yield* ready(a + b);
}

const tasks = fn(function* tasks(): Async<void> {
  const handle = spawn(add, 1, "");
  same<typeof handle, JoinHandle<string>>(true);
  const joined = yield* handle;
  same<typeof joined, string>(true);
  const outcome = yield* handle.outcome();
  same<typeof outcome, Outcome<string>>(true);
  if (outcome.status === "ok") same<typeof outcome.value, string>(true);
  // @ts-expect-error only an outcome that is ok has a value
  else outcome.value;
  spawn(async ({ signal }) => signal.aborted);
  // @ts-expect-error the second argument is missing
  spawn(add, 1);
  // @ts-expect-error the arguments are checked
  spawn(add, "", 1);
  // @ts-expect-error a promise runs already
  spawn(Promise.resolve(1));
});

const groups = fn(function* groups(): Async<void> {
  const set = new JoinSet<string>();
  set.spawn(add, 1, "");
  set.spawn(text);
  // @ts-expect-error the set is of strings
  set.spawn(plain);
  const next = yield* set.joinNext();
  same<typeof next, Outcome<string> | undefined>(true);
  const all = yield* set.joinAll();
  same<typeof all, string[]>(true);
  const value = yield* scope(function* (s: Scope): Async<number> {
    const child = s.spawn(plain);
    same<typeof child, JoinHandle<boolean>>(true);
    return (yield* child) ? 1 : 0;
  });
  same<typeof value, number>(true);
});

same<
  ReturnType<typeof scope<number>> extends Future<number> & Awaitable<number> ? true : false,
  true
>(true);

/** What is defined here only to be checked. */
export const checked: readonly unknown[] = [joins, selects, races, wrappers, tasks, groups];
