/**
 * The scheduler that runs all its tasks on the thread that drives it.
 *
 * **Two ways to be driven.** `blockOn` drives until its future is done and sleeps in the parker; otherwise the hosted
 * loop drives by slices whenever something is woken. Never both at once: one thread, one call stack.
 *
 * **One round.** The woken roots are polled; then up to `eventInterval` tasks, taking from the inject queue first at
 * every `globalQueueInterval`-th; then the drivers are looked at and the deferred wakers fire. With nothing to run the
 * thread parks for as long as the drivers allow.
 *
 * **Queues.** `local`: woken while this scheduler was driving. `inject`: woken or spawned from outside.
 *
 * **Other threads.** A scheduler of a multi-thread runtime has a `source`: its mail is taken in once per round, and its
 * unstarted tasks are run by turns with the local ones. After a slice that has done something promises must settle, and the
 * event loop have a turn, before the thread looks out for more awake, or sleeps blocked, if the source allows it.
 *
 * **Shutdown.** The owned list is closed and every task and root is dropped; driving goes on until their clean-up has
 * ended; then the drivers are shut down, and failures that nobody looked at are reported.
 *
 * **Invariants.** 1. `driving` is true exactly while a round may be on the call stack. 2. A root is in `roots` until it
 * settles. 3. After `finished` nothing is in `owned` or `roots`.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { performance } from "node:perf_hooks";
import {
  type Async,
  type Call,
  cx,
  FastRand,
  type Future,
  intoFuture,
  type Named,
  RuntimeError,
  type Waker,
} from "@treadle/core";
import {
  type JoinHandle,
  newTask,
  OwnedTasks,
  type Schedule,
  type SendFuture,
  type Task,
  type TaskRuntime,
} from "@treadle/task";
import type {
  CurrentThreadParts,
  Hooks,
  SchedulerSink,
  WorkerSink,
  WorkSource,
} from "../contract.ts";
import { Defer } from "../defer.ts";
import { DriverStack } from "../driver-stack.ts";
import { deadlock, ERR_RUNTIME_SHUTDOWN, nestedRuntime, runtimeShutdown } from "../error.ts";
import { callPolicy, FailureWatch, reportToStderr } from "../failure-watch.ts";
import { guardHooks } from "../hooks.ts";
import { unwatchForDeadlock, watchForDeadlock } from "../hosted-deadlock.ts";
import { HostedLoop, type Sliced } from "../hosted-loop.ts";
import { Root, type RootOwner } from "../root.ts";
import { RunQueue } from "../run-queue.ts";
import { Shutdown, type ShutdownTarget } from "../shutdown.ts";

/** How long a hosted slice may hold the event loop, in ms. */
const SLICE_MS = 1;
/** The budget of what is not a task. */
const UNCONSTRAINED = -1;

