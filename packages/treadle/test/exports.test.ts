/** The public surface: a change of it shows here. */
import * as core from "@treadle/core";
import * as metrics from "@treadle/metrics";
import * as scheduler from "@treadle/scheduler";
import * as sync from "@treadle/sync";
import * as task from "@treadle/task";
import * as time from "@treadle/time";
import * as treadle from "treadle";
import { expect, test } from "vitest";

/** The names of what exists at run time, wrapped; types are not seen here. */
function surface(module: object): string {
  return Object.keys(module)
    .sort()
    .join(" ")
    .replace(/(.{1,100})( |$)/g, "$1\n");
}

function isCode(name: string): boolean {
  return name.startsWith("ERR_");
}

test("treadle exports exactly these names", () => {
  expect(surface(treadle)).toMatchInlineSnapshot(`
    "AbortHandle AcquireError Barrier Builder CLOSING Call CancellationToken DONE DelayKey DelayQueue
    DropGuard ERR_ALREADY_SET ERR_BARE_YIELD ERR_BLOCKING_FLAVOR ERR_CHANNEL_CLOSED ERR_CHANNEL_FULL
    ERR_CLEANUP_CUT ERR_DEADLOCK ERR_ELAPSED ERR_FOREIGN_PROMISE ERR_FUTURE_STATE ERR_GUARD_ORDER
    ERR_GUARD_RELEASED ERR_INVALID_ARG ERR_LAGGED ERR_MISSING_PACKAGE ERR_NESTED_RUNTIME ERR_NOT_BUILT
    ERR_NO_RUNTIME ERR_OUTSIDE_POLL ERR_RUNTIME_SHUTDOWN ERR_SCOPE_CLOSED ERR_SEMAPHORE_CLOSED
    ERR_TASK_CANCELLED ERR_TASK_LOCAL_UNSET ERR_TIME_DISABLED ERR_TIME_FLAVOR ERR_TIME_FROZEN
    ERR_TIME_NOT_FROZEN ERR_TIME_SHUTDOWN ERR_TOO_MANY_BUCKETS Elapsed EnterGuard Guard Handle
    HistogramConfiguration Instant Interval JoinError JoinHandle JoinSet Leaf LocalKey LocalRuntime
    LogHistogram LogHistogramBuilder Mutex Notified Notify OnceCell OneshotReceiver OneshotSender
    PENDING Pending Permit ReadGuard RecvError Runtime RuntimeError RuntimeMetrics RwLock Scope
    Semaphore SendError Sleep TaskTracker TaskTrackerToken TooManyBucketsError WriteGuard advance
    blockInPlace broadcast consumeBudget cooperative currentWaker fn fromPromise hasBudgetRemaining
    interval intervalAt join joinAll main mpsc oneshot pause pending pollFn pollProceed race ready
    readyPoll refundBudget resume scope select shield sleep sleepUntil spawn spawnBlocking spawnLocal
    taskId taskLocal timeout timeoutAt tryJoinAll tryTaskId unconstrained watch yieldNow
    "
  `);
});

test("mpsc, broadcast and watch export exactly these names", () => {
  expect(surface(treadle.mpsc)).toMatchInlineSnapshot(`
    "Permit Receiver Sender UnboundedSender channel unbounded
    "
  `);
  expect(surface(treadle.broadcast)).toMatchInlineSnapshot(`
    "Receiver Sender channel
    "
  `);
  expect(surface(treadle.watch)).toMatchInlineSnapshot(`
    "Receiver Sender channel
    "
  `);
});

test("every error code of every package is exported under its own name", () => {
  const packages = [core, metrics, scheduler, sync, task, time];
  const codes = packages.flatMap((module) => Object.keys(module)).filter(isCode);
  expect(codes.length).toBeGreaterThan(25);
  for (const code of codes) expect(treadle).toHaveProperty(code, code);
});

test("treadle/builder exports the Builder alone", async () => {
  expect(Object.keys(await import("treadle/builder"))).toEqual(["Builder"]);
});
