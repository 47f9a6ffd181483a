/**
 * The life of a thread of the pool: it runs jobs, rests when there are none, and goes when it has rested long enough.
 *
 * **States.** BUSY (has a job, or looks for one), IDLE (its bit is set or was claimed; it sleeps in its event loop), GONE.
 * **Early announcement.** The bit is set when a job has ended and no other is in line, before its result is sent: whoever has
 * waited for the result and spawns the next job finds this thread idle, and needs no other one.
 * **Shutdown.** A busy thread runs what is in line, to the end; an idle one cancels it, except for mandatory jobs. As Tokio.
 */
import { performance } from "node:perf_hooks";
import type { HandOff } from "./hand-off.ts";
import type { JobLine } from "./job-line.ts";

/** How long jobs may follow each other without a turn of the event loop, in ms. */
const SLICE_MS = 1;
/** The longest delay that `setTimeout` takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** What the loop asks of its thread. */
export interface JobThread {
  /** Which participant it is. */
  readonly self: number;
  /** It has looked at the line for the first time: home is to be told. */
  begun(): void;
  /** Runs the job; whether it has ended, else `ended` follows, or, if a module must be loaded first, `loaded`. */
  run(entry: number): boolean;
  /** Ends a job that nobody has started as cancelled. */
  cancel(entry: number): void;
  isMandatory(entry: number): boolean;
  /** Whether tasks live on this thread that jobs have left behind. */
  hasTasks(): boolean;
  /** It rests: the thread may sleep. */
  resting(): void;
  /** Tells home that this thread is free for what home keeps. */
  askHome(): void;
  /** Leaves the runtime, and ends the thread. */
  leave(): void;
}

const BUSY = 0;
const IDLE = 1;
const GONE = 2;

/** The loop of one thread. */
export class BlockingThread {
  private readonly thread: JobThread;
  private readonly line: JobLine;
  private readonly handOff: HandOff;
  private readonly keepAliveMs: number;
  private state: typeof BUSY | typeof IDLE | typeof GONE = BUSY;
  /** Whether its bit was set and not yet seen to be cleared. */
  private announced = false;
  /** Whether it has offered itself to home since its last job. */
  private offered = false;
  private closing = false;
  private begun = false;
  /** Jobs that home has sent to this thread. */
  private readonly given: number[] = [];
  private idleSince = 0;
  private timer: NodeJS.Timeout | null = null;
  private readonly goOn = (): void => this.work();

  constructor(thread: JobThread, line: JobLine, handOff: HandOff, keepAliveMs: number) {
    this.thread = thread;
    this.line = line;
    this.handOff = handOff;
    this.keepAliveMs = keepAliveMs;
  }

  /** Begins. */
  start(): void {
    queueMicrotask(this.goOn);
  }

  /** Somebody has claimed this thread. */
  called(): void {
    if (this.state !== IDLE) return;
    // A bit that is still set stays so: the job may be gone, and then nothing has changed.
    this.state = BUSY;
    queueMicrotask(this.goOn);
  }

  /** Home has sent a job. */
  give(entry: number): void {
    this.handOff.release(this.thread.self);
    this.given.push(entry);
    this.called();
  }

  /** The module of the job that it has taken was loaded. */
  loaded(entry: number): void {
    queueMicrotask(() => this.runOne(entry));
  }

  /** The job is about to send its result. */
  ending(): void {
    if (this.given.length > 0 || this.line.hasJobs()) return;
    this.announced = true;
    this.handOff.announce(this.thread.self);
  }

  /** A job that went on by the event loop has ended. */
  ended(): void {
    setImmediate(this.goOn);
  }

  /** The runtime shuts down. */
  close(): void {
    this.closing = true;
    if (this.state === IDLE) this.drain();
  }

  private work(): void {
    if (this.state === GONE) return;
    const end = performance.now() + SLICE_MS;
    do {
      const entry = this.take();
      if (entry === 0) {
        this.rest();
        this.tellBegun();
        return;
      }
      this.tellBegun();
      if (!this.thread.run(entry)) return;
    } while (performance.now() < end);
    setImmediate(this.goOn);
  }

