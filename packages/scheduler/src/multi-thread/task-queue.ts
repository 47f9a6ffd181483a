/**
 * Where a worker's unstarted tasks come from: its slot for the newest, its ring, what others offer, the rings of others.
 *
 * Order and constants are Tokio's, except that the slot can be stolen, last of all: a task that only its own worker may start
 * would wait for as long as that worker is busy.
 *
 * **Whom to wake.** A worker that searches is bound to look at everything before it sleeps (`Idle`), so nobody wakes another
 * one for what is pushed meanwhile.
 * **Invariants.**
 * 1. `searching` is what this worker's bit of SEARCHING says, but for the moment in which somebody claims it.
 * 2. A worker that runs something does not count as a searcher; if it was the last, it has looked for more after that.
 * 3. What is on its way from one place to another is seen by nobody. So who has moved entries to his ring wakes another worker
 *    when they are there; a searcher does so by 2.
 */
import type { FastRand } from "@treadle/core";
import { type LifoSlot, type RunRing, type SharedMemory, Spilled } from "@treadle/task/shared";
import type { Fabric } from "./fabric.ts";

/** How many tasks in a row may come from the slot. */
const MAX_FROM_SLOT = 3;

/** What taking tasks counts. */
export interface TakingCounters {
  pollCount: number;
  stealCount: number;
  stealOperations: number;
  overflowCount: number;
  readonly meanPollTimeMs: number;
}

/** The queue of one worker; an entry of 0 is none. */
export class TaskQueue {
  private readonly fabric: Fabric;
  private readonly shared: SharedMemory;
  private readonly workers: number;
  private readonly counters: TakingCounters;
  private readonly rand: FastRand;
  private readonly usesSlot: boolean;
  private readonly ring: RunRing;
  private readonly slot: LifoSlot;
  private readonly worker: number;
  /** Entries for which there was no memory elsewhere. */
  private readonly kept: number[] = [];
  private fromSlot = 0;
  private searching = false;

  constructor(fabric: Fabric, counters: TakingCounters, rand: FastRand, usesSlot: boolean) {
    this.fabric = fabric;
    this.shared = fabric.shared;
    this.workers = fabric.workers;
    this.counters = counters;
    this.rand = rand;
    this.usesSlot = usesSlot;
    this.ring = fabric.place.ring;
    this.slot = fabric.place.lifo;
    this.worker = fabric.self - 1;
  }

  /** Adds what a task of this thread has spawned: it runs next, unless something newer comes. */
  push(entry: number): void {
    const next = this.usesSlot ? this.slot.put(entry) : entry;
    if (next === 0) return;
    this.pushBack(next);
    this.shared.notifyWorker();
  }

  /** Adds an entry at the end. */
  pushBack(entry: number): void {
    while (!this.ring.push(entry)) {
      const spilled = this.ring.spill(entry, this.fabric.place.outbox);
      if (spilled === Spilled.ROOM) continue;
      if (spilled === Spilled.NO_MEMORY) {
        this.kept.push(entry);
        return;
      }
      this.counters.overflowCount++;
      this.shared.inject.offer(this.fabric.self);
      return;
    }
  }

  /** Makes another worker come for what is here. */
  offer(): void {
    const newest = this.slot.take();
    if (newest !== 0) this.pushBack(newest);
    this.share();
  }

  /** Whether this thread has something of its own; cheap. */
  hasOwn(): boolean {
    return this.ring.length !== 0 || !this.slot.isEmpty || this.kept.length > 0;
  }

  /** Whether somebody may have something. */
  hasAny(): boolean {
    return this.shared.inject.mayHaveWork || this.hasInRings();
  }

  private hasInRings(): boolean {
    for (let i = 1; i <= this.workers; i++) {
      if (this.shared.ring(i).length !== 0) return true;
    }
    return !this.slot.isEmpty || this.kept.length > 0;
  }

  /** How many entries wait in the ring. */
  get depth(): number {
    return this.ring.length;
  }

  /** The next of this thread's own. */
  takeOwn(): number {
    const newest = this.slot.isEmpty ? 0 : this.slot.take();
    if (newest !== 0 && this.fromSlot < MAX_FROM_SLOT) {
      this.fromSlot++;
      return newest;
    }
    this.fromSlot = 0;
    if (newest !== 0) this.pushBack(newest);
    const entry = this.ring.pop() || (this.kept.shift() ?? 0);
    if (newest !== 0) this.share();
    return entry;
  }

  /** Entries have been moved to the ring: wakes another worker for them, unless they are gone or somebody searches. */
  private share(): void {
    if (this.ring.length !== 0) this.shared.notifyWorker();
  }

  /** The oldest of what others offer; a share of the rest goes into the ring. */
  takeOffered(): number {
    const { inject } = this.shared;
    if (!inject.mayHaveWork) return 0;
    const entry = inject.takeBatch(this.ring, this.workers);
    if (entry !== 0 && !this.searching) this.share();
    return entry;
  }

  /**
   * Is about to tell another thread that a task has ended, and nothing of its own is left. It will search next, and says so
   * first: otherwise that thread, which may have the next task, would find nobody who searches and wake a sleeper.
   */
  beforeTelling(): void {
    if (!this.searching) this.searching = this.shared.idle.trySearch(this.worker);
  }

  /** As `takeOffered`, then from the rings of others, then their slots; unless enough workers search already. */
  search(): number {
    const offered = this.takeOffered();
    if (offered !== 0) return offered;
    if (!this.searching && !this.shared.idle.trySearch(this.worker)) return 0;
    this.searching = true;
    return this.steal();
  }

  private steal(): number {
    const { fabric, shared, workers } = this;
    const start = this.rand.nextBelow(workers);
    for (let i = 0; i < workers; i++) {
      const victim = 1 + ((start + i) % workers);
      if (victim === fabric.self) continue;
      const entry = this.ring.stealFrom(shared.ring(victim));
      if (entry !== 0) return this.counted(entry, this.ring.taken);
    }
    for (let i = 0; i < workers; i++) {
      const victim = 1 + ((start + i) % workers);
      const entry = victim === fabric.self ? 0 : shared.lifo(victim).take();
      if (entry !== 0) return this.counted(entry, 1);
    }
    return this.takeOffered();
  }

  private counted(entry: number, count: number): number {
    this.counters.stealCount += count;
    this.counters.stealOperations++;
    return entry;
  }

  /** Has something to do, wherever it was found: if it was the last searcher, and there is more, it makes another one search. */
  stopSearching(): void {
    if (!this.searching) return;
    this.searching = false;
    // Who pushed while this thread was a searcher has woken nobody; who pushes now finds none and wakes one.
    const { idle, inject } = this.shared;
    if (idle.found(this.worker) && (inject.hasWork() || this.hasInRings())) {
      this.shared.notifyWorker();
    }
  }

  /** Is about to sleep; false when there is something after all. */
  beforeSleep(): boolean {
    const { idle } = this.shared;
    this.searching = false;
    idle.sleep(this.worker);
    // Whoever searches will find it; then this thread need not.
    return !this.hasAny() || idle.anySearching();
  }

  /** Has slept, or not even that; whoever has woken it has made it a searcher. */
  afterSleep(): void {
    this.searching = this.shared.idle.rouse(this.worker);
  }
}