/** The current-thread scheduler; made by the runtime's Builder. */
export class CurrentThread implements Schedule, TaskRuntime, RootOwner, Sliced, ShutdownTarget {
  readonly id: number;
  readonly slots: unknown[] = [];
  /** Spawns a call that any thread can start; absent where there is only this one, which then runs it. */
  readonly spawnSend: (<T>(future: SendFuture<T>) => JoinHandle<T>) | undefined;
  private readonly parts: CurrentThreadParts;
  private readonly drivers: DriverStack;
  private readonly worker: WorkerSink;
  private readonly metrics: SchedulerSink;
  private readonly hooks: Hooks;
  private readonly rand: FastRand;
  /** Spawns a call on the blocking pool; absent where there is none. */
  spawnBlocking: (<T>(future: SendFuture<T>, mandatory: boolean) => JoinHandle<T>) | undefined;
  private source: WorkSource | null;
  private readonly local = new RunQueue();
  private readonly inject = new RunQueue();
  private readonly deferred = new Defer();
  private readonly owned = new OwnedTasks();
  /** The roots of `run` that have not settled, and that of `blockOn`. */
  private readonly roots = new Set<Root<unknown>>();
  private blocking: Root<unknown> | null = null;
  /** The roots that are to be polled: the first `wokenCount`. Shortening an array would give its memory back each time. */
  private wokenRoots: (Root<unknown> | null)[] = [];
  private spareRoots: (Root<unknown> | null)[] = [];
  private wokenCount = 0;
  private readonly hosted = new HostedLoop(this);
  private readonly watch: FailureWatch;
  /** Whether every task is run with hooks, timing or a context of its own around it. */
  private readonly dressed: boolean;
  /** Polls until the drivers are looked at, whatever there is to run. */
  private untilDrivers: number;
  /** Ticks until the inject queue is looked at first. */
  private untilInject: number;
  private driving = false;
  private parked = false;
  /** Whether the next task is taken from the source's queue first, before the local one. */
  private sourceFirst = false;
  /** Whether the slice has found anything to do. */
  private active = false;
  /** Slices in a row that found nothing. */
  private calm = 0;
  /** How many functions run now that may block. */
  private inPlace = 0;
  /** Whether the time that passes counts as busy. */
  private processing = false;
  private readonly ending = new Shutdown(this);

  constructor(parts: CurrentThreadParts) {
    this.parts = parts;
    this.id = parts.id ?? cx.nextRuntimeId++;
    const source = parts.source ?? null;
    this.source = source;
    this.spawnSend = source === null ? undefined : (future) => this.spawnShared(source, future);
    this.spawnBlocking = undefined;
    this.drivers = new DriverStack(parts.drivers);
    this.untilDrivers = parts.eventInterval;
    this.untilInject = parts.globalQueueInterval;
    this.worker = parts.worker;
    this.metrics = parts.metrics;
    this.hooks = guardHooks(parts.hooks, (error, what) => this.reportFailure(error, what));
    this.rand =
      parts.rngSeed === undefined ? FastRand.fromEntropy() : FastRand.fromSeed(parts.rngSeed);
    this.watch = new FailureWatch((error, task) => this.tellFailure(error, task));
    this.dressed =
      parts.hooks.onBeforeTaskPoll !== undefined ||
      parts.hooks.onAfterTaskPoll !== undefined ||
      parts.worker.timesPolls ||
      parts.propagateAsyncContext;
  }

  // Spawning

  spawnCall<T>(call: Call<T>): JoinHandle<T> {
    return this.spawnGenerator(call.unwrap() ?? call, call);
  }

  spawnGenerator<T>(generator: Async<T> | Future<T>, source: Named): JoinHandle<T> {
    const task = newTask<T>(generator, source, this);
    if (!this.owned.admit(task as Task<unknown>)) {
      this.refuse(task as Task<unknown>);
      return task;
    }
    this.metrics.incSpawnedTasks();
    if (this.dressed || this.hooks.onTaskSpawn !== undefined) this.dress(task as Task<unknown>);
    this.schedule(task as Task<unknown>);
    return task;
  }

  private spawnShared<T>(source: WorkSource, future: SendFuture<T>): JoinHandle<T> {
    const task = source.spawnSend(future);
    this.metrics.incSpawnedTasks();
    if (!this.driving) this.metrics.incRemoteSchedule();
    if (this.hooks.onTaskSpawn !== undefined) this.dress(task as Task<unknown>);
    return task;
  }

  /** A task that ran elsewhere has ended. */
  endedElsewhere(task: Task<unknown>): void {
    if (this.hooks.onTaskTerminate !== undefined) this.hooks.onTaskTerminate(task);
  }

  /** The live task at a place on the list, or null. */
  ownedAt(place: number): Task<unknown> | null {
    return this.owned.at(place);
  }

  /** A task that was spawned elsewhere and ran here has ended. */
  releaseStarted(task: Task<unknown>): void {
    this.owned.remove(task);
  }

