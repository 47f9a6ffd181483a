/** Spawning work that blocks as soon as there is a place for it in the line. */
import type { JobLine } from "@treadle/blocking";
import {
  type Awaitable,
  currentRuntime,
  cx,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
  Slot,
  type Waker,
} from "@treadle/core";
import {
  checkJob,
  type JoinHandle,
  type SendFuture,
  type SpawnBlockingOptions,
  spawnBlockingOn,
  type TaskRuntime,
} from "@treadle/task";

/** Where a thread of a runtime finds the line of jobs; null as long as there was no job. */
export const lineSlot: Slot<() => JobLine | null> = new Slot("blocking");

/**
 * Spawns a call on the blocking pool once no more than `Builder.maxBlockingQueue` jobs wait for a thread; answers its handle.
 *
 * @remarks Those that wait on one thread get their places in the order in which they began to wait. Without a bound it never
 * waits. **Cancel safety**: dropped before it is ready, nothing was spawned. An `await` of it waits for the job as well, for
 * its handle is a promise of the result.
 *
 * @throws as {@link spawnBlocking}, but for `ERR_BLOCKING_QUEUE_FULL`.
 */
export function spawnBlockingWhenRoom<T>(
  f: SendFuture<T>,
  options?: SpawnBlockingOptions,
): Awaitable<JoinHandle<T>> {
  checkJob(f);
  return new WhenRoom(currentRuntime("spawnBlockingWhenRoom()") as TaskRuntime, f, options);
}

class WhenRoom<T> extends Leaf<JoinHandle<T>> {
  private readonly runtime: TaskRuntime;
  private readonly future: SendFuture<T>;
  private readonly options: SpawnBlockingOptions | undefined;
  private waker: Waker | null;
  private readonly onRoom: () => void;

  constructor(runtime: TaskRuntime, future: SendFuture<T>, options?: SpawnBlockingOptions) {
    super();
    this.runtime = runtime;
    this.future = future;
    this.options = options;
    this.waker = null;
    this.onRoom = () => this.waker?.wake();
  }

  override next(): Poll<JoinHandle<T>> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, WhenRoom.prototype.next);
    if (!pollProceed()) return PENDING;
    const line = this.line();
    if (line === null || line.hasRoomFor(this.onRoom)) {
      const handle = spawnBlockingOn(this.runtime, this.future, this.options);
      this.drop();
      return readyPoll(handle);
    }
    refundBudget();
    this.waker = waker;
    line.waitForRoom(this.onRoom);
    return PENDING;
  }

  private line(): JobLine | null {
    return lineSlot.of(this.runtime)?.() ?? null;
  }

  protected override drop(): void {
    if (this.waker === null) return;
    this.waker = null;
    this.line()?.stopWaiting(this.onRoom);
  }
}
