/** STAND-IN for the structures on the segment. */
import {
  add,
  compareExchange,
  exchange,
  load,
  notify,
  store,
  wait,
  waitAsync,
} from "@treadle/core/shared";
import { ByteArea } from "@treadle/task";
import { KEY_TABLE_WORDS, KeyTable } from "./key-table.ts";

export interface SharedPlan {
  readonly buffer: SharedArrayBuffer;
  readonly workers: number;
  readonly taskIds: Int32Array;
}

const S_QUEUED = 1;
const S_STARTED = 2;
const S_DONE = 3;
const CANCELLED = 4;
export const INLINE_BYTES = 80;
export const MAIL_DONE = 0;
export const MAIL_ABORT = 1;
/** claim answers */
export const STALE = -1;
export const CLAIMED = 0;
export const CLAIMED_CANCELLED = 1;
/** abort answers */
export const ABORT_QUEUED = -1;
export const ABORT_ENDED = -2;

export const NO_ROOM = -2;
export const BY_PORT = -1;
const ABORT_MAILED = 8;
export const PARKED_BLOCKED = 2;
export const PARKED_HOSTED = 3;
const TOP = 0;
const CLOSED = 1;
const DEATHS = 2;
const QHEAD = 32;
const QTAIL = 64;
const SLEEPERS = 96;
const SEARCHING = 128;
const QSLOTS = 1 << 20;
const QBASE = 1024;
const PBASE = QBASE + 2 * QSLOTS;
const PWORDS = 64;
const PARK = 0;
const MAILBOX = 32;
export const SIGNALS = 16;
export const THREAD = 17;
export const REACTOR = 18;
export const STATUS = 19;
export const EXIT = 20;
const KEYS = PBASE + 1024 * PWORDS;
const FIRST = KEYS + KEY_TABLE_WORDS + 64;

export class Fabric {
  readonly words: Int32Array;
  readonly area: ByteArea;
  readonly workers: number;
  readonly limit: number;
  readonly keys: KeyTable;
  readonly self: number;
  private readonly cells: number[] = [];
  private readonly heaps: number[][] = Array.from({ length: 32 }, () => []);

  constructor(plan: SharedPlan, self: number) {
    this.words = new Int32Array(plan.buffer);
    this.area = new ByteArea(plan.buffer);
    this.workers = plan.workers;
    this.limit = plan.buffer.byteLength;
    this.self = self;
    compareExchange(this.words, TOP, 0, (FIRST + 31) & ~31);
    this.keys = new KeyTable(this.words, this.area, KEYS, (n) => this.grow(n));
  }

  private grow(n: number): number {
    const size = (n + 31) & ~31;
    const at = add(this.words, TOP, size);
    if (at + size > this.words.length) {
      add(this.words, TOP, -size);
      return -1;
    }
    return at;
  }