  /** Takes a task that was spawned elsewhere and runs here; false when the scheduler is shut down. */
  bindStarted(task: Task<unknown>): boolean {
    return this.owned.bind(task);
  }

  /** The runtime is shut down: the task is dropped unpolled. */
  private refuse(task: Task<unknown>): void {
    this.within(() => task.shutdown());
  }

  private dress(task: Task<unknown>): void {
    // A hook may shut the runtime down while the task stands in no queue.
    this.owned.place(task);
    if (this.parts.propagateAsyncContext) task.snapshot = AsyncLocalStorage.snapshot();
    if (this.hooks.onTaskSpawn !== undefined) this.within(() => this.hooks.onTaskSpawn?.(task));
  }

  spawnLocalCall<T>(call: Call<T>): JoinHandle<T> {
    return this.spawnCall(call);
  }

  adopt<T>(future: Future<T>): JoinHandle<T> {
    return this.spawnCall(intoFuture(future));
  }

  // What tasks ask for

  schedule(task: Task<unknown>): void {
    if (this.driving) {
      this.local.push(task);
      return;
    }
    this.metrics.incRemoteSchedule();
    this.inject.push(task);
    if (this.source !== null && cx.foreignWaits === 0) this.source.wokenByOthers();
    this.unpark();
  }

  yieldNow(task: Task<unknown>): void {
    this.local.push(task);
  }

  suspended(task: Task<unknown>): void {
    this.owned.place(task);
    // It was running when the runtime was shut down.
    if (this.owned.isClosed()) task.shutdown();
  }

  release(task: Task<unknown>): void {
    if (this.hooks.onTaskTerminate !== undefined) this.hooks.onTaskTerminate(task);
    this.owned.remove(task);
  }

  failed(task: Task<unknown>, error: unknown, awaited: boolean): void {
    const policy = this.parts.unhandledFailure;
    if (policy === "ignore") return;
    if (policy === "shutdownRuntime" && !awaited) this.shutdownBy(error);
    else this.watch.add(task, task.failure(error), awaited);
  }

  defer(waker: Waker): void {
    this.deferred.push(waker);
    if (!this.driving) this.unpark();
  }

  countForcedYield(): void {
    this.metrics.incBudgetForcedYield();
  }

  reportFailure(error: unknown, what: string): void {
    if (this.parts.unhandledFailure === "ignore") return;
    const policy = this.parts.unhandledFailure;
    const id = cx.waker?.task?.id ?? 0;
    if (typeof policy === "function") callPolicy(policy, error, { id, name: what });
    else reportToStderr(error, id === 0 ? what : `${what}, in task ${id},`);
  }

  private tellFailure(error: unknown, task: { id: number; name: string }): void {
    const policy = this.parts.unhandledFailure;
    if (typeof policy === "function") callPolicy(policy, error, task);
    else reportToStderr(error, `task ${task.id} (${task.name})`);
  }

  rootWoken(root: Root<unknown>): void {
    this.wokenRoots[this.wokenCount++] = root;
    if (!this.driving) this.unpark();
  }

  /** Makes sure that a round will run soon; called when something was woken from outside. */
  unpark(): void {
    if (!this.driving) this.hosted.wake();
  }

  // Being driven

  get isBlocking(): boolean {
    return this.blocking !== null;
  }

  /** Whether other threads alone can wake it: it is blocked, and no driver waits for anything. */
  awaitsOthersOnly(): boolean {
    return this.blocking !== null && !this.drivers.hasPending();
  }

  /** Drives until `call` is done; see `Runtime.blockOn`. */
  blockOn<T>(call: Call<T>): T {
    if (cx.driving) throw nestedRuntime();
    if (this.ending.isClosing)
      throw runtimeShutdown("blockOn() was called after the shutdown of its runtime");
    const root = new Root<T>(call, this);
    const outer = this.blocking;
    this.blocking = root as Root<unknown>;
    try {
      this.drive(driveUntilSettled, root as Root<unknown>);
    } finally {
      this.blocking = outer;
    }
    if (this.inPlace === 0) this.settleDown();
    return root.take();
  }