  /** Home counts on this thread for a job in line until it has taken one, or found none. */
  private tellBegun(): void {
    if (this.begun) return;
    this.begun = true;
    this.handOff.begin(this.thread.self);
    this.thread.begun();
  }

  private runOne(entry: number): void {
    if (this.thread.run(entry)) setImmediate(this.goOn);
  }

  private take(): number {
    const given = this.given.shift();
    if (given === undefined && (this.isExpecting() || this.mustOffer())) return 0;
    const entry = given ?? this.line.take();
    if (entry === 0) return 0;
    this.offered = false;
    // Claimed meanwhile, for a job that this thread will not take now.
    if (this.announced && !this.withdraw()) this.line.passOn();
    return entry;
  }

  /** Whether home is about to send a job: then what is in line is for others. */
  private isExpecting(): boolean {
    if (!this.handOff.isReserved(this.thread.self)) return false;
    this.line.passOn();
    return true;
  }

  /** Whether home keeps jobs and does not know yet that this thread is free. */
  private mustOffer(): boolean {
    return this.handOff.held > 0 && !this.offered;
  }

  private withdraw(): boolean {
    this.announced = false;
    return this.handOff.withdraw(this.thread.self);
  }

  private rest(): void {
    const reserved = this.handOff.isReserved(this.thread.self);
    if (!reserved && !this.announce()) {
      setImmediate(this.goOn);
      return;
    }
    this.state = IDLE;
    this.idleSince = performance.now();
    this.thread.resting();
    if (reserved) this.announced = false;
    else if (this.closing) this.drain();
    else this.arm(this.keepAliveMs);
  }

  /** Sets its bit, unless it is set; false if it is to look at the line once more. */
  private announce(): boolean {
    const { self } = this.thread;
    const offers = this.mustOffer();
    const isSet = this.announced && this.handOff.isIdle(self);
    if (isSet && !offers) return true;
    this.announced = true;
    if (!isSet) this.handOff.announce(self);
    // What was pushed or kept before the bit was set is seen by these looks; whoever comes later sees the bit.
    if (this.handOff.held > 0) {
      this.offered = true;
      this.thread.askHome();
    }
    return offers || !this.line.hasJobs();
  }

  /** Idle, and the runtime shuts down. */
  private drain(): void {
    // Home looks for a thread for what it keeps; until it has found one this thread may be the last.
    if (this.handOff.held > 0) return;
    if (this.announced) this.withdraw();
    if (this.handOff.isReserved(this.thread.self)) return;
    this.state = BUSY;
    for (let entry = this.line.take(); entry !== 0; entry = this.line.take()) {
      if (!this.thread.isMandatory(entry)) this.thread.cancel(entry);
      else {
        queueMicrotask(() => this.runOne(entry));
        return;
      }
    }
    this.finish();
  }

  private arm(ms: number): void {
    if (this.timer !== null || ms === Number.POSITIVE_INFINITY) return;
    this.timer = setTimeout(() => this.expire(), Math.min(ms, MAX_DELAY_MS));
    // The thread is kept alive by its part in the runtime; a timer that does so too would keep it from sleeping blocked.
    this.timer.unref();
  }

  private expire(): void {
    this.timer = null;
    if (this.state !== IDLE) return;
    const left = this.idleSince + this.keepAliveMs - performance.now();
    if (left > 0 || this.thread.hasTasks()) {
      this.arm(Math.max(left, 1) + (left > 0 ? 0 : this.keepAliveMs));
      return;
    }
    // Claimed: the call is on its way.
    if (!this.withdraw()) return;
    if (this.given.length > 0 || this.line.hasJobs() || this.handOff.held > 0) {
      this.state = BUSY;
      queueMicrotask(this.goOn);
      return;
    }
    this.finish();
  }

  private finish(): void {
    this.state = GONE;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.thread.leave();
  }
}
