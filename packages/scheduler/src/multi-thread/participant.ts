/**
 * One thread's part in a multi-thread runtime: what its scheduler shares with those of the other threads.
 *
 * Every thread that takes part runs an ordinary scheduler of its own. This adds a source of unstarted tasks (only workers
 * take them), mail (ends and aborts of tasks), and sleeping so that other threads can wake it.
 *
 * **Sleep.** The word is PARKED_* only between `beforePark` and `afterPark`. Whoever has something for this thread first makes
 * it visible and then looks at the word; this thread first sets the word and then looks for what there is. So one of the two
 * sees the other.
 */
import type { Park } from "@treadle/core";
import type { JoinHandle, SendFuture, SendMessage, Task } from "@treadle/task";
import type { WorkSource } from "../contract.ts";
import type { CurrentThread } from "../current-thread/current-thread.ts";
import { type ExecutingThread, Executor } from "./executor.ts";
import { type Fabric, MAIL_ABORT, MAIL_DONE, PARKED_BLOCKED, PARKED_HOSTED } from "./fabric.ts";
import { KeepAlive } from "./keep-alive.ts";
import { Spawner, type SpawningThread } from "./spawner.ts";
import { Spin } from "./spin.ts";
import { Tuning } from "./tuning.ts";

/** Longest single wait: a thread that is to be terminated must enter JavaScript from time to time. */
const SLICE_MS = 100;

/** What a participant counts. */
export interface TakingCounters {
  stealCount: number;
  stealOperations: number;
  overflowCount: number;
  readonly meanPollTimeMs: number;
}

/** What a participant is made of. */
export interface ParticipantParts {
  readonly fabric: Fabric;
  /** Whether it takes unstarted tasks. */
  readonly isWorker: boolean;
  readonly counters: TakingCounters;
  readonly globalQueueInterval: number | undefined;
  /** Called when signals of other threads have come. */
  readonly onSignals: (signals: number) => void;
  /** Called about ten times a second while the thread is blocked. */
  readonly onSlice: () => void;
}

/** A thread's part in the runtime. */
export class Participant implements WorkSource, SpawningThread, ExecutingThread {
  readonly fabric: Fabric;
  private readonly parts: ParticipantParts;
  private readonly spawner: Spawner;
  private readonly executor: Executor;
  private readonly tuning: Tuning;
  private readonly spin = new Spin();
  private readonly alive = new KeepAlive();
  private scheduler: CurrentThread | null = null;
  /** Whether a promise for the next notification of the hosted sleep is out. */
  private armed = false;
  private searching = false;
  private readonly onMail = (cell: number, kind: number): void => this.read(cell, kind);
  private readonly anything = (): boolean => this.hasNews();

  constructor(parts: ParticipantParts) {
    this.parts = parts;
    this.fabric = parts.fabric;
    this.spawner = new Spawner(this, parts.fabric);
    this.executor = new Executor(this, parts.fabric);
    this.tuning = new Tuning(parts.globalQueueInterval);
  }

  /** Ties it to the scheduler of its thread. */
  connect(scheduler: CurrentThread): void {
    this.scheduler = scheduler;
  }

  private get own_(): CurrentThread {
    return this.scheduler as CurrentThread;
  }

  // Spawning

  spawnSend<T>(future: SendFuture<T>): JoinHandle<T> {
    const task = this.spawner.spawn(future);
    // Nobody drives: the thread sleeps in the event loop already.
    if (this.armed) this.alive.hold(true);
    return task;
  }

  offer(entry: number): void {
    this.fabric.push(entry);
    this.fabric.notifyOne();
  }

  direct(_cell: number, _entry: number, _message: SendMessage): void {
    throw new Error("not yet");
  }

  sendAbort(cell: number, executor: number): void {
    this.send(cell, MAIL_ABORT, executor);
  }

  sendDone(cell: number, spawner: number): void {
    if (spawner === this.fabric.self) this.spawner.returned(cell);
    else this.send(cell, MAIL_DONE, spawner);
  }

