/** Channels, locks, semaphores, barriers and cancellation tokens for Treadle's tasks. */
import * as broadcast from "./broadcast/index.ts";
import * as mpsc from "./mpsc/index.ts";
import * as watch from "./watch/index.ts";

export { Barrier, type BarrierWaitResult } from "./barrier.ts";
export { CancellationToken, DropGuard } from "./cancellation-token.ts";
export {
  AcquireError,
  ERR_ALREADY_SET,
  ERR_CHANNEL_CLOSED,
  ERR_CHANNEL_FULL,
  ERR_GUARD_RELEASED,
  ERR_LAGGED,
  ERR_SEMAPHORE_CLOSED,
  RecvError,
  SendError,
} from "./error.ts";
export { Guard, Mutex } from "./mutex.ts";
export { Notified, Notify } from "./notify.ts";
export { OnceCell } from "./once-cell.ts";
export { OneshotReceiver, OneshotSender, oneshot } from "./oneshot.ts";
export { ReadGuard, RwLock, WriteGuard } from "./rw-lock.ts";
export { Permit, Semaphore } from "./semaphore.ts";
export { SetOnce } from "./set-once.ts";
export { TaskTracker, TaskTrackerToken, type TrackedHandle } from "./task-tracker.ts";
export { WeakSender } from "./weak-sender.ts";
export { broadcast, mpsc, watch };