  /** Whether there are other threads that can go on with its tasks while this one is blocked. */
  get hasOthers(): boolean {
    return this.spawnSend !== undefined;
  }

  /** Runs a function that blocks, inside a poll: the others are offered what they can take, and `blockOn` is allowed in it. */
  blockInPlace<T>(f: () => T): T {
    this.source?.blockedInPlace(true);
    const { budget, driving } = cx;
    const own = this.driving;
    cx.budget = UNCONSTRAINED;
    cx.driving = false;
    this.driving = false;
    this.inPlace++;
    try {
      return f();
    } finally {
      this.inPlace--;
      if (this.inPlace === 0) this.source?.blockedInPlace(false);
      this.driving = own;
      cx.budget = budget;
      cx.driving = driving;
    }
  }

  /** @internal */
  untilSettled(root: Root<unknown>): void {
    root.wake();
    this.leaveHostedPark();
    while (!root.isSettled()) this.blockingRound(root);
  }

  /** Runs `call` by the event loop; see `Runtime.run`. */
  run<T>(call: Call<T>): Promise<T> {
    if (this.ending.isClosing) {
      return Promise.reject(runtimeShutdown("run() was called after the shutdown of its runtime"));
    }
    const root = new Root<T>(call, this);
    this.roots.add(root as Root<unknown>);
    watchForDeadlock(root as Root<unknown>);
    const promise = new Promise<T>((resolve, reject) => {
      root.onSettled = () => {
        this.roots.delete(root as Root<unknown>);
        unwatchForDeadlock(root as Root<unknown>);
        try {
          resolve(root.take());
        } catch (error) {
          reject(error);
        }
      };
    });
    root.wake();
    return promise;
  }

  slice(woken: boolean): boolean {
    if (cx.driving) return true;
    this.drive(driveSlice, woken);
    if (this.ending.isClosing) this.ending.check();
    if (this.hasWork()) return true;
    const { source } = this;
    if (source === null || this.ending.isFinished) return false;
    return this.active ? this.giveTurn(source) : this.doze(source);
  }

  /** Has run out of work just now: whether the event loop is to have a turn before the thread looks once more. */
  private giveTurn(source: WorkSource): boolean {
    if (!source.staysAwake()) return false;
    // Async functions go on in that turn, and for as long as they like.
    if (cx.foreignWaits > 0) source.working();
    return true;
  }

  /** @internal */
  rounds(woken: boolean): void {
    this.leaveHostedPark(woken);
    this.active = this.round();
    if (this.hasWork()) this.moreRounds();
    if (this.active) this.calm = 0;
  }

  private moreRounds(): void {
    const end = performance.now() + SLICE_MS;
    do this.active = this.round() || this.active;
    while (this.hasWork() && performance.now() < end);
  }

  /** Sleeps blocked if the source allows it; false if it is to sleep in the event loop, else that has a turn. */
  private doze(source: WorkSource): boolean {
    const ms = source.blockFor(this.calm, this.hosted.timers);
    if (ms === 0) return false;
    this.drive(driveDoze, ms);
    return true;
  }

  /** @internal Sleeps so long at most, and goes on if there is something to do then. */
  parkFor(ms: number): void {
    if (this.readyToPark()) {
      const timeout = Math.min(this.drivers.beforePark(true), ms);
      if (timeout > 0) this.sleep(timeout, this.calm++ === 0);
      this.wakeUp();
    }
    // Whoever was woken to search has nothing of its own.
    this.rounds(true);
  }

  idle(): number {
    let timeout = 0;
    this.drive(call, () => {
      if (!this.readyToPark()) return;
      this.parked = true;
      timeout = this.drivers.beforePark(true);
      this.drivers.parkHosted();
      const mayLinger = this.calm++ === 0;
      if (this.source !== null && !this.source.beforePark(true, mayLinger)) timeout = 0;
    });
    return timeout;
  }

