/**
 * The structures on the shared segment, as one thread sees them, and the few words that the scheduler itself keeps there.
 *
 * **Layout.** In the extra words of each participant: SIGNALS (bits of `crew.ts`), LAST_WORDS (its exit code + 1 once it has
 * announced its end), BUSY (not 0 while it has tasks), WATCHING (not 0 while home waits in its event loop for others to have
 * none), ALIVE_TASKS (tasks that were spawned on it, as it said last), BEGUN (not 0 once its thread takes tasks),
 * SYSTEM_THREAD (the system's number of its thread, 0 if not known), AVAILABILITY (of `dispatch.ts`), IMPORTING (the number + 1 of a
 * function whose module it imports, 0 if none), the word of `gate.ts`, and the words of `obituary.ts`.
 * **Who writes.** SIGNALS: any thread sets bits, the owner takes all; BEGUN: the owner, and home while nobody has the place;
 * the rest: the owner.
 */
import { compareExchange, exchange, load, store } from "@treadle/core/shared";
import { ByteArea, discardArguments, discardOutcome } from "@treadle/task";
import {
  ARGS_BLOCK,
  ARGS_LENGTH,
  type Cells,
  ID_HIGH,
  ID_LOW,
  INLINE,
  indexOfRef,
  KEY,
  type MailKind,
  OUTCOME,
  type Participants,
  type Place,
  payloadOf,
  RESULT_BLOCK,
  RESULT_LENGTH,
  type Role,
  type SharedMemory,
  SPAWNER,
  Status,
} from "@treadle/task/shared";
import { Signal } from "./crew.ts";
import { Availability } from "./dispatch.ts";
import { Gate } from "./gate.ts";
import { readObituary, writeObituary } from "./obituary.ts";
import { ThreadSharedHost } from "./shared-host.ts";

/** What a thread needs to attach; structured-cloneable. */
export interface SharedPlan {
  readonly buffer: SharedArrayBuffer;
  readonly taskIds: Int32Array;
}

const SIGNALS = 0;
const LAST_WORDS = 1;
const BUSY = 2;
const WATCHING = 3;
const ALIVE_TASKS = 4;
const BEGUN = 5;
const SYSTEM_THREAD = 6;
const AVAILABILITY = 7;
const IMPORTING = 8;
const GATE = 9;
/** The first of the words of `obituary.ts`, on a line of their own. */
const OBITUARY = 16;
/** The place of the task that stands for the cell, on its spawner's list: the spawner's own word. */
const PROXY = OUTCOME;
/** The place of the task that runs the cell, on its executor's list: the executor's own word, as lengths are not kept. */
const RUNNER = RESULT_LENGTH;
/** What the cell is for. Payloads know their own length, so this word is free. */
const SORT = ARGS_LENGTH;
const TWO_32 = 2 ** 32;
/** In the place of a block: the payload comes by message port. */
export const BY_PORT = -1;

/** What a cell is for. */
export const Sort = {
  /** Any worker. */
  TASK: 0,
  /** The blocking pool. */
  JOB: 1,
  /** The blocking pool, even when the runtime shuts down before it has begun. */
  MANDATORY_JOB: 2,
} as const;
/** One of {@link Sort}. */
export type Sort = (typeof Sort)[keyof typeof Sort];

/** The place of home in the table of participants. */
export const HOME_INDEX = 0;

/** The shared memory of a runtime, as one thread uses it. */
export class Fabric {
  /** Which participant this thread is. */
  readonly self: number;
  readonly shared: SharedMemory;
  readonly words: Int32Array;
  readonly area: ByteArea;
  readonly participants: Participants;
  readonly cells: Cells;
  /** What this thread owns. */
  readonly place: Place;
  /** What channel ends and tokens need of it. */
  readonly host: ThreadSharedHost;
  private readonly extraOffset: number;
  private readonly gates: Gate[] = [];

  /** Takes the thread's place among the participants. */
  constructor(shared: SharedMemory, self: number, role: Role) {
    this.self = self;
    this.shared = shared;
    this.words = shared.words;
    this.area = new ByteArea(shared.segment.buffer);
    this.participants = shared.participants;
    this.cells = shared.cells;
    if (!shared.participants.join(self, role)) throw new Error(`place ${self} is taken`);
    this.place = shared.enter(self);
    this.host = new ThreadSharedHost(this);
    this.area.host = this.host;
    this.extraOffset = this.place.extra - shared.participants.block(self);
    store(this.words, this.place.extra + LAST_WORDS, 0);
    store(this.words, this.place.extra + ALIVE_TASKS, 0);
    store(this.words, this.place.extra + AVAILABILITY, Availability.ORDINARY);
    store(this.words, this.place.extra + IMPORTING, 0);
    // Its predecessor may have died blocked in place, with something kept for it.
    if (this.gate(self).open()) this.signal(HOME_INDEX, Signal.PARCEL);
  }

