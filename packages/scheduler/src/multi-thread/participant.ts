/**
 * One thread's part in a multi-thread runtime: what its scheduler shares with those of the other threads.
 *
 * Every thread that takes part runs an ordinary scheduler of its own. This adds a source of unstarted tasks (only workers
 * take them), mail (ends and aborts of tasks), and sleeping so that other threads can wake it.
 *
 * **Sleep.** The park word says PARKED only between `beforePark` and `afterPark`. Whoever has something for this thread first
 * makes it visible and then looks at the word; this thread first sets the word and then looks for what there is. So one of
 * the two sees the other.
 */
import { performance } from "node:perf_hooks";
import { type FastRand, Fifo, type Park, sharing } from "@treadle/core";
import { load, waitAsync } from "@treadle/core/shared";
import {
  discardArguments,
  type JoinHandle,
  type SendFuture,
  type SendMessage,
  type Task,
} from "@treadle/task";
import {
  cellOf,
  indexOfRef,
  kindOf,
  MailKind,
  nodeOf,
  Parked,
  type SharedMemory,
} from "@treadle/task/shared";
import type { WorkSource } from "../contract.ts";
import type { CurrentThread } from "../current-thread/current-thread.ts";
import { type Crew, CrewPair, Signal } from "./crew.ts";
import { Availability, Dispatch } from "./dispatch.ts";
import { Doze } from "./doze.ts";
import { type ExecutingThread, Executor } from "./executor.ts";
import type { Fabric } from "./fabric.ts";
import type { JobPort } from "./job-port.ts";
import { KeepAlive } from "./keep-alive.ts";
import { Nap } from "./nap.ts";
import { forwarded, type Parcel, Parcels, type ReceivedMessage, refusal } from "./parcels.ts";
import type { RemoteJob } from "./remote-job.ts";
import type { RemoteTask } from "./remote-task.ts";
import { Spawner, type SpawningThread } from "./spawner.ts";
import { Spin } from "./spin.ts";
import { type TakingCounters, TaskQueue } from "./task-queue.ts";
import { Tuning } from "./tuning.ts";

/** Longest single wait: a thread that is to be terminated must enter JavaScript from time to time. */
const SLICE_MS = 100;
/** The place of home in the table of participants. */
const HOME = 0;
/** The longest sleep without a look at the crew. */
const LOOK_MS = 1000;

/** What a participant is made of. */
export interface ParticipantParts {
  readonly fabric: Fabric;
  readonly crew: Crew;
  /** Whether it takes unstarted tasks. */
  readonly isWorker: boolean;
  /** Whether it is a thread of the blocking pool. */
  readonly runsJobs?: boolean;
  readonly counters: TakingCounters;
  readonly rand: FastRand;
  readonly globalQueueInterval: number | undefined;
  readonly disableLifoSlot: boolean;
  /** The number of this thread's reactor, 0 while it has none. */
  readonly reactor: () => number;
}

/** A thread's part in the runtime. */
export class Participant implements WorkSource, SpawningThread, ExecutingThread {
  readonly fabric: Fabric;
  private readonly shared: SharedMemory;
  readonly parcels: Parcels;
  private crew: Crew;
  private jobs: JobPort | null = null;
  private readonly parts: ParticipantParts;
  private readonly spawner: Spawner;
  private readonly executor: Executor;
  private readonly queue: TaskQueue | null;
  private readonly runsJobs: boolean;
  private readonly tuning: Tuning;
  private readonly spin = new Spin();
  private readonly nap = new Nap();
  private readonly doze = new Doze();
  /** When it went to sleep, 0 while it is awake. */
  private asleepSince = 0;
  private readonly alive = new KeepAlive();
  private scheduler: CurrentThread | null = null;
  /** Whether a promise for the next notification of the hosted sleep is out. */
  private armed = false;
  private ended = false;
  /** Tasks that were sent to this worker alone. */
  private readonly directed = new Fifo<number>();
  private readonly dispatch: Dispatch;
  /** What others are to see while it does not look for work. */
  private available: Availability = Availability.ORDINARY;
  private saidLooking = false;
  /** Whether the others were told that this thread has tasks. */
  private busy = false;
  private readonly anything = (): boolean => this.hasNews();
  private readonly onParcel = (parcel: Parcel): void => this.accept(parcel);
  private readonly onNotified = (): void => {
    this.armed = false;
    if (!this.ended) this.own_.unpark();
  };