  /** Tells that it is about to park; false when there is something to do after all. */
  private readyToPark(): boolean {
    this.hooks.onThreadPark?.();
    if (this.hasWork()) return false;
    this.countTasks();
    this.worker.aboutToPark();
    this.endProcessing();
    this.submit();
    return true;
  }

  /** It has been parked, blocked. */
  private wakeUp(): void {
    this.drivers.afterPark(false);
    this.deferred.wakeAll();
    this.untilDrivers = this.parts.eventInterval;
    this.startProcessing();
    this.worker.unparked();
    this.hooks.onThreadUnpark?.();
  }

  /** Whether it is driven by `blockOn`. */
  isBlocked(): boolean {
    return this.blocking !== null;
  }

  /** Ties a scheduler that was alone to the threads that it has got since; what is spawned on it still stays here. */
  attach(source: WorkSource): void {
    this.source = source;
    this.unpark();
  }

  /** Begins to listen to the other threads, in the event loop. */
  listen(): void {
    if (!this.driving) this.hosted.rest();
  }

  /** A driver's events have come while the thread slept in the event loop; called by the event loop. */
  driverReady(): void {
    this.hosted.turn();
  }

  /** After `blockOn`: what is left is the event loop's again. */
  private settleDown(): void {
    if (this.ending.isClosing) this.ending.check();
    this.calm = 1;
    if (this.hasWork()) this.hosted.wake();
    else if (this.hasLeft() || this.drivers.beforePark(true) !== Infinity) this.hosted.rest();
    else this.drivers.parkHosted();
  }

  private leaveHostedPark(woken = true): void {
    if (!this.parked) return;
    this.parked = false;
    this.source?.afterPark();
    this.worker.unparked();
    this.drivers.afterPark(woken);
    this.hooks.onThreadUnpark?.();
  }

  private drive<A>(f: (scheduler: this, argument: A) => void, argument: A): void {
    const { runtime, waker, budget, sink, rand, driving } = cx;
    cx.runtime = this;
    cx.rand = this.rand;
    cx.driving = true;
    this.driving = true;
    try {
      f(this, argument);
    } finally {
      if (!driving) this.endProcessing();
      this.driving = driving && runtime === this;
      cx.runtime = runtime;
      cx.waker = waker;
      cx.budget = budget;
      cx.sink = sink;
      cx.rand = rand;
      cx.driving = driving;
    }
  }

  /** Runs something in the runtime's context, also from inside a poll; what it wakes is queued. */
  private within(f: () => void): void {
    const driving = this.driving;
    this.drive(call, f);
    this.driving = driving;
    if (!driving && this.hasWork()) this.hosted.wake();
  }

  private hasWork(): boolean {
    return (
      !this.local.isEmpty() ||
      !this.inject.isEmpty() ||
      this.wokenCount > 0 ||
      !this.deferred.isEmpty() ||
      (this.source?.hasWork() ?? false)
    );
  }

  /** Whether there was anything to do. */
  private round(): boolean {
    if (!this.processing) this.startProcessing();
    const hadMail = this.source?.takeMail() ?? false;
    const polls = this.untilDrivers;
    if (this.wokenCount > 0) this.pollRoots();
    const ran = this.runTasks();
    const wasActive = hadMail || this.untilDrivers !== polls;
    // Otherwise the drivers are looked at when the slice has ended.
    if (ran || !this.deferred.isEmpty()) this.parkYield();
    return wasActive;
  }

  private blockingRound(root: Root<unknown>): void {
    this.source?.takeMail();
    if (this.wokenCount > 0) this.pollRoots();
    if (root.isSettled()) return;
    if (!this.processing) this.startProcessing();
    if (this.runTasks() || !this.deferred.isEmpty()) this.parkYield();
    else if (!this.hasWork()) this.parkBlocking(root);
  }