  private send(cell: number, kind: number, to: number): void {
    this.fabric.mail(to, cell, kind);
    this.fabric.unpark(to);
  }

  takeParcel(_cell: number): SendMessage | undefined {
    return undefined;
  }

  sendParcel(_cell: number, _spawner: number, _message: SendMessage): void {
    throw new Error("not yet");
  }

  failed(task: Task<unknown>, error: unknown, awaited: boolean): void {
    this.own_.failed(task, error, awaited);
  }

  terminated(_task: Task<unknown>): void {}

  // What tasks that were started here ask for

  own(task: Task<unknown>): boolean {
    return this.own_.bindStarted(task);
  }

  schedule(task: Task<unknown>): void {
    this.own_.schedule(task);
  }

  yieldNow(task: Task<unknown>): void {
    this.own_.yieldNow(task);
  }

  release(task: Task<unknown>): void {
    this.own_.release(task);
  }

  // WorkSource

  hasWork(): boolean {
    return this.fabric.hasMail() || this.fabric.hasSignals();
  }

  takeMail(): void {
    this.fabric.drain(this.onMail);
    const signals = this.fabric.takeSignals();
    if (signals !== 0) this.parts.onSignals(signals);
  }

  private read(cell: number, kind: number): void {
    if (kind === MAIL_DONE) this.spawner.returned(cell);
    else this.executor.abort(cell);
  }

  takeOwn(): Task<unknown> | null {
    return null;
  }

  takeOffered(): Task<unknown> | null {
    if (!this.parts.isWorker) return null;
    for (;;) {
      const entry = this.fabric.take();
      if (entry === 0) return null;
      const task = this.executor.start(entry);
      if (task !== null) return task;
    }
  }

  search(): Task<unknown> | null {
    return this.takeOffered();
  }

  interval(): number {
    return this.tuning.interval(this.parts.counters.meanPollTimeMs);
  }

  private hasNews(): boolean {
    return this.hasWork() || (this.parts.isWorker && this.fabric.queued() !== 0);
  }

  beforePark(hosted: boolean): boolean {
    if (this.spin.until(this.anything)) return false;
    if (this.parts.isWorker) this.fabric.sleep();
    if (!this.fabric.beginPark(hosted ? PARKED_HOSTED : PARKED_BLOCKED)) return false;
    if (this.hasNews()) return false;
    if (!hosted) return true;
    this.arm();
    this.alive.hold(this.hasPending());
    return true;
  }

  afterPark(): void {
    this.fabric.endPark();
    if (this.parts.isWorker) this.fabric.awake();
  }

  private arm(): void {
    if (this.armed) return;
    const waits = this.fabric.waitHosted();
    if (waits === null) {
      this.own_.unpark();
      return;
    }
    this.armed = true;
    void waits.then(() => {
      this.armed = false;
      this.own_.unpark();
    });
  }

  hasPending(): boolean {
    return this.spawner.size > 0 || this.parts.isWorker;
  }

  close(): void {
    this.spawner.close();
  }

  hasLeft(): boolean {
    return this.spawner.size > 0 || this.executor.size > 0;
  }

  forsakeAll(): string[] {
    const left = this.spawner.pending();
    for (const task of left) task.forsake();
    return left.map((task) => `${task.name} (task ${task.id})`);
  }

  end(): void {}

  pendingTasks(): number {
    return this.spawner.size;
  }

  // Parking

  /** Sleeps on the thread's own word; other threads wake it. */
  readonly idlePark: Park = {
    park: (timeoutMs: number) => this.sleepBlocked(timeoutMs),
    unpark: () => this.fabric.unpark(this.fabric.self),
  };

  private sleepBlocked(timeoutMs: number): void {
    let left = timeoutMs;
    while (left > 0) {
      const slice = Math.min(left, SLICE_MS);
      if (this.fabric.waitBlocked(slice)) return;
      this.parts.onSlice();
      left -= slice;
    }
  }
}
