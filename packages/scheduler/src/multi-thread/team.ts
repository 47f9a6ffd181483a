/**
 * The threads that home has started: their beginning, their replacement when they die, their end.
 *
 * **One place** in the table of participants belongs to one worker at a time. STARTING (the thread was started), RUNNING (it has
 * announced itself), DYING (it has announced its end, or is known to be gone), then replaced, or GONE for good.
 *
 * **Who tells of a death.** The thread itself as its last act (`process.exit`, an uncaught exception), its `exit` event, and
 * while home is blocked a look at the system's list of threads, about once a second (out of memory, `terminate()`).
 *
 * **A crash loop does not spin**: a thread that dies young is replaced after a pause that doubles. A place whose threads end
 * one after the other before they take part is given up; when all places are, home is told.
 */
import { performance } from "node:perf_hooks";
import { inspect } from "node:util";
import type { RuntimeError } from "@treadle/core";
import { writeToStderr } from "../failure-watch.ts";
import { workerStart } from "./error.ts";
import type { StartedThread } from "./thread-host.ts";

/** Between two looks at the system's list of threads. */
const LOOK_MS = 1000;
/** A thread that lives less long has died young. */
const YOUNG_MS = 2000;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 5000;
/** While home is blocked: after so long a thread that has run nothing of ours yet is taken for gone. */
const BEGINNING_MS = 30_000;
/** So many threads of a place in a row may end before they take part. */
const ATTEMPTS = 5;

/** What the team asks of home. */
export interface TeamHome {
  /** Starts the thread of a place. */
  start(index: number, onExit: (code: number, error: unknown) => void): StartedThread;
  /** Whether the thread that was last started for the place has come so far as to take tasks. */
  hasBegun(index: number): boolean;
  /** How the thread has announced its end; undefined if it has not. */
  lastWords(index: number): string | undefined;
  /** The thread of the place has died; another is to take its place. */
  died(index: number): void;
  /** The thread of the place is gone: what it had started is lost. */
  lost(index: number, why: string): void;
  /** No worker is left, nor will there be any. */
  failed(error: RuntimeError): void;
  /** Something has changed that a waiting shutdown may be waiting for. */
  changed(): void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: RuntimeError) => void;
}

interface Member {
  readonly index: number;
  thread: StartedThread | null;
  startedAt: number;
  pauseMs: number;
  /** Threads in a row that have ended before they took part. */
  attempts: number;
  /** Why the place was given up. */
  failure: RuntimeError | null;
  /** When it is to be replaced. */
  dueAt: number;
  timer: NodeJS.Timeout | null;
}

/** The threads of one runtime. */
export class Team {
  /** How many threads have died and were replaced, or are to be. */
  deaths = 0;
  private readonly home: TeamHome;
  private readonly members: Member[] = [];
  private closing = false;
  private lookedAt = 0;
  private waiting: Waiter[] = [];

  constructor(home: TeamHome) {
    this.home = home;
  }

  /** Starts the threads of the places `from` to `to`. */
  start(from: number, to: number): void {
    for (let index = from; index <= to; index++) {
      const member: Member = {
        index,
        thread: null,
        startedAt: 0,
        pauseMs: FIRST_PAUSE_MS,
        attempts: 0,
        failure: null,
        dueAt: 0,
        timer: null,
      };
      this.members.push(member);
      this.begin(member);
    }
  }

  private begin(member: Member): void {
    if (member.timer !== null) clearTimeout(member.timer);
    member.timer = null;
    member.startedAt = performance.now();
    const thread = this.home.start(member.index, (code, error) => {
      if (member.thread === thread) this.ended(member, reasonOf(code, error));
    });
    member.thread = thread;
  }

  /** Settles when all threads run; fails with `ERR_WORKER_START` when one of them cannot be started. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.tellReady();
    });
  }

  /** Whether somebody waits for the threads to run, or to end. */
  isAwaited(): boolean {
    return this.waiting.length > 0 || (this.closing && this.running > 0);
  }

  private tellReady(): void {
    const { failure } = this.members.find((member) => member.failure !== null) ?? { failure: null };
    const isReady =
      this.closing ||
      this.members.every((one) => one.thread !== null && this.home.hasBegun(one.index));
    if (failure === null && !isReady) return;
    const told = this.waiting;
    this.waiting = [];
    for (const { resolve, reject } of told) {
      if (failure === null) resolve();
      else reject(failure);
    }
  }

