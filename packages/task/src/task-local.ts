/** Values that belong to a future: set while it is polled or dropped, and at no other time. */
import {
  type Awaitable,
  type Call,
  type Closing,
  cx,
  type IntoFuture,
  intoFuture,
  Leaf,
  outsidePoll,
  type Poll,
  RuntimeError,
} from "@treadle/core";

/** Code of the error thrown when a task-local value is read where none is set. */
export const ERR_TASK_LOCAL_UNSET = "ERR_TASK_LOCAL_UNSET";

const UNSET: unique symbol = Symbol("unset");

/** A task-local variable; made by {@link taskLocal}. */
export class LocalKey<T> {
  /** The name given to {@link taskLocal}, for errors. */
  readonly name: string;
  private value: T | typeof UNSET = UNSET;

  /** @internal */
  constructor(name: string) {
    this.name = name;
  }

  /** Runs a future in which this key has `value`; tasks that it spawns do not inherit it. */
  scope<R>(value: T, f: IntoFuture<R>): Awaitable<R> {
    return new LocalScope(this, value, intoFuture(f));
  }

  /** Runs a function in which this key has `value`. */
  syncScope<R>(value: T, f: () => R): R {
    const outer = this.swap(value);
    try {
      return f();
    } finally {
      this.swap(outer);
    }
  }

  /**
   * The value.
   *
   * @throws {@link RuntimeError} `ERR_TASK_LOCAL_UNSET` outside every scope of this key.
   */
  get(): T {
    if (this.value !== UNSET) return this.value;
    throw new RuntimeError(
      ERR_TASK_LOCAL_UNSET,
      `cannot access a task-local storage value without setting it first: ${this.name} is read outside ` +
        `${this.name}.scope(value, future)`,
    );
  }

  /** The value, or undefined outside every scope of this key. */
  tryGet(): T | undefined {
    return this.value === UNSET ? undefined : this.value;
  }

  /** @internal */
  swap(value: T | typeof UNSET): T | typeof UNSET {
    const old = this.value;
    this.value = value;
    return old;
  }
}

class LocalScope<T, R> extends Leaf<R> {
  private readonly key: LocalKey<T>;
  private value: T | typeof UNSET;
  private readonly call: Call<R>;

  constructor(key: LocalKey<T>, value: T, call: Call<R>) {
    super();
    this.key = key;
    this.value = value;
    this.call = call;
  }

  override next(): Poll<R> {
    if (cx.waker === null) return outsidePoll(this, LocalScope.prototype.next);
    const outer = this.key.swap(this.value);
    try {
      return this.call.next();
    } finally {
      this.value = this.key.swap(outer);
    }
  }

  override return(): Closing {
    const outer = this.key.swap(this.value);
    try {
      return this.call.return();
    } finally {
      this.value = this.key.swap(outer);
    }
  }
}

/**
 * Makes a task-local variable.
 *
 * @param name - for errors.
 * @example
 * ```ts
 * import { Builder, pollFn, taskLocal } from "treadle";
 *
 * const requestId = taskLocal<number>("requestId");
 * const runtime = Builder.newCurrentThread().build();
 * runtime.blockOn(requestId.scope(17, pollFn(() => requestId.get()))); // => 17
 * requestId.tryGet(); // => undefined
 * ```
 */
export function taskLocal<T>(name = "taskLocal"): LocalKey<T> {
  return new LocalKey(name);
}