  // cells
  allocateCell(): number {
    const c = this.cells.pop();
    if (c !== undefined) return c;
    const block = this.grow(32 * 64);
    if (block < 0) return 0;
    for (let i = 63; i >= 0; i--) this.cells.push(block + i * 32);
    return this.cells.pop() as number;
  }
  freeCell(cell: number): void {
    this.words[cell] = ((this.words[cell] as number) + 256) & 0xff00;
    this.cells.push(cell);
  }
  inlineAt(cell: number): number {
    return (cell + 12) * 4;
  }
  describe(cell: number, id: number, key: number, proxy: number): void {
    const w = this.words;
    w[cell + 1] = this.self;
    w[cell + 2] = id | 0;
    w[cell + 3] = Math.floor(id / 2 ** 32);
    w[cell + 4] = key;
    w[cell + 7] = proxy;
  }
  publish(cell: number): number {
    const word = ((this.words[cell] as number) & 0xff00) | S_QUEUED;
    store(this.words, cell, word);
    return cell;
  }
  claim(cell: number): number {
    for (;;) {
      const word = load(this.words, cell);
      if ((word & 3) !== S_QUEUED) return STALE;
      const next = (word & ~3) | S_STARTED | (this.self << 16);
      if (compareExchange(this.words, cell, word, next) === word) {
        return (word & CANCELLED) !== 0 ? CLAIMED_CANCELLED : CLAIMED;
      }
    }
  }
  requestAbort(cell: number): number {
    for (;;) {
      const word = load(this.words, cell);
      if ((word & CANCELLED) !== 0 || (word & 3) === S_DONE) return ABORT_ENDED;
      const started = (word & 3) === S_STARTED ? ABORT_MAILED : 0;
      if (compareExchange(this.words, cell, word, word | CANCELLED | started) === word) {
        return (word & 3) === S_QUEUED ? ABORT_QUEUED : (word >>> 16) & 1023;
      }
    }
  }
  /** true: an abort mail is still to come, the done mail waits for it */
  complete(cell: number): boolean {
    for (;;) {
      const word = load(this.words, cell);
      if (compareExchange(this.words, cell, word, (word & ~3) | S_DONE) === word) {
        return (word & ABORT_MAILED) !== 0;
      }
    }
  }
  executorOf(cell: number): number {
    return (load(this.words, cell) >>> 16) & 1023;
  }
  stateOf(cell: number): number {
    return load(this.words, cell) & 3;
  }
  spawnerOf(cell: number): number {
    return this.words[cell + 1] as number;
  }
  idOf(cell: number): number {
    return ((this.words[cell + 2] as number) >>> 0) + (this.words[cell + 3] as number) * 2 ** 32;
  }
  keyOf(cell: number): number {
    return this.words[cell + 4] as number;
  }
  readonly inlineBytes: number = INLINE_BYTES;
  cellOf(entry: number): number {
    return entry;
  }
  proxyOf(cell: number): number {
    return this.words[cell + 7] as number;
  }
  setArguments(cell: number, block: number): void {
    this.words[cell + 5] = block;
  }
  argumentsAt(cell: number): number {
    const block = this.words[cell + 5] as number;
    return block === 0 ? this.inlineAt(cell) : block * 4;
  }
  dropArguments(cell: number): void {
    const block = this.words[cell + 5] as number;
    if (block > 0) this.free(block);
  }
  setResult(cell: number, block: number): void {
    this.words[cell + 6] = block;
  }
  resultBlock(cell: number): number {
    return this.words[cell + 6] as number;
  }
  resultAt(cell: number): number {
    const block = this.words[cell + 6] as number;
    return block === 0 ? this.inlineAt(cell) : block * 4;
  }
  dropResult(cell: number): void {
    const block = this.words[cell + 6] as number;
    if (block > 0) this.free(block);
  }
  // parking
  private parkAt(i: number): number {
    return this.block(i);
  }
  beginPark(kind: number): boolean {
    return compareExchange(this.words, this.parkAt(this.self), 0, kind) === 0;
  }
  endPark(): void {
    exchange(this.words, this.parkAt(this.self), 0);
  }
  waitBlocked(ms: number): boolean {
    return wait(this.words, this.parkAt(this.self), PARKED_BLOCKED, ms) !== "timed-out";
  }
  waitHosted(): Promise<unknown> | null {
    return waitAsync(this.words, this.parkAt(this.self), PARKED_HOSTED);
  }
  unpark(i: number): void {
    const at = this.parkAt(i);
    if (load(this.words, at) === 1) return;
    const before = exchange(this.words, at, 1);
    if (before > 1) notify(this.words, at, 1);
  }
  // idle
  sleep(): void {
    this.orWord(SLEEPERS, 1 << this.self);
  }
  awake(): void {
    this.andWord(SLEEPERS, ~(1 << this.self));
  }
  notifyOne(): void {
    for (;;) {
      const word = load(this.words, SLEEPERS);
      if (word === 0) return;
      const i = 31 - Math.clz32(word);
      if (compareExchange(this.words, SLEEPERS, word, word & ~(1 << i)) === word) {
        this.unpark(i);
        return;
      }
    }
  }
  private orWord(at: number, bits: number): void {
    for (;;) {
      const word = load(this.words, at);
      if (compareExchange(this.words, at, word, word | bits) === word) return;
    }
  }
  private andWord(at: number, bits: number): void {
    for (;;) {
      const word = load(this.words, at);
      if (compareExchange(this.words, at, word, word & bits) === word) return;
    }
  }
  signal(i: number, bit: number): void {
    this.orWord(this.block(i) + SIGNALS, bit);
  }
  takeSignals(): number {
    const at = this.block(this.self) + SIGNALS;
    return load(this.words, at) === 0 ? 0 : exchange(this.words, at, 0);
  }
  hasSignals(): boolean {
    return load(this.words, this.block(this.self) + SIGNALS) !== 0;
  }
  get(i: number, field: number): number {
    return load(this.words, this.block(i) + field);
  }
  set(i: number, field: number, value: number): void {
    store(this.words, this.block(i) + field, value);
  }
  // heap
  allocate(bytes: number): number {
    let c = 7;
    while (1 << c < bytes) c++;
    return this.heaps[c]?.pop() ?? this.grow((1 << c) / 4);
  }
  free(_block: number): void {}

  // queue
  push(entry: number): boolean {
    const at = add(this.words, QTAIL, 1) & (QSLOTS - 1);
    store(this.words, QBASE + at, entry);
    return true;
  }
  take(): number {
    for (;;) {
      const head = load(this.words, QHEAD);
      if (head === load(this.words, QTAIL)) return 0;
      const at = QBASE + (head & (QSLOTS - 1));
      const entry = load(this.words, at);
      if (entry === 0) return 0;
      if (compareExchange(this.words, QHEAD, head, (head + 1) | 0) === head) {
        store(this.words, at, 0);
        return entry;
      }
    }
  }
  queued(): number {
    return (load(this.words, QTAIL) - load(this.words, QHEAD)) | 0;
  }
  // mail
  mail(to: number, cell: number, kind: number): void {
    const link = cell + (kind === MAIL_DONE ? 9 : 10);
    const box = this.block(to) + MAILBOX;
    let head = load(this.words, box);
    for (;;) {
      this.words[link] = head;
      const found = compareExchange(this.words, box, head, cell | kind);
      if (found === head) return;
      head = found;
    }
  }
  hasMail(): boolean {
    return load(this.words, this.block(this.self) + MAILBOX) !== 0;
  }
  drain(each: (cell: number, kind: number) => void): void {
    if (!this.hasMail()) return;
    let node = exchange(this.words, this.block(this.self) + MAILBOX, 0);
    let reversed = 0;
    while (node !== 0) {
      const link = (node & ~3) + ((node & 3) === MAIL_DONE ? 9 : 10);
      const next = this.words[link] as number;
      this.words[link] = reversed;
      reversed = node;
      node = next;
    }
    while (reversed !== 0) {
      const cell = reversed & ~3;
      const kind = reversed & 3;
      reversed = this.words[cell + (kind === MAIL_DONE ? 9 : 10)] as number;
      each(cell, kind);
    }
  }
  block(i: number): number {
    return PBASE + i * PWORDS;
  }
}
void S_DONE;
void CLOSED;
void DEATHS;
void SLEEPERS;
void SEARCHING;
void PARK;
