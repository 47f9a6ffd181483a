/**
 * The thread's context: who is being polled, with what budget, inside which runtime.
 *
 * **Layout.** One object per thread behind `globalThis[Symbol.for("treadle.context.v1")]`, so that two copies of this
 * package share it. All fields exist from the start (one stable shape), and hot paths read them directly.
 *
 * **Who writes.** `waker`, `budget`, `sink`: whoever polls (a scheduler, or a combinator around a child), who
 * puts the former values back afterwards. `runtime`: enter guards and schedulers. `probing`, `probed`, `reads`, `trace`: only
 * `Call`, during a probe.
 *
 * **Invariants.**
 * 1. `waker` is non-null exactly while something is being polled or dropped by a scheduler.
 * 2. `budget < 0` means unconstrained; otherwise it is what is left of this poll.
 * 3. `sink` is non-null exactly while a drop is being stepped: errors of clean-up go there.
 */
import type { AsyncLocalStorage } from "node:async_hooks";
import { noRuntime } from "./errors.ts";
import type { Future } from "./poll.ts";
import { FastRand } from "./rand.ts";
import type { Waker } from "./waker.ts";

/** What the current-task cell shows of a task to the packages that know only core. */
export interface TaskContext {
  readonly id: number;
}

/** A future that runs as a task of its own, because an async function awaits it. */
export interface Adopted<T> extends PromiseLike<T> {
  abort(): void;
}

/** What packages may ask of the runtime they run in, without knowing who provides it. */
export interface RuntimeContext {
  /** Unique in this process. */
  readonly id: number;
  /** What the subsystems put there, indexed by {@link Slot.index}. */
  readonly slots: unknown[];
  /** Whether it blocks its thread until a future is done, so that no promise of Node's can settle. */
  readonly isBlocking?: boolean;
  /** Keeps a waker until the drivers have been polled; how a task lets the others go first. */
  defer(waker: Waker): void;
  /** Counts a poll that ended because its budget was spent. */
  countForcedYield(): void;
  /** Runs a future as a task of its own; behind `await future`. */
  adopt<T>(future: Future<T>): Adopted<T>;
  /** Takes a failure that nobody else can see any more. */
  reportFailure(error: unknown, what: string): void;
}

/** Where the errors of clean-up go while a future is dropped. */
export interface ErrorSink {
  push(error: unknown): void;
}

/** What an async function that is a task finds again after each `await`. */
export interface AsyncContext {
  readonly runtime: RuntimeContext;
  readonly task: TaskContext | null;
  /** What it awaits of this project's futures; aborted with it. */
  readonly waits: Set<Adopted<unknown>>;
  /** Has the signal that fires when it is aborted. */
  readonly cancellation: { readonly signal: AbortSignal };
}

/** The thread's context; see the file head for who writes what. */
export interface Context {
  waker: Waker | null;
  budget: number;
  sink: ErrorSink | null;
  runtime: RuntimeContext | null;
  /** Whether this thread is driving a runtime now: `blockOn` would block what it drives. */
  driving: boolean;
  probing: boolean;
  /** The waker that a probe hides. */
  probed: Waker | null;
  reads: number;
  trace: ((bottom: (...args: never[]) => unknown) => void) | null;
  rand: FastRand;
  asyncContext: AsyncLocalStorage<AsyncContext> | null;
  readonly slotNames: string[];
  nextRuntimeId: number;
  nextTaskId: number;
  /** Where this thread's block of task ids ends; -1 while it has all of them to itself. */
  taskIdsEnd: number;
  /** Gets a new block of task ids: sets `nextTaskId` and `taskIdsEnd`. */
  moreTaskIds: (() => void) | null;
  promises: WeakMap<object, Promise<unknown>>;
  /** Native promises that tasks of this thread wait for now; a blocked thread cannot settle them. */
  foreignWaits: number;
}

const KEY = Symbol.for("treadle.context.v1");
type Global = { [KEY]?: Context };

function create(): Context {
  return {
    waker: null,
    budget: -1,
    sink: null,
    runtime: null,
    driving: false,
    probing: false,
    probed: null,
    reads: 0,
    trace: null,
    rand: FastRand.fromEntropy(),
    asyncContext: null,
    slotNames: [],
    nextRuntimeId: 1,
    nextTaskId: 1,
    taskIdsEnd: -1,
    moreTaskIds: null,
    promises: new WeakMap(),
    foreignWaits: 0,
  };
}

const globals = globalThis as Global;
globals[KEY] ??= create();

/** The context of this thread. */
export const cx: Context = globals[KEY];

/** The entered runtime, or null; inside an async function that is a task, that task's runtime. */
export function tryCurrentRuntime(): RuntimeContext | null {
  if (cx.asyncContext !== null && cx.waker === null && !cx.driving) {
    const found = cx.asyncContext.getStore();
    if (found !== undefined) return found.runtime;
  }
  return cx.runtime;
}

/**
 * The entered runtime.
 *
 * @throws {@link RuntimeError} `ERR_NO_RUNTIME`, naming `what` was called, when there is none.
 */
export function currentRuntime(what: string): RuntimeContext {
  const runtime = tryCurrentRuntime();
  if (runtime === null) throw noRuntime(what);
  return runtime;
}

/** The task that is being polled, or whose async function is running, or null. */
export function tryCurrentTask(): TaskContext | null {
  if (cx.asyncContext !== null && cx.waker === null && !cx.driving) {
    const found = cx.asyncContext.getStore();
    if (found !== undefined) return found.task;
  }
  return cx.waker?.task ?? null;
}

/** A typed place on every runtime where one subsystem keeps its driver. */
export class Slot<T> {
  /** Where in `RuntimeContext.slots`; the same for all copies of a package on this thread. */
  readonly index: number;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
    const known = cx.slotNames.indexOf(name);
    this.index = known >= 0 ? known : cx.slotNames.push(name) - 1;
  }

  /** What stands in this slot of `runtime`, or undefined when the subsystem is off. */
  of(runtime: RuntimeContext): T | undefined {
    return runtime.slots[this.index] as T | undefined;
  }

  /** Puts a driver into this slot of `runtime`. */
  put(runtime: RuntimeContext, value: T): void {
    runtime.slots[this.index] = value;
  }
}