  constructor(parts: ParticipantParts) {
    this.parts = parts;
    this.crew = parts.crew;
    this.fabric = parts.fabric;
    this.shared = parts.fabric.shared;
    this.parcels = new Parcels(parts.fabric);
    this.spawner = new Spawner(this, parts.fabric);
    this.executor = new Executor(this, parts.fabric);
    this.runsJobs = parts.runsJobs === true;
    this.queue = parts.isWorker
      ? new TaskQueue(parts.fabric, parts.counters, parts.rand, !parts.disableLifoSlot)
      : null;
    this.dispatch = new Dispatch(parts.fabric);
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
    // Jobs go on while the runtime shuts down; there may be nobody left to start the task.
    if (this.runsJobs && this.fabric.participants.isClosed) this.spawner.withdrawRemote(task);
    if (this.armed) this.stayAlive();
    return task;
  }

  // Jobs of the blocking pool

  /** Ties it to the pool. */
  connectJobs(port: JobPort): void {
    this.jobs = port;
  }

  /** Spawns a call on the blocking pool. */
  spawnJob<T>(future: SendFuture<T>, mandatory: boolean): JoinHandle<T> {
    const job = this.spawner.spawnJob(future, mandatory);
    if (this.armed) this.stayAlive();
    return job;
  }

  hasJobRoom(): boolean {
    return this.fabric.place.jobs.reserve(1);
  }

  offerJob(entry: number): void {
    this.shared.jobs.push(this.fabric.self, entry);
    this.jobs?.pushed();
  }

  /** What it brings goes to home, which chooses a thread. */
  directJob(job: RemoteJob<unknown>, entry: number, message: SendMessage): void {
    const { fabric } = this;
    const to = fabric.participants.refOf(HOME);
    job.directedTo = to;
    this.parcels.send({ to, cell: job.cell, task: job.id, entry, message });
    if (fabric.self === HOME) this.jobs?.came(entry);
  }

  /** Home: sends a job on to the thread that it was chosen for. */
  sendJob(entry: number, thread: number): void {
    const cell = cellOf(entry);
    const to = this.fabric.participants.refOf(thread);
    this.parcels.sendOn(to, cell, entry);
  }

  jobEnded(): void {
    this.jobs?.ended();
  }

  /** Starts a job; null if it was withdrawn, or if its module must be loaded first, as `isLoading` then tells. */
  startJob(entry: number): Task<unknown> | null {
    return this.start(entry);
  }

  get isLoading(): boolean {
    return this.executor.isImporting;
  }

  /** Ends a job that nobody has started, cancelled or failed with `error`. */
  refuseJob(entry: number, error: unknown): void {
    if (this.executor.refuse(entry, error)) this.parcels.forget(cellOf(entry));
  }

  /** Adds somebody who is told what the crew is told. */
  addCrew(crew: Crew): void {
    this.crew = new CrewPair(this.crew, crew);
  }

  /** The thread may be asleep in its event loop already: it stays there as long as something is waited for. */
  stayAlive(): void {
    if (this.hasPending()) this.alive.hold(true);
  }

  hasRoom(): boolean {
    return this.queue !== null || this.fabric.place.outbox.reserve(1);
  }

  offer(entry: number): void {
    if (this.queue !== null) {
      this.queue.push(entry);
      return;
    }
    this.shared.inject.push(this.fabric.self, entry);
    if (this.fabric.workers > 0) this.shared.notifyWorker();
    else this.shared.parks.wake(HOME);
  }

  direct(task: RemoteTask<unknown>, entry: number, message: SendMessage): void {
    for (let tries = this.fabric.workers; ; tries--) {
      const index = this.dispatch.choose();
      const to = this.fabric.participants.refOf(index);
      task.directedTo = to;
      const parcel = { to, cell: task.cell, task: task.id, entry, message };
      if (this.parcels.send(parcel)) {
        if (index === this.fabric.self) this.directed.push(entry);
        return;
      }
      if (tries <= 0 && this.parcels.keep(parcel)) return;
      // It has blocked in place since, and says so.
      this.dispatch.ended(index);
    }
  }

  /** A task that was sent to one worker has come back, for that one is blocked. */
  private redirect(parcel: Parcel): void {
    const task = this.spawner.inLine(parcel.cell, parcel.task);
    if (task === null) {
      this.discard(parcel.message);
      return;
    }
    this.dispatch.ended(indexOfRef(task.directedTo));
    try {
      this.direct(task, parcel.entry, forwarded(parcel.message));
    } catch (error) {
      // A port was closed meanwhile.
      this.dispatch.ended(indexOfRef(task.directedTo));
      this.discard(parcel.message);
      this.direct(task, parcel.entry, refusal(error));
    }
  }

  private discard({ bytes, beside }: ReceivedMessage): void {
    if (bytes.byteLength > 0) discardArguments(this.fabric.areaOf(bytes), 0, beside);
  }