  /** A message that came by port, to be read. */
  areaOf(bytes: ArrayBuffer): ByteArea {
    const area = new ByteArea(bytes);
    area.host = this.host;
    return area;
  }

  /** The reference to this thread. */
  get ref(): number {
    return this.place.ref;
  }

  get workers(): number {
    return this.shared.segment.sizes.workers;
  }

  private extra(index: number): number {
    return this.participants.block(index) + this.extraOffset;
  }

  /** Where the payload in a cell begins, in bytes. */
  inlineAt(cell: number): number {
    return (cell + INLINE) * 4;
  }

  /** Writes what a cell is for. */
  describe(cell: number, id: number, key: number, proxy: number, sort: Sort): void {
    const { words } = this;
    words[cell + SPAWNER] = this.ref;
    words[cell + ID_LOW] = id | 0;
    words[cell + ID_HIGH] = Math.floor(id / TWO_32);
    words[cell + KEY] = key;
    words[cell + PROXY] = proxy;
    words[cell + SORT] = sort;
  }

  idOf(cell: number): number {
    const { words } = this;
    return (words[cell + ID_HIGH] as number) * TWO_32 + ((words[cell + ID_LOW] as number) >>> 0);
  }

  keyOf(cell: number): number {
    return this.words[cell + KEY] as number;
  }

  proxyOf(cell: number): number {
    return this.words[cell + PROXY] as number;
  }

  /** Executor: where the task that runs a cell stands on its list. */
  setRunner(cell: number, place: number): void {
    this.words[cell + RUNNER] = place;
  }

  runnerOf(cell: number): number {
    return this.words[cell + RUNNER] as number;
  }

  /** The arguments lie in the cell (0), in a block, or come `BY_PORT`. */
  setArguments(cell: number, block: number): void {
    this.words[cell + ARGS_BLOCK] = block;
  }

  /** Where the arguments begin, in bytes, or `BY_PORT`. */
  argumentsAt(cell: number): number {
    return this.placeOf(cell, this.words[cell + ARGS_BLOCK] as number);
  }

  /** Arguments that nobody reads: what is to be given back of them is, and their memory is freed. */
  discardArguments(cell: number): void {
    const at = this.argumentsAt(cell);
    try {
      if (at !== BY_PORT) discardArguments(this.area, at);
    } finally {
      this.freeArguments(cell);
    }
  }

  freeArguments(cell: number): void {
    const block = this.words[cell + ARGS_BLOCK] as number;
    if (block > 0) this.place.heap.free(block);
    this.words[cell + ARGS_BLOCK] = 0;
  }

  /** The result lies in the cell (0), in a block, or comes `BY_PORT`. */
  setResult(cell: number, block: number): void {
    this.words[cell + RESULT_BLOCK] = block;
  }

  /** Where the result begins, in bytes, or `BY_PORT`. */
  resultAt(cell: number): number {
    return this.placeOf(cell, this.words[cell + RESULT_BLOCK] as number);
  }

  /** As `discardArguments`, for a result. */
  discardResult(cell: number): void {
    const at = this.resultAt(cell);
    try {
      if (at !== BY_PORT) discardOutcome(this.area, at);
    } finally {
      this.freeResult(cell);
    }
  }

  freeResult(cell: number): void {
    const block = this.words[cell + RESULT_BLOCK] as number;
    if (block > 0) this.place.heap.free(block);
    this.words[cell + RESULT_BLOCK] = 0;
  }

  private placeOf(cell: number, block: number): number {
    if (block < 0) return block;
    return block === 0 ? this.inlineAt(cell) : payloadOf(block);
  }

  /** Whether the job in a cell is to be run even when the runtime shuts down before. */
  isMandatory(cell: number): boolean {
    return this.words[cell + SORT] === Sort.MANDATORY_JOB;
  }

  /** Whether a cell is for the blocking pool. */
  isJob(cell: number): boolean {
    return this.words[cell + SORT] !== Sort.TASK;
  }

  /** Sends a cell to the thread that a reference names; false if that is gone. */
  mail(ref: number, cell: number, kind: MailKind): boolean {
    return this.shared.post(ref, cell, kind);
  }

  // Signals

  /** Tells a participant something. */
  signal(index: number, bits: number): void {
    const at = this.extra(index) + SIGNALS;
    let word = load(this.words, at);
    while ((word & bits) !== bits) {
      const found = compareExchange(this.words, at, word, word | bits);
      if (found === word) break;
      // Another bit came, or all were taken.
      word = found;
    }
    this.shared.parks.wake(index);
  }

  /** Tells all participants but this one something. */
  signalAll(bits: number): void {
    for (let index = 0; index < this.participants.used; index++) {
      if (index !== this.self) this.signal(index, bits);
    }
  }

  hasSignals(): boolean {
    return load(this.words, this.place.extra + SIGNALS) !== 0;
  }

  takeSignals(): number {
    const at = this.place.extra + SIGNALS;
    return load(this.words, at) === 0 ? 0 : exchange(this.words, at, 0);
  }

  // Lives and deaths