  /** Threads that are not gone. */
  get running(): number {
    return this.members.reduce((sum, { thread }) => sum + (thread === null ? 0 : 1), 0);
  }

  /** A thread has announced itself, or its end. */
  look(): void {
    for (const member of this.members) {
      const words = member.thread === null ? undefined : this.home.lastWords(member.index);
      if (words !== undefined) this.ended(member, words);
    }
    if (this.waiting.length > 0) this.tellReady();
  }

  /** Home is blocked: looks from time to time whether all are still there. */
  lookFromBlocked(): void {
    const now = performance.now();
    this.replaceDue();
    if (now - this.lookedAt < LOOK_MS) return;
    this.lookedAt = now;
    for (const member of this.members) {
      const why = member.thread === null ? undefined : silentEnd(member.thread, member.startedAt);
      if (why === undefined) continue;
      void member.thread?.terminate();
      this.ended(member, why);
    }
  }

  private ended(member: Member, why: string): void {
    const { thread } = member;
    member.thread = null;
    member.attempts = this.home.hasBegun(member.index) ? 0 : member.attempts + 1;
    this.home.lost(member.index, why);
    if (this.closing) {
      this.home.changed();
      return;
    }
    this.deaths++;
    this.home.died(member.index);
    writeToStderr(`treadle: ${thread?.name} (worker ${member.index - 1}) died: ${why}\n`);
    if (member.attempts >= ATTEMPTS) this.giveUp(member, why);
    else this.replaceLater(member);
  }

  private replaceLater(member: Member): void {
    const young = performance.now() - member.startedAt < YOUNG_MS;
    member.pauseMs = young ? Math.min(member.pauseMs * 2, LONGEST_PAUSE_MS) : 0;
    member.dueAt = performance.now() + member.pauseMs;
    if (member.pauseMs === 0) this.begin(member);
    else member.timer = setTimeout(() => this.begin(member), member.pauseMs);
  }

  /** The place stays empty. */
  private giveUp(member: Member, why: string): void {
    const failure = workerStart(`worker ${member.index - 1}`, ATTEMPTS, why);
    member.failure = failure;
    member.dueAt = Number.POSITIVE_INFINITY;
    writeToStderr(`treadle: ${failure.message}\n`);
    this.tellReady();
    if (this.members.every((other) => other.failure !== null)) this.home.failed(failure);
  }

  /** Starts the replacements whose pause is over; for home while it is blocked, when no timer fires. */
  private replaceDue(): void {
    const now = performance.now();
    for (const member of this.members) {
      if (this.closing || member.thread !== null || now < member.dueAt) continue;
      this.begin(member);
    }
  }

  /** No thread is replaced any more. */
  close(): void {
    this.closing = true;
    for (const member of this.members) {
      if (member.timer !== null) clearTimeout(member.timer);
      member.timer = null;
    }
    this.look();
  }

  /** Stops what has not stopped by itself; answers the names. */
  terminateAll(): string[] {
    const names: string[] = [];
    for (const member of this.members) {
      if (member.thread === null) continue;
      names.push(`worker thread ${member.thread.name} (worker ${member.index - 1})`);
      void member.thread.terminate();
      this.ended(member, "it did not stop in time");
    }
    return names;
  }
}

/** Why a thread seems to be gone of which no event can tell; undefined while it lives. */
function silentEnd(thread: StartedThread, startedAt: number): string | undefined {
  if (thread.looksGone()) return "it was terminated, ran out of memory, or could not begin";
  if (thread.hasRun() || performance.now() - startedAt < BEGINNING_MS) return undefined;
  return `it has not begun within ${BEGINNING_MS / 1000} s`;
}

/** What comes of a `DOMException`, for one: an object with nothing in it. */
const NOT_PASSED_ON =
  "exception that Node does not pass on between threads, such as a DOMException; catch it there to see it";

/** What a thread's `exit` and `error` events say of its end. */
export function reasonOf(code: number, error: unknown): string {
  if (error === undefined) return `it exited with code ${code}`;
  const { code: errorCode, stack } = error as { code?: unknown; stack?: unknown };
  if (errorCode === "ERR_WORKER_OUT_OF_MEMORY") {
    return "it ran out of memory, see Builder.resourceLimits()";
  }
  if (typeof stack === "string") return `uncaught ${stack}`;
  const text = inspect(error);
  return text === "{}" ? `uncaught ${NOT_PASSED_ON}` : `uncaught ${text}`;
}