  /** What was sent to this thread alone and would wait for the end of what blocks it. */
  private giveBack(): void {
    if (this.fabric.workers === 1) return;
    if (this.fabric.hasSignals()) this.receiveParcels();
    for (const entry of this.directed.takeAll()) {
      const cell = cellOf(entry);
      const spawner = this.fabric.cells.spawner(cell);
      if (spawner === this.fabric.ref || !this.parcels.has(cell)) this.directed.push(entry);
      else this.parcels.sendOn(spawner, cell, entry);
    }
  }

  directedEnded(to: number): void {
    this.dispatch.ended(indexOfRef(to));
  }

  /** Fails what was spawned here and no thread has begun. */
  failUnstarted(error: Error): void {
    this.spawner.failUnstarted(error);
  }

  returned(cell: number): void {
    this.spawner.returned(cell);
  }

  hasParcel(cell: number, task: number): boolean {
    return this.parcels.has(cell, task);
  }

  keepsParcel(cell: number): boolean {
    return this.parcels.keeps(cell);
  }

  takeParcel(cell: number): ReceivedMessage | undefined {
    return this.parcels.open(cell);
  }

  sendParcel(cell: number, spawner: number, message: SendMessage): void {
    // The mail that brings the cell back tells of it.
    const task = this.fabric.idOf(cell);
    this.parcels.sendUntold({ to: spawner, cell, task, entry: 0, message });
  }

  startable(entries: readonly number[]): void {
    if (this.runsJobs) {
      for (const entry of entries) this.jobs?.loaded(entry);
      return;
    }
    for (const entry of entries) {
      // What was sent to this thread alone stays here.
      if (this.queue === null || this.parcels.has(cellOf(entry))) this.directed.push(entry);
      else this.queue.pushBack(entry);
    }
    if (entries.length > 1) this.shared.notifyWorker();
    this.wake();
  }

  private accept(parcel: Parcel): void {
    if (parcel.entry !== 0 && this.fabric.isJob(parcel.cell)) this.jobs?.came(parcel.entry);
    else if (this.parcels.isBack(parcel)) this.redirect(parcel);
    else if (parcel.entry !== 0) this.directed.push(parcel.entry);
    else this.spawner.parcelCame(parcel.cell);
  }

  failed(task: Task<unknown>, error: unknown, awaited: boolean): void {
    this.own_.failed(task, error, awaited);
  }

  terminated(task: Task<unknown>): void {
    this.own_.endedElsewhere(task);
  }

  // What tasks that were started here ask for

  own(task: Task<unknown>): boolean {
    if (!this.busy) this.setBusy(true);
    return this.own_.bindStarted(task);
  }

  ownedAt(place: number): Task<unknown> | null {
    return this.own_.ownedAt(place);
  }

  schedule(task: Task<unknown>): void {
    this.own_.schedule(task);
  }

  yieldNow(task: Task<unknown>): void {
    this.own_.yieldNow(task);
  }

  release(task: Task<unknown>): void {
    if (this.runsJobs) this.jobs?.ending();
    this.own_.releaseStarted(task);
  }

  /** Whether tasks live here, or elsewhere for this thread. */
  private hasTasks(): boolean {
    return this.own_.aliveTasks() > 0 || this.executor.size > 0 || this.executor.isImporting;
  }

  private setBusy(busy: boolean): void {
    this.busy = busy;
    this.fabric.setBusy(busy);
  }

  // WorkSource

  hasWork(): boolean {
    return (
      this.hasPost() ||
      this.directed.size > 0 ||
      (this.queue === null ? this.mayTakeOffered() : this.queue.hasOwn())
    );
  }

  private hasPost(): boolean {
    const { fabric } = this;
    return this.shared.mailboxes.hasMail(fabric.self) || fabric.hasSignals();
  }

  takeMail(): boolean {
    const { fabric } = this;
    const hasMail = this.shared.mailboxes.hasMail(fabric.self);
    if (hasMail) this.drain();
    const signals = fabric.takeSignals();
    if (signals !== 0) this.signalled(signals);
    return hasMail || signals !== 0;
  }

  private drain(): void {
    const { self } = this.fabric;
    const { mailboxes } = this.shared;
    let mail = mailboxes.drain(self);
    while (mail !== 0) {
      const kind = kindOf(mail);
      const cell = nodeOf(mail);
      mail = mailboxes.next(self, mail);
      if (kind === MailKind.DONE) this.nap.came();
      if (kind === MailKind.DONE) this.spawner.returned(cell);
      else if (kind === MailKind.ABORT) this.executor.abort(cell);
      else this.fabric.host.came(cell);
    }
  }

