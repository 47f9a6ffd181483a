/** A cell that gets its value once, asynchronously. */
import {
  type Async,
  type Awaitable,
  fn,
  type IntoFuture,
  intoFuture,
  RuntimeError,
  ready,
} from "@treadle/core";
import { ERR_ALREADY_SET } from "./error.ts";
import { Semaphore } from "./semaphore.ts";

const EMPTY = 0;
const FILLING = 1;
const FULL = 2;

/**
 * A value that is made once, by whichever task asks first.
 *
 * @example
 * ```ts
 * import { type Async, Builder, fn, OnceCell } from "treadle";
 *
 * const cell = new OnceCell<number>();
 * const main = fn(function* main(): Async<number> {
 *   yield* cell.getOrInit(function* (): Async<number> { return 1; });
 *   return yield* cell.getOrInit(function* (): Async<number> { return 2; });
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => 1
 * cell.get(); // => 1
 * ```
 */
export class OnceCell<T> {
  private state: number;
  private value: T | undefined;
  private readonly turn: Semaphore;

  constructor() {
    this.state = EMPTY;
    this.value = undefined;
    this.turn = new Semaphore(1);
  }

  /** The value, or undefined while there is none. */
  get(): T | undefined {
    return this.value;
  }

  /** Whether the cell has its value. */
  get isInitialized(): boolean {
    return this.state === FULL;
  }

  /**
   * Gives the cell its value.
   *
   * @throws {@link RuntimeError} `ERR_ALREADY_SET` when it has one, or a `getOrInit` is just making it.
   */
  set(value: T): void {
    if (this.state !== EMPTY) throw alreadySet(this.state === FULL);
    this.fill(value);
  }

  /**
   * The value; if there is none, the first to ask makes it by `init` and the others wait for it.
   *
   * @remarks **Errors**: what `init` throws; the cell stays empty then. **Cancel safety**: safe; when the task that
   * runs `init` fails or is dropped, the next one that waits runs its own. `init` must not ask the same cell: it would
   * wait for itself. Waiting uses the budget.
   */
  getOrInit(init: IntoFuture<T>): Awaitable<T> {
    if (this.state === FULL) return ready(this.value as T);
    return initialise(this as OnceCell<unknown>, init) as Awaitable<T>;
  }

  /** @internal The right to make the value; undefined once it is there. */
  turns(): Semaphore | undefined {
    return this.state === FULL ? undefined : this.turn;
  }

  /** @internal `init` runs, or runs no more. */
  mark(filling: boolean): void {
    if (this.state !== FULL) this.state = filling ? FILLING : EMPTY;
  }

  /** @internal */
  fill(value: T): void {
    this.value = value;
    this.state = FULL;
  }
}

const initialise = fn(function* getOrInit(
  cell: OnceCell<unknown>,
  init: IntoFuture<unknown>,
): Async<unknown> {
  const turns = cell.turns();
  if (turns === undefined) return cell.get();
  const turn = yield* turns.acquire();
  try {
    if (cell.isInitialized) return cell.get();
    cell.mark(true);
    cell.fill(yield* intoFuture(init));
    return cell.get();
  } finally {
    cell.mark(false);
    turn.release();
  }
});

function alreadySet(isFull: boolean): RuntimeError {
  return new RuntimeError(
    ERR_ALREADY_SET,
    isFull
      ? "the OnceCell already has its value: it can be set once"
      : "the OnceCell is just being initialised by getOrInit(): wait for that with getOrInit()",
  );
}
