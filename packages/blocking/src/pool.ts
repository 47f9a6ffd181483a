/**
 * Home's side of the pool: it starts threads when jobs wait and nobody is idle, and sees to those that die.
 *
 * **How many.** One more thread whenever a job is in line, none is idle and the cap allows it; but no more of them at a time
 * begin than there are CPUs: beginning costs tens of milliseconds of CPU time, in which those that run may have emptied the line.
 *
 * **Members.** STARTING (started, has not announced itself), RUNNING, LEAVING (has left the runtime in good order, its thread
 * is about to end). A member that dies fails what it ran; what it had taken and not started its spawners offer again.
 *
 * **When none can begin** (memory limits too small, a failing start hook) a few tries, each after a longer pause; then what is in
 * line fails, so that nobody waits for ever.
 */
import { performance } from "node:perf_hooks";
import { Fifo } from "@treadle/core";
import type { HandOff } from "./hand-off.ts";

/** Between two looks at the system's list of threads. */
const LOOK_MS = 1000;
/** How often in a row threads may fail to begin before the jobs in line fail. */
const MAX_FAILURES = 3;
const PAUSE_MS = 20;

/** A thread, as the pool holds it. */
export interface PoolThread {
  readonly name: string;
  terminate(): Promise<unknown>;
  /** Whether the system says that it is gone, for who hears no events. */
  looksGone(): boolean;
}

/** What the pool asks of home. */
export interface PoolHome {
  /** A place that nobody has, -1 if there is none; `isTaken` knows those that were given to threads which have not begun. */
  freePlace(isTaken: (index: number) => boolean): number;
  /** Starts a thread in a place. */
  start(index: number, onExit: (why: string) => void): PoolThread;
  /** How often the place has changed hands. */
  lifeOf(index: number): number;
  /** How the thread has announced its end; undefined if it has not. */
  lastWords(index: number): string | undefined;
  /** The thread of the place has died: what it had started is lost. */
  lost(index: number, why: string): void;
  /** How many jobs are in line. */
  jobsInLine(): number;
  /** Takes a job out of the line, 0 if there is none. */
  takeJob(): number;
  /** Ends a job that no thread has started: failed for want of a thread, or, without a reason, cancelled. */
  endUnstarted(entry: number, why: string | undefined): void;
  /** Tells an idle thread that there is a job for it. */
  call(thread: number): void;
  /** Sends a job that home keeps to the thread that was claimed for it. */
  send(entry: number, thread: number): void;
  /** Tells the threads that the runtime shuts down; idle ones leave then. */
  tellClosing(): void;
  /** Something has changed that a waiting shutdown may be waiting for. */
  changed(): void;
  /** Tells the user. */
  report(text: string): void;
}

/** How large the pool may get. */
export interface PoolOptions {
  readonly cap: number;
  /** How many threads may begin at a time. */
  readonly starting: number;
}

interface Member {
  readonly index: number;
  readonly life: number;
  thread: PoolThread | null;
  begun: boolean;
  /** The job that home has sent it last, 0 if none. */
  sent: number;
}

/** The threads of one pool. */
export class BlockingPool {
  /** How many threads have died. */
  deaths = 0;
  private readonly home: PoolHome;
  private readonly handOff: HandOff;
  private readonly options: PoolOptions;
  private readonly members = new Map<number, Member>();
  private readonly leaving = new Set<Member>();
  /** Jobs that bring what cannot lie in shared memory; home sends them to threads. */
  private readonly held = new Fifo<number>();
  private starting = 0;
  private failures = 0;
  private pause: NodeJS.Timeout | null = null;
  private pausedUntil = 0;
  private closing = false;
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(home: PoolHome, handOff: HandOff, options: PoolOptions) {
    this.home = home;
    this.handOff = handOff;
    this.options = options;
  }

  /** Keeps a job for a thread that home will choose. */
  hold(entry: number): void {
    this.held.push(entry);
    this.countHeld();
    this.grow();
  }

  private countHeld(): void {
    this.handOff.setHeld(this.held.size);
    // Idle threads stay as long as something is kept for them.
    if (this.closing && this.held.size === 0) this.home.tellClosing();
  }

  /** Jobs wait: wakes or starts whoever is needed. */
  grow(): void {
    this.assign();
    if (this.closing) return;
    const idle = this.home.jobsInLine() > 0 ? this.handOff.claim() : -1;
    if (idle >= 0) this.home.call(idle);
    else if (this.demand > 0 && !this.isPausing()) this.startSome();
  }

  /** Jobs for which there is no thread yet. */
  private get demand(): number {
    return this.home.jobsInLine() + this.held.size;
  }

  private isPausing(): boolean {
    return this.pausedUntil > performance.now();
  }

  private startSome(): void {
    const most = Math.min(this.demand, this.options.starting);
    while (this.starting < most && this.members.size < this.options.cap) {
      if (!this.startOne()) return;
    }
  }

  private startOne(): boolean {
    const index = this.home.freePlace((place) => this.members.has(place));
    if (index < 0) return false;
    const life = this.home.lifeOf(index);
    const member: Member = { index, life, thread: null, begun: false, sent: 0 };
    this.members.set(index, member);
    this.setStarting(this.starting + 1);
    this.handOff.setThreads(this.members.size);
    try {
      member.thread = this.home.start(index, (why) => this.exited(member, why));
    } catch (error) {
      this.ended(member, `it could not be started: ${String(error)}`);
      return false;
    }
    return true;
  }