  /** Takes in what has come by message port. */
  receiveParcels(): void {
    this.parcels.receive(this.onParcel);
  }

  private signalled(signals: number): void {
    if ((signals & Signal.PARCEL) !== 0) this.receiveParcels();
    if ((signals & Signal.DEATH) !== 0) this.sweep();
    if ((signals & Signal.ROOM) !== 0) this.jobs?.roomCame();
    this.crew.signalled(signals);
  }

  /** Somebody has died: finds out what of this thread's was lost. */
  sweep(): void {
    this.drain();
    const { place, participants } = this.fabric;
    place.pool.sweep(this.shared.heirOf(place), participants);
    this.fabric.host.died();
    this.spawner.sweep((ref) => ({
      worker: this.nameOf(indexOfRef(ref)),
      why: this.fabric.whyDead(ref) ?? "its thread ended",
    }));
  }

  private nameOf(index: number): string {
    const { workers } = this.fabric;
    return index > workers ? `blocking thread ${index}` : `worker ${index - 1}`;
  }

  /** Home: why a thread has died, for all to read. */
  learnDeath(index: number, why: string): void {
    this.fabric.explainDeath(index, why);
  }

  takeOwn(): Task<unknown> | null {
    const { queue } = this;
    if (queue === null && this.directed.size === 0) return null;
    for (;;) {
      const entry = this.directed.size > 0 ? this.directed.shift() : (queue?.takeOwn() ?? 0);
      if (entry === 0) return null;
      const task = this.start(entry);
      if (task !== null) return task;
    }
  }

  takeOffered(): Task<unknown> | null {
    const { queue } = this;
    if (queue === null && !this.mayTakeOffered()) return null;
    for (;;) {
      const entry = queue === null ? this.shared.inject.takeOne() : queue.takeOffered();
      if (entry === 0) return null;
      const task = this.start(entry);
      if (task !== null) return task;
    }
  }

  /** Whether it is the only one that takes what blocking threads spawn, and they have spawned something. */
  private mayTakeOffered(): boolean {
    return this.fabric.self === HOME && this.fabric.workers === 0 && this.shared.inject.mayHaveWork;
  }

  search(): Task<unknown> | null {
    const { queue } = this;
    if (queue === null) return this.takeOffered();
    for (;;) {
      const entry = queue.search();
      if (entry === 0) return null;
      const task = this.start(entry);
      if (task !== null) return task;
    }
  }

  working(): void {
    if (this.saidLooking) this.sayLooking(false);
    this.queue?.stopSearching();
  }

  telling(): void {
    const { queue } = this;
    if (queue === null || this.own_.localDepth() > 0 || queue.hasOwn()) return;
    queue.beforeTelling();
    this.sayLooking(true);
  }

  private start(entry: number): Task<unknown> | null {
    const task = this.executor.start(entry);
    if (task !== null) this.parts.counters.pollCount++;
    return task;
  }

  interval(): number {
    return this.tuning.interval(this.parts.counters.meanPollTimeMs);
  }

  blockedInPlace(is: boolean): void {
    this.saidLooking = false;
    this.available = is ? Availability.BLOCKED : Availability.ORDINARY;
    this.fabric.setAvailability(this.available);
    if (this.queue === null) return;
    const gate = this.fabric.gate(this.fabric.self);
    if (!is) {
      if (gate.open()) this.fabric.signal(HOME, Signal.PARCEL);
      return;
    }
    gate.close();
    this.giveBack();
    this.queue.offer();
  }

  // Sleeping

  private hasNews(): boolean {
    return this.hasPost() || (this.queue === null ? this.mayTakeOffered() : this.queue.hasAny());
  }

  staysAwake(): boolean {
    return this.isOurs || this.spin.isWorthwhile;
  }

  /** Whether the thread is one of the runtime's. */
  private get isOurs(): boolean {
    return this.queue !== null || this.runsJobs;
  }

  blockFor(calm: number, timers: number): number {
    if (!this.isOurs || this.executor.isImporting) return 0;
    return this.doze.next(calm, timers + this.alive.timers);
  }

  wokenByOthers(): void {
    this.doze.surprised();
  }

  beforePark(hosted: boolean, mayLinger: boolean): boolean {
    if (mayLinger && this.linger()) return false;
    if (this.saidLooking) this.sayLooking(false);
    if (this.queue !== null && !this.queue.beforeSleep()) return false;
    if (this.busy && !this.hasTasks()) this.setBusy(false);
    const { self } = this.fabric;
    const { parks } = this.shared;
    parks.setNative(self, hosted ? 0 : this.parts.reactor());
    if (!parks.announce(self, hosted ? Parked.HOSTED : Parked.BLOCKED)) return false;
    if (this.hasWork()) return false;
    if (hosted) {
      this.alive.hold(this.hasPending() || this.crew.mustStay?.() === true);
      if (!this.arm()) return false;
    }
    this.asleepSince = performance.now();
    return true;
  }