  private pollRoots(): void {
    const { wokenRoots: woken, wokenCount: count } = this;
    this.wokenRoots = this.spareRoots;
    this.spareRoots = woken;
    this.wokenCount = 0;
    for (let i = 0; i < count; i++) {
      const root = woken[i] as Root<unknown>;
      woken[i] = null;
      root.poll();
    }
    this.untilDrivers--;
    cx.waker = null;
  }

  /** Runs tasks until the drivers must be looked at; false when it ran out of tasks before. */
  private runTasks(): boolean {
    while (this.untilDrivers > 0) {
      const task = this.nextTask();
      if (task === null) {
        cx.waker = null;
        return false;
      }
      this.untilDrivers--;
      if (this.dressed) this.runDressed(task);
      else task.run();
    }
    cx.waker = null;
    return true;
  }

  /** The next task to run, and one tick. */
  private nextTask(): Task<unknown> | null {
    if (this.source !== null) return this.nextOf(this.source);
    if (--this.untilInject > 0) return this.local.pop() ?? this.inject.pop();
    this.untilInject = this.parts.globalQueueInterval;
    return this.inject.pop() ?? this.local.pop();
  }

  /** The next task where there are other threads. A searcher that works would keep all others asleep. */
  private nextOf(source: WorkSource): Task<unknown> | null {
    const task = this.findNext(source);
    if (task !== null) source.working();
    return task;
  }

  /** What others offer in its interval, else both own queues by turns, else what others have. */
  private findNext(source: WorkSource): Task<unknown> | null {
    if (--this.untilInject <= 0) {
      this.untilInject = source.interval();
      const task = source.takeOffered() ?? this.inject.pop();
      if (task !== null) return task;
    }
    this.sourceFirst = !this.sourceFirst;
    const task = this.sourceFirst
      ? (source.takeOwn() ?? this.local.pop())
      : (this.local.pop() ?? source.takeOwn());
    return task ?? this.inject.pop() ?? source.search();
  }

  private runDressed(task: Task<unknown>): void {
    this.hooks.onBeforeTaskPoll?.(task);
    if (this.worker.timesPolls) this.worker.startPoll();
    const { snapshot } = task;
    if (snapshot === null) task.run();
    else snapshot(() => task.run());
    if (this.worker.timesPolls) this.worker.endPoll();
    this.hooks.onAfterTaskPoll?.(task);
  }

  // Parking

  /** Looks at the drivers without sleeping. */
  private parkYield(): void {
    this.drivers.poll();
    this.deferred.wakeAll();
    this.untilDrivers = this.parts.eventInterval;
    this.countTasks();
    if (this.processing) this.worker.intervalEnded();
    this.submit();
  }

  /** From here on this thread counts as busy; begun with the first tasks, so that a ready `blockOn` reads no clock. */
  private startProcessing(): void {
    this.processing = true;
    this.worker.startProcessingScheduledTasks();
  }

  private endProcessing(): void {
    if (!this.processing) return;
    this.processing = false;
    this.worker.endProcessingScheduledTasks();
  }

  private parkBlocking(root: Root<unknown>): void {
    if (!this.readyToPark()) {
      this.parkYield();
      return;
    }
    const timeout = this.drivers.beforePark(true);
    if (timeout === Number.POSITIVE_INFINITY && !this.canBeWoken()) this.giveUp(root);
    else if (timeout > 0) this.sleep(timeout, true);
    this.wakeUp();
  }

  private canBeWoken(): boolean {
    if (this.drivers.hasPending()) return true;
    const { source } = this;
    return source !== null && (source.hasPending() || source.mayBeTold?.() === true);
  }

  private sleep(timeout: number, mayLinger: boolean): void {
    const { source } = this;
    if (source === null || source.beforePark(false, mayLinger)) this.parts.park.park(timeout);
    source?.afterPark();
  }

