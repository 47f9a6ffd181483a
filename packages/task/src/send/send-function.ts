/** A function that other threads find by its key, and one call of it. */
import {
  type Async,
  Call,
  type CallFields,
  type Closing,
  callOf,
  cx,
  DONE,
  type Future,
  flat,
  fromPromise,
  INIT,
  Leaf,
  type Named,
  outsidePoll,
  type Poll,
  readyPoll,
} from "@treadle/core";

type Body = (...args: unknown[]) => unknown;

const GENERATOR = 0;
const ASYNC = 1;
const PLAIN = 2;

const generatorFunction: object = Object.getPrototypeOf(function* () {});
const asyncFunction: object = Object.getPrototypeOf(async () => {});

/** What the registry holds: the function behind a sendable, with the name by which every thread finds it. */
export class SendFunction implements Named {
  /** The module's URL and the name, `url#name`. */
  readonly key: string;
  /** The name, also in dumps. */
  readonly name: string;
  /** How many more spawns remember where they were made; see `spawn-site.ts`. @internal */
  sites: number;
  private readonly body: Body;
  private readonly kind: number;

  constructor(key: string, name: string, body: Body) {
    this.key = key;
    this.name = name;
    this.sites = 64;
    this.body = body;
    const prototype: unknown = Object.getPrototypeOf(body);
    this.kind =
      prototype === generatorFunction ? GENERATOR : prototype === asyncFunction ? ASYNC : PLAIN;
  }

  /** Makes the future of one call on this thread; nothing of it runs yet. */
  start(args: unknown[]): Async<unknown> | Future<unknown> {
    if (this.kind === GENERATOR) return call(this.body, args) as Async<unknown>;
    if (this.kind === PLAIN) return new PlainRun(this, args);
    // Two arguments at least: only a function without arguments is given a signal in the place of its first one.
    const run = callOf(call as (f: Body, args: unknown[]) => PromiseLike<unknown>, [
      this.body,
      args,
    ]);
    return run.unwrap() ?? run;
  }

  /** Whether it is an async function, which only an event loop that turns can bring to its end. */
  get isAsync(): boolean {
    return this.kind === ASYNC;
  }

  /** Whether two are the same function, whatever object stands for it. */
  is(body: Body): boolean {
    return this.body === body;
  }

  /** Calls the function itself. @internal */
  invoke(args: unknown[]): unknown {
    return call(this.body, args);
  }
}

/** A call with few arguments costs less without spreading. */
function call(f: Body, args: unknown[]): unknown {
  switch (args.length) {
    case 0:
      return f();
    case 1:
      return f(args[0]);
    case 2:
      return f(args[0], args[1]);
    default:
      return f(...args);
  }
}

/** A plain function: runs at the first poll; a future or promise that it returns is awaited. */
class PlainRun extends Leaf<unknown> {
  private readonly source: SendFunction;
  private readonly args: unknown[];
  private inner: Future<unknown> | null;

  constructor(source: SendFunction, args: unknown[]) {
    super();
    this.source = source;
    this.args = args;
    this.inner = null;
  }

  override next(): Poll<unknown> {
    if (cx.waker === null) return outsidePoll(this, PlainRun.prototype.next);
    if (this.inner !== null) return this.inner.next();
    const value = this.source.invoke(this.args);
    if (typeof value !== "object" || value === null) return readyPoll(value);
    const made = value as { next?: unknown; then?: unknown };
    if (typeof made.next !== "function" && typeof made.then !== "function") return readyPoll(value);
    this.inner =
      typeof made.next === "function"
        ? new Call(value as Future<unknown>, this.source)
        : fromPromise(value as PromiseLike<unknown>);
    return this.inner.next();
  }

  override return(): Closing {
    return (this.inner?.return?.() ?? DONE) as Closing;
  }
}

/**
 * One call of a sendable function: lazy, and any thread can start it.
 *
 * @remarks `spawn(future)` runs it on whichever worker is free first; `yield* future` and `spawnLocal(future)` run it
 * right here, and `await future` as a task of the current runtime. Here nothing is copied; on another thread the
 * arguments and the result are copies. It is a {@link Call}, dropped exactly.
 */
export class SendFuture<T> extends Call<T> {
  /** The function, with its key. */
  readonly function: SendFunction;
  private args: unknown[] | null;

  constructor(source: SendFunction, args: unknown[]) {
    super(null, source);
    this.function = source;
    this.args = args;
  }

  /** The key by which other threads find the function: `url#name`. */
  get key(): string {
    return this.function.key;
  }

  /** Whether it was neither polled nor taken, so that another thread can still start it. */
  isUnstarted(): boolean {
    return this.args !== null;
  }

  /** Its arguments, as they were given; null once it was polled or taken. */
  get arguments(): readonly unknown[] | null {
    return this.args;
  }

  /** Takes the arguments to another thread and closes the future here; null when it was polled or taken before. */
  takeArguments(): unknown[] | null {
    const { args } = this;
    if (args === null) return null;
    this.args = null;
    super.unwrap();
    return args;
  }

  override unwrap(): Async<T> | null {
    if (this.args !== null) this.open(this.args);
    return super.unwrap();
  }

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, SendFuture.prototype.next);
    if (this.args !== null) this.open(this.args);
    return super.next();
  }

  override return(): Closing {
    this.args = null;
    return super.return();
  }

  private open(args: unknown[]): void {
    this.args = null;
    try {
      this.g = this.function.start(args) as Iterator<unknown, unknown, void>;
    } catch (error) {
      super.unwrap();
      throw error;
    }
  }
}

const FlatSendFuture = flat<
  SendFuture<unknown>,
  CallFields & { function: SendFunction; args: unknown[] | null },
  [SendFunction, unknown[]]
>(SendFuture, function (source, args) {
  this.state = INIT;
  this.g = null;
  this.source = source;
  this.nesting = null;
  this.function = source;
  this.args = args;
});

/** A new call of a sendable function. */
export function newSendFuture<T>(source: SendFunction, args: unknown[]): SendFuture<T> {
  return new FlatSendFuture(source, args) as SendFuture<T>;
}