  /** Whether the participant takes part. */
  isTaking(index: number): boolean {
    const status = this.participants.statusOf(index);
    return status === Status.ALIVE || status === Status.STOPPING;
  }

  /** What a worker says about itself. */
  availability(index: number): Availability {
    return load(this.words, this.extra(index) + AVAILABILITY) as Availability;
  }

  setAvailability(availability: Availability): void {
    store(this.words, this.place.extra + AVAILABILITY, availability);
  }

  /** Whether each worker is blocked in place. */
  areAllBlocked(): boolean {
    for (let i = 1; i <= this.workers; i++) {
      if (this.availability(i) !== Availability.BLOCKED) return false;
    }
    return true;
  }

  /** The gate for what is sent to that participant alone. */
  gate(index: number): Gate {
    this.gates[index] ??= new Gate(this.words, this.extra(index) + GATE);
    return this.gates[index];
  }

  /** Whether the participant sleeps, or is about to. */
  isAsleep(index: number): boolean {
    return this.shared.parks.isAsleep(index);
  }

  /** Says that this thread takes tasks from now on. */
  setBegun(): void {
    store(this.words, this.place.extra + BEGUN, 1);
  }

  /** Home: a thread is about to be started for the place. */
  expect(index: number): void {
    store(this.words, this.extra(index) + BEGUN, 0);
  }

  /** Whether the thread that was last started for the place has come so far as to take tasks. */
  hasBegun(index: number): boolean {
    return load(this.words, this.extra(index) + BEGUN) !== 0;
  }

  /** By which number the system knows a thread; 0 if that is not known. */
  systemThread(index: number): number {
    return load(this.words, this.extra(index) + SYSTEM_THREAD);
  }

  /** Says by which number the system knows this thread. */
  setSystemThread(thread: number): void {
    store(this.words, this.place.extra + SYSTEM_THREAD, thread);
  }

  /** Says that this thread imports the module of a function; -1: it imports none. */
  setImporting(key: number): void {
    store(this.words, this.place.extra + IMPORTING, key + 1);
  }

  /** The function whose module the participant imports, or was importing when it died; -1 if none. */
  importedBy(index: number): number {
    return load(this.words, this.extra(index) + IMPORTING) - 1;
  }

  /** The exit code that the thread has announced, -1 if none. */
  lastWords(index: number): number {
    return load(this.words, this.extra(index) + LAST_WORDS) - 1;
  }

  /** Home: writes down for all why a thread has died, before its death is declared. */
  explainDeath(index: number, why: string): void {
    const ref = this.participants.refOf(index);
    writeObituary(this.words, this.extra(index) + OBITUARY, ref, why);
  }

  /** Why the thread that the reference names has died; undefined if nobody has written it down. */
  whyDead(ref: number): string | undefined {
    return readObituary(this.words, this.extra(indexOfRef(ref)) + OBITUARY, ref);
  }

  /** Announces this thread's end. */
  sayLast(code: number): void {
    store(this.words, this.place.extra + LAST_WORDS, (code & 0xff) + 1);
  }

  /** Says whether this thread has tasks; home is told of the end of that if it watches. */
  setBusy(busy: boolean): void {
    store(this.words, this.place.extra + BUSY, busy ? 1 : 0);
    // Pairs with the store in `watchOthers`: one of the two sees the other.
    if (!busy && load(this.words, this.extra(HOME_INDEX) + WATCHING) !== 0) {
      this.signal(HOME_INDEX, Signal.CHANGE);
    }
  }

  /** Home: whether any other thread has tasks; from now on it is told when one has no more. */
  watchOthers(on: boolean): boolean {
    store(this.words, this.place.extra + WATCHING, on ? 1 : 0);
    if (!on) return false;
    for (let index = 0; index < this.participants.used; index++) {
      if (index === this.self || load(this.words, this.extra(index) + BUSY) === 0) continue;
      if (this.isTaking(index)) return true;
    }
    return false;
  }

  /** Says how many tasks were spawned on this thread and have not ended. */
  setAliveTasks(count: number): void {
    store(this.words, this.place.extra + ALIVE_TASKS, count);
  }

  /** How many tasks were spawned on the other threads and had not ended when those said so last. */
  aliveTasksOfOthers(): number {
    let sum = 0;
    for (let index = 0; index < this.participants.used; index++) {
      if (index === this.self || !this.isTaking(index)) continue;
      sum += load(this.words, this.extra(index) + ALIVE_TASKS);
    }
    return sum;
  }

  /** This thread ends in good order. */
  leave(): void {
    this.participants.leave(this.self);
  }

  /** The thread of that participant is gone; false if it had left in good order. */
  declareDead(index: number): boolean {
    if (!this.isTaking(index)) return false;
    store(this.words, this.extra(index) + LAST_WORDS, 0);
    if (!this.shared.declareDead(index)) return false;
    this.signalAll(Signal.DEATH);
    this.shared.notifyWorker();
    return true;
  }
}