  /** Looks out a little longer before it goes to sleep; whether something has come. */
  private linger(): boolean {
    // A worker has tasks to look for.
    if (this.queue !== null) return this.look();
    if (!this.nap.isDue(this.spawner.size)) return this.spin.until(this.anything);
    this.nap.sleep(this.own_.awaitsOthersOnly());
    return this.hasNews();
  }

  private look(): boolean {
    if (!this.spin.isWorthwhile) return false;
    this.sayLooking(true);
    return this.spin.until(this.anything);
  }

  private sayLooking(is: boolean): void {
    if (is === this.saidLooking) return;
    this.saidLooking = is;
    this.fabric.setAvailability(is ? Availability.LOOKING : this.available);
  }

  afterPark(): void {
    const wasWoken = this.shared.parks.retire(this.fabric.self);
    if (wasWoken && this.asleepSince > 0) this.spin.slept(performance.now() - this.asleepSince);
    this.asleepSince = 0;
    this.queue?.afterSleep();
  }

  private arm(): boolean {
    // A turn of the loop that was under way at the end: nobody wakes it any more, and a promise would never settle.
    if (this.armed || this.ended) return true;
    const { fabric } = this;
    const at = this.shared.parks.address(fabric.self);
    const waits = waitAsync(fabric.words, at, Parked.HOSTED);
    if (waits === null) return false;
    this.armed = true;
    void waits.then(this.onNotified);
    return true;
  }

  /** Whether the thread is in `blockOn`. */
  isBlocked(): boolean {
    return this.own_.isBlocked();
  }

  /** Makes the thread's scheduler look around. */
  wake(): void {
    this.own_.unpark();
  }

  /** Sleeps on the thread's own word; other threads wake it. */
  readonly idlePark: Park = {
    park: (timeoutMs: number) => this.sleepBlocked(timeoutMs),
    unpark: () => this.shared.parks.unpark(this.fabric.self),
  };

  private sleepBlocked(timeoutMs: number): void {
    const { self, words } = this.fabric;
    const { parks } = this.shared;
    let left = timeoutMs;
    while (left > 0 && load(words, parks.address(self)) === Parked.BLOCKED) {
      const slice = Math.min(left, SLICE_MS);
      parks.sleep(self, slice);
      left -= slice;
    }
  }

  /** The thread's park, which also looks after the crew from time to time. */
  park(inner: Park): Park {
    return {
      park: (timeoutMs) => {
        inner.park(Math.min(timeoutMs, LOOK_MS));
        this.crew.blockedLook();
      },
      unpark: () => inner.unpark(),
    };
  }

  // Ending

  mayBeTold(): boolean {
    // In this order: whoever has no tasks any more has told before.
    return this.crew.mustStay?.() === true || this.hasWork();
  }

  hasPending(): boolean {
    return this.spawner.size > 0 || this.crew.isAwaited();
  }

  close(): void {
    this.spawner.close();
    this.crew.close();
  }

  hasLeft(): boolean {
    return (
      this.spawner.size > 0 ||
      this.executor.size > 0 ||
      this.executor.isImporting ||
      this.directed.size > 0 ||
      this.crew.hasLeft() ||
      (this.queue?.hasAny() ?? false)
    );
  }

  forsakeAll(): string[] {
    const left = this.spawner.pending();
    for (const task of left) task.forsake();
    return [...left.map((task) => `${task.name} (task ${task.id})`), ...this.crew.forsakeAll()];
  }

  end(): void {
    this.alive.stop();
    this.ended = true;
    if (this.armed) this.shared.parks.leave(this.fabric.self);
    if (sharing.host === this.fabric.host) sharing.host = null;
    const { heap, pool } = this.fabric.place;
    heap.reclaim();
    heap.publish();
    pool.publish();
    this.crew.end();
  }

  submitted(): void {
    this.fabric.setAliveTasks(this.aliveHere());
  }

  /** Tasks of the runtime that have not ended: those spawned here now, those of other threads as they said last. */
  aliveTasks(): number {
    return this.aliveHere() + this.fabric.aliveTasksOfOthers();
  }

  private aliveHere(): number {
    return this.own_.aliveTasks() - this.executor.running;
  }

  pendingTasks(): number {
    return this.spawner.tasks;
  }
}
