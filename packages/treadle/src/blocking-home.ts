/** The blocking pool of a runtime, as home holds it: threads that are started when jobs need them. */
import { availableParallelism } from "node:os";
import { BlockingPool, type HandOff, type PoolHome, type PoolThread } from "@treadle/blocking";
import type { BlockingSource } from "@treadle/metrics";
import {
  type Crew,
  type Fabric,
  jobLost,
  type Participant,
  reasonOf,
  Signal,
  StartedThread,
} from "@treadle/scheduler";
import { cellOf } from "@treadle/task/shared";
import { type Config, maxBlockingThreads, nameOfThread } from "./config.ts";
import { createHandOff, JobAccess, poolSource } from "./job-access.ts";
import type { PlannedData } from "./thread-plan.ts";

/** At least so many threads may begin at a time. */
const LEAST_STARTING = 2;

/** Home's side of the blocking pool. */
export class BlockingHome implements Crew, PoolHome {
  readonly pool: BlockingPool;
  readonly access: JobAccess;
  /** Where the words of the pool lie in the segment. */
  readonly at: number;
  private readonly handOff: HandOff;
  private readonly participant: Participant;
  private readonly fabric: Fabric;
  private readonly config: Config;
  /** The ids of jobs that were sent to threads, by their entries. */
  private readonly sent = new Map<number, number>();
  private readonly data: (index: number) => PlannedData;

  /** `data`: what a thread is given; `inhibit`: counts the jobs of home that have not ended. */
  constructor(
    config: Config,
    participant: Participant,
    data: (index: number) => PlannedData,
    inhibit: { began(): void; ended(): void } | undefined,
  ) {
    const { fabric } = participant;
    this.config = config;
    this.participant = participant;
    this.fabric = fabric;
    this.data = data;
    // One place is home's; those of the workers are not to be had either.
    const places = fabric.participants.capacity - 1 - fabric.workers;
    const cap = Math.min(maxBlockingThreads(config), places);
    const { handOff, at } = createHandOff(fabric, cap, config.maxBlockingQueue);
    this.handOff = handOff;
    this.at = at;
    this.pool = new BlockingPool(this, handOff, {
      cap,
      starting: Math.max(LEAST_STARTING, availableParallelism()),
    });
    this.access = new JobAccess(participant, handOff, {
      askHome: () => this.pool.grow(),
      came: (entry) => this.hold(entry),
      ...inhibit,
    });
    participant.addCrew(this);
  }

  /** What metrics are read from. */
  source(): BlockingSource {
    return poolSource(this.handOff, this.fabric.shared);
  }

  // PoolHome

  freePlace(isTaken: (index: number) => boolean): number {
    const { fabric } = this;
    for (let index = fabric.workers + 1; index < fabric.participants.capacity; index++) {
      if (!fabric.isTaking(index) && !isTaken(index)) return index;
    }
    return -1;
  }

  start(index: number, onExit: (why: string) => void): PoolThread {
    const thread = new StartedThread({
      boot: this.config.boot,
      name: nameOfThread(this.config),
      resourceLimits: this.config.resourceLimits,
      data: this.data(index),
      onExit: (code, error) => onExit(reasonOf(code, error)),
    });
    this.participant.parcels.connect(index, thread.port);
    return thread;
  }

  lifeOf(index: number): number {
    return this.fabric.participants.incarnationOf(index);
  }

  lastWords(index: number): string | undefined {
    const code = this.fabric.lastWords(index);
    // The thread's `exit` event says more, and will come unless this thread is blocked.
    if (code < 0 || !this.participant.isBlocked()) return undefined;
    return `it exited with code ${code}`;
  }

  lost(index: number, why: string): void {
    this.participant.learnDeath(index, why);
    if (!this.fabric.declareDead(index)) return;
    this.participant.sweep();
    this.participant.wake();
  }

  jobsInLine(): number {
    return this.access.line.length;
  }

  private hold(entry: number): void {
    this.sent.delete(entry);
    this.pool.hold(entry);
  }

  takeJob(): number {
    const entry = this.access.line.discard();
    this.sent.delete(entry);
    return entry;
  }

  endUnstarted(entry: number, why: string | undefined): void {
    const id = this.sent.get(entry);
    // It was started, has ended, and its cell is another job's.
    if (id !== undefined && id !== this.fabric.idOf(cellOf(entry))) return;
    this.participant.refuseJob(entry, why === undefined ? undefined : jobLost(why));
  }

  call(thread: number): void {
    this.fabric.signal(thread, Signal.JOBS);
  }

  send(entry: number, thread: number): void {
    this.sent.set(entry, this.fabric.idOf(cellOf(entry)));
    this.participant.sendJob(entry, thread);
  }

  tellClosing(): void {
    this.fabric.signalAll(Signal.CLOSE);
  }

  changed(): void {
    this.participant.wake();
  }

  report(text: string): void {
    process.stderr.write(`treadle: ${text}\n`);
  }

  // Crew

  signalled(signals: number): void {
    if ((signals & Signal.CHANGE) !== 0) this.pool.look();
    if ((signals & Signal.JOBS) !== 0) this.pool.grow();
  }

  blockedLook(): void {
    this.pool.lookFromBlocked();
  }

  isAwaited(): boolean {
    return this.pool.isAwaited();
  }

  close(): void {
    this.fabric.participants.close();
    this.pool.close();
  }

  hasLeft(): boolean {
    return this.pool.running > 0;
  }

  forsakeAll(): string[] {
    return this.pool.terminateAll();
  }

  end(): void {}
}