  /** The queues have counted the schedules and the polls: takes their counts over. */
  private countTasks(): void {
    const { worker, local } = this;
    worker.localScheduleCount += local.takePushed();
    worker.pollCount += local.takePopped() + this.inject.takePopped();
  }

  private submit(): void {
    this.countTasks();
    this.worker.submit(this.local.length);
    this.source?.submitted();
  }

  /** Nothing can wake the blocked thread any more: drops the root; if its clean-up hangs as well, gives it up. */
  private giveUp(root: Root<unknown>): void {
    const why = deadlock("blockOn", root.name, cx.foreignWaits);
    if (root.isDropping()) root.forsake(why);
    else root.drop(why);
  }

  // Shutting down

  /** Cancels everything; goes on in the background until all clean-up has ended. */
  shutdownBackground(): void {
    this.beginShutdown(undefined);
  }

  /** Cancels everything because of an error, with which what `blockOn` and `run` wait for fails. */
  shutdownFor(reason: RuntimeError): void {
    this.beginShutdown(reason);
  }

  /** Cancels everything and waits for the clean-up, at most `ms`; whether all of it ended. */
  shutdownTimeout(ms: number): Promise<boolean> {
    this.beginShutdown(undefined);
    return this.ending.wait(ms);
  }

  isShutdown(): boolean {
    return this.ending.isClosing;
  }

  private shutdownBy(error: unknown): void {
    this.beginShutdown(
      new RuntimeError(
        ERR_RUNTIME_SHUTDOWN,
        "a spawned task failed and the runtime is configured to shut down on unhandled failure",
        { cause: error },
      ),
    );
  }

  private beginShutdown(reason: unknown): void {
    if (this.ending.begin(reason) && !this.driving) this.settleDown();
  }

  dropAll(reason: unknown): void {
    this.within(() => {
      const why = reason ?? runtimeShutdown("it was shut down before its future was done");
      for (const root of this.allRoots()) root.drop(why);
      for (const task of this.local) this.owned.place(task);
      for (const task of this.inject) this.owned.place(task);
      this.owned.closeAndShutdownAll();
      this.source?.close();
    });
  }

  hasLeft(): boolean {
    return this.owned.size > 0 || this.hasRoots() || (this.source?.hasLeft() ?? false);
  }

  forsakeAll(): string[] {
    const tasks = this.owned.toArray();
    const roots = this.allRoots();
    const why = runtimeShutdown("its clean-up took too long");
    let elsewhere: string[] = [];
    this.within(() => {
      for (const task of tasks) task.forsake();
      for (const root of roots) root.forsake(why);
      elsewhere = this.source?.forsakeAll() ?? [];
    });
    return [
      ...tasks.map((task) => `${task.name} (task ${task.id})`),
      ...roots.map((root) => root.name),
      ...elsewhere,
    ];
  }

  end(): void {
    this.drive(call, () => this.drivers.shutdown());
    this.submit();
    this.watch.sweep();
    // Nothing more is to be looked out for.
    this.calm = 1;
    this.hosted.stop();
    this.source?.end();
  }

  private hasRoots(): boolean {
    return this.roots.size > 0 || (this.blocking !== null && !this.blocking.isSettled());
  }

  private allRoots(): Root<unknown>[] {
    return this.blocking === null ? [...this.roots] : [...this.roots, this.blocking];
  }

  // Looking inside

  aliveTasks(): number {
    return this.owned.size + (this.source?.pendingTasks() ?? 0);
  }

  injectDepth(): number {
    return this.inject.length;
  }

  localDepth(): number {
    return this.local.length;
  }
}

function driveUntilSettled(scheduler: CurrentThread, root: Root<unknown>): void {
  scheduler.untilSettled(root);
}

function driveSlice(scheduler: CurrentThread, woken: boolean): void {
  scheduler.rounds(woken);
}

function driveDoze(scheduler: CurrentThread, ms: number): void {
  scheduler.parkFor(ms);
}

function call(_scheduler: CurrentThread, f: () => void): void {
  f();
}
