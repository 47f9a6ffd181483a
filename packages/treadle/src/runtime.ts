/** The runtime, as its owner holds it. */
import { type Async, callOf, type Future, type IntoFuture, intoFuture } from "@treadle/core";
import type { RuntimeMetrics } from "@treadle/metrics";
import { type CurrentThread, EnterGuard } from "@treadle/scheduler";
import type { SignalKind, SignalOptions, SignalStream } from "@treadle/signal";
import {
  type JoinHandle,
  type SendFuture,
  type SpawnBlockingOptions,
  spawnOn,
} from "@treadle/task";
import type { Instant, Interval, IntervalOptions, Sleep } from "@treadle/time";
import type { Assembled } from "./assemble.ts";
import { blockOn } from "./block-on.ts";
import { type Config, defaults, duration } from "./config.ts";
import type { AllFeatures, Features, WithSignal, WithTime } from "./features.ts";
import type { Handle } from "./handle.ts";
import { assembleMultiThread } from "./multi-thread.ts";
import { signalModule, timeModule } from "./subsystems.ts";
import { BOOT } from "./thread.ts";

/**
 * Runs tasks; made by the {@link Builder}.
 *
 * @remarks Its tasks run whenever the event loop turns, and inside `blockOn`. `using runtime = ...` cancels what is left
 * at the end of the block and lets its clean-up go on in the background; `await using` waits for that clean-up.
 */
export class Runtime<F extends Features = AllFeatures> implements Disposable, AsyncDisposable {
  /** The flags it was built with; exists in types only. */
  declare readonly features: F;
  /** @internal */
  protected readonly scheduler: CurrentThread;
  private readonly own: Handle;
  private readonly isReady: () => Promise<void>;

  /** A multi-thread runtime with everything enabled, as `Builder.newMultiThread().enableAll().build()`. */
  constructor();
  /** @internal */
  constructor(parts: Assembled);
  constructor(parts?: Assembled) {
    const { scheduler, handle, ready } = parts ?? assembleMultiThread(everything());
    this.scheduler = scheduler;
    this.own = handle;
    this.isReady = ready ?? alreadyReady;
  }

  /**
   * Runs `f` on this thread and returns its value; the thread is blocked until then.
   *
   * @remarks Drives the runtime's tasks and timers meanwhile; Node's event loop, and with it every native promise,
   * stands still. What is still running afterwards goes on by the event loop. A call of an async sendable function
   * therefore runs on the blocking pool.
   *
   * @throws what `f` throws; {@link RuntimeError} `ERR_NESTED_RUNTIME` inside a runtime, `ERR_FOREIGN_PROMISE` when
   * only a native promise could wake it, `ERR_DEADLOCK` when nothing can, `ERR_RUNTIME_SHUTDOWN` after a shutdown.
   */
  blockOn<T>(f: IntoFuture<T>): T {
    return blockOn(this.scheduler, f);
  }

  /**
   * Runs `f` by Node's event loop, which stays free for everything else.
   *
   * @remarks Fails with what `f` throws, with `ERR_RUNTIME_SHUTDOWN` when the runtime is shut down meanwhile, and with
   * `ERR_DEADLOCK` when the event loop runs dry and nothing is left that could wake it.
   */
  run<T>(f: IntoFuture<T>): Promise<T> {
    return this.scheduler.run(intoFuture(f));
  }

  /** Spawns a task, see {@link spawn}. */
  spawn<T>(f: IntoFuture<T>): JoinHandle<T>;
  spawn<A extends unknown[], T>(f: (...args: A) => Future<T> | Async<T>, ...args: A): JoinHandle<T>;
  spawn<T>(f: IntoFuture<T>, ...args: unknown[]): JoinHandle<T> {
    return spawnOn(this.scheduler, f, args);
  }

  /** Spawns a task that stays on this thread. */
  spawnLocal<T>(f: IntoFuture<T>): JoinHandle<T>;
  spawnLocal<A extends unknown[], T>(
    f: (...args: A) => Future<T> | Async<T>,
    ...args: A
  ): JoinHandle<T>;
  spawnLocal<T>(f: IntoFuture<T>, ...args: unknown[]): JoinHandle<T> {
    return this.scheduler.spawnLocalCall(
      args.length === 0 ? intoFuture(f) : callOf(f as never, args),
    );
  }

  /** Runs a call of a sendable function on the blocking pool, see {@link spawnBlocking}. */
  spawnBlocking<T>(f: SendFuture<T>, options?: SpawnBlockingOptions): JoinHandle<T> {
    return this.own.spawnBlocking(f, options);
  }

  /**
   * Settles when all worker threads run; a current-thread runtime is ready at once.
   *
   * @remarks Tasks can be spawned before: they wait. It is for whoever wants to measure. Fails with `ERR_WORKER_START`
   * when a worker's thread cannot be started.
   */
  ready(): Promise<void> {
    return this.isReady();
  }

  /** A reference that can be handed around. */
  handle(): Handle {
    return this.own;
  }

  /** Makes the runtime current until the guard is released. */
  enter(): EnterGuard {
    return new EnterGuard(this.scheduler);
  }

  /** What the runtime counts. */
  metrics(): RuntimeMetrics {
    return this.own.metrics();
  }

  /** A sleep on this runtime's clock, made from outside its context. */
  sleep(this: Runtime<F> & WithTime, ms: number): Sleep {
    using _ = this.enter();
    return timeModule().sleep(ms);
  }

  /** A sleep until `deadline` on this runtime's clock. */
  sleepUntil(this: Runtime<F> & WithTime, deadline: Instant): Sleep {
    using _ = this.enter();
    return timeModule().sleepUntil(deadline);
  }

  /** `f`, given up after `ms`, on this runtime's clock. */
  timeout<T>(this: Runtime<F> & WithTime, ms: number, f: IntoFuture<T>): Future<T> {
    using _ = this.enter();
    return timeModule().timeout(ms, f);
  }

  /** An interval on this runtime's clock. */
  interval(this: Runtime<F> & WithTime, ms: number, options?: IntervalOptions): Interval {
    using _ = this.enter();
    return timeModule().interval(ms, options);
  }

  /** A stream of signals to this runtime, made from outside its context; see {@link signal}. */
  signal(
    this: Runtime<F> & WithSignal,
    kind: SignalKind | NodeJS.Signals | number,
    options?: SignalOptions,
  ): SignalStream {
    using _ = this.enter();
    return signalModule().signal(kind, options);
  }

  /**
   * Cancels every task, waits at most `ms` for their clean-up; whether all of it ended in time.
   *
   * @remarks What has not ended then is given up and named on standard error; no handle stays unsettled.
   */
  shutdownTimeout(ms: number): Promise<boolean> {
    return this.scheduler.shutdownTimeout(duration("shutdownTimeout", ms));
  }

  /** Cancels every task and does not wait: clean-up that has to wait goes on by the event loop. */
  shutdownBackground(): void {
    this.scheduler.shutdownBackground();
  }

  /** As {@link Runtime.shutdownBackground}. */
  [Symbol.dispose](): void {
    this.scheduler.shutdownBackground();
  }

  /** Cancels every task and waits until all clean-up has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.scheduler.shutdownTimeout(Number.POSITIVE_INFINITY);
  }
}

/** What `new Runtime()` builds. */
function everything(): Config {
  const config = defaults("multi_thread");
  config.boot = BOOT;
  config.enableTime = true;
  config.enableIo = true;
  return config;
}

function alreadyReady(): Promise<void> {
  return Promise.resolve();
}