  private setStarting(count: number): void {
    this.starting = count;
    this.handOff.setCrowded(count >= this.options.starting);
  }

  private assign(): void {
    while (this.held.size > 0) {
      const thread = this.handOff.reserve((other) => this.home.call(other));
      if (thread < 0) return;
      const entry = this.held.shift();
      this.countHeld();
      const member = this.members.get(thread);
      if (member !== undefined) member.sent = entry;
      this.home.send(entry, thread);
    }
  }

  /** A thread has announced itself, or its end, or has left. */
  look(): void {
    let changed = false;
    for (const member of [...this.members.values()]) changed = this.lookAt(member) || changed;
    // Otherwise the jobs in line may be those of threads that were claimed and are about to take them.
    if (!changed) return;
    this.grow();
    this.afterEnd();
  }

  /** Whether something has become of it. */
  private lookAt(member: Member): boolean {
    const { home } = this;
    const { index, begun } = member;
    if (home.lifeOf(index) !== member.life) {
      this.left(member);
      return true;
    }
    if (!member.begun && this.handOff.hasBegun(index)) this.begun(member);
    const words = home.lastWords(index);
    if (words !== undefined) this.ended(member, words);
    return words !== undefined || member.begun !== begun;
  }

  private begun(member: Member): void {
    member.begun = true;
    this.setStarting(this.starting - 1);
    this.failures = 0;
  }

  private left(member: Member): void {
    if (!member.begun) this.begun(member);
    this.forget(member);
    this.leaving.add(member);
  }

  private forget(member: Member): void {
    this.members.delete(member.index);
    this.handOff.forget(member.index);
    this.handOff.setThreads(this.members.size);
  }

  private exited(member: Member, why: string): void {
    if (
      this.members.get(member.index) === member &&
      this.home.lifeOf(member.index) !== member.life
    ) {
      this.left(member);
    }
    if (this.leaving.delete(member)) this.afterEnd();
    else if (this.members.get(member.index) === member) this.ended(member, why);
    this.grow();
  }

  private ended(member: Member, why: string): void {
    this.forget(member);
    this.deaths++;
    if (!member.begun) this.failedToBegin(why);
    this.home.lost(member.index, why);
    // A job that it was sent and had not started is lost as well, for what it brought is.
    if (member.sent !== 0) this.home.endUnstarted(member.sent, why);
    if (!this.closing) this.home.report(`blocking thread ${member.index} died: ${why}`);
    this.grow();
    this.afterEnd();
  }

  private failedToBegin(why: string): void {
    this.setStarting(this.starting - 1);
    this.failures++;
    if (this.failures >= MAX_FAILURES) {
      this.failures = 0;
      this.endAll(`no thread could be started for it: ${why}`);
      return;
    }
    const pauseMs = PAUSE_MS * 2 ** this.failures;
    this.pausedUntil = performance.now() + pauseMs;
    this.pause ??= setTimeout(() => {
      this.pause = null;
      this.pausedUntil = 0;
      this.grow();
    }, pauseMs);
  }

  private endAll(why: string | undefined): void {
    const { home } = this;
    for (let entry = home.takeJob(); entry !== 0; entry = home.takeJob()) {
      home.endUnstarted(entry, why);
    }
    for (const entry of this.held.takeAll()) home.endUnstarted(entry, why);
    this.countHeld();
  }

  private afterEnd(): void {
    if (!this.closing) return;
    if (this.members.size === 0) this.endAll(undefined);
    this.home.changed();
  }

  /** Home is blocked: looks from time to time whether all are still there. */
  lookFromBlocked(): void {
    const now = performance.now();
    if (this.pausedUntil > 0 && now >= this.pausedUntil) {
      this.pausedUntil = 0;
      this.grow();
    }
    if (now - this.lookedAt < LOOK_MS) return;
    this.lookedAt = now;
    for (const member of [...this.members.values()]) {
      if (member.thread?.looksGone() !== true) continue;
      const why = member.begun ? "it was terminated, or ran out of memory" : "it ended at once";
      this.ended(member, why);
    }
  }

  /** Threads that are not gone. */
  get running(): number {
    return this.members.size + this.leaving.size;
  }

  /** Whether a shutdown waits for the threads. */
  isAwaited(): boolean {
    return this.closing && this.running > 0;
  }

  /** No thread is started any more; idle threads take nothing on, and what home keeps for them is cancelled. */
  close(): void {
    this.closing = true;
    if (this.pause !== null) clearTimeout(this.pause);
    this.pause = null;
    if (this.handOff.idleCount > 0) {
      for (const entry of this.held.takeAll()) this.home.endUnstarted(entry, undefined);
      this.handOff.setHeld(0);
    }
    this.home.tellClosing();
    this.afterEnd();
  }

  /** Stops what has not stopped by itself; answers the names. */
  terminateAll(): string[] {
    const left = [...this.members.values(), ...this.leaving];
    this.leaving.clear();
    for (const member of left) {
      void member.thread?.terminate();
      if (this.members.get(member.index) === member) this.ended(member, "it did not stop in time");
    }
    return left.map(({ thread, index }) => `blocking thread ${thread?.name} (${index})`);
  }
}
