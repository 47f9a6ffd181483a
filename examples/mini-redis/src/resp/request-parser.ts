/**
 * Finds requests in what a client sends, wherever the chunks are cut.
 *
 * **Layout.** `bytes` from `start` to `end` is what has come and is not used up: a request under way first, of which
 * everything before `at` is understood. `bytes` is the receive buffer that all connections share, or, while a request waits
 * for the rest of itself, a buffer of the connection's own (`own`).
 * **Transitions.** `space` → the caller reads into it → `filled` → `next` until it answers MORE or a mistake → `keep`. What
 * `keep` leaves in the shared buffer may be overwritten by anyone.
 *
 * **Invariants.**
 * 1. A byte is looked at a bounded number of times, however small the chunks are: a length is at most 20 digits and is read
 *    again when it was cut, the search for the end of a line goes on where it stopped, and arguments are jumped over.
 * 2. `own` grows with what has come, not with what was announced.
 */
import { Request } from "./request.ts";

/** The answers of {@link RequestParser.next}. */
export const REQUEST = 0;
export const MORE = 1;
export const MALFORMED = 2;

/** It was a request of no words, which has no answer either. */
const EMPTY = 3;

type Outcome = typeof REQUEST | typeof MORE | typeof MALFORMED;

/** How large requests may be. */
export interface RequestLimits {
  /** Bytes of one request, all of it. */
  readonly request: number;
  /** Bytes of one argument. */
  readonly bulk: number;
  /** Arguments of one request. */
  readonly count: number;
  /** Bytes of a line that is no array. */
  readonly line: number;
}

/** The limits of Redis, except that a request may have 64 MiB altogether. */
export const DEFAULT_LIMITS: RequestLimits = {
  request: 64 * 1024 * 1024,
  bulk: 512 * 1024 * 1024,
  count: 1024 * 1024,
  line: 64 * 1024,
};

const CR = 13;
const LF = 10;
const STAR = 42;
const DOLLAR = 36;
const MINUS = 45;
const ZERO = 48;
const MAX_DIGITS = 20;
/** Room beyond what has come. */
const SPARE = 4096;

/** What `length` answers when the line is cut, or is none. */
const CUT = -1e20;
const WRONG = -1e21;

export class RequestParser {
  /** The request that `next` found. */
  readonly request: Request;
  /** What is wrong, after `next` answered MALFORMED. */
  problem = "";
  private readonly shared: Buffer;
  private readonly limits: RequestLimits;
  private bytes: Buffer;
  private own: Buffer | null = null;
  private start = 0;
  private end = 0;
  private at = 0;
  /** Arguments still to come, -1 between requests. */
  private awaited = -1;
  /** The length of the argument under way, -1 before it is known. */
  private bulk = -1;
  /** Where the search for the end of a line goes on. */
  private searched = 0;

  constructor(shared: Buffer, limits: RequestLimits = DEFAULT_LIMITS) {
    this.shared = shared;
    this.limits = limits;
    this.bytes = shared;
    this.request = new Request(shared);
  }

  /** Whether a request has begun and not ended. */
  get isPartial(): boolean {
    return this.own !== null;
  }

  /** Where the next bytes are to be read to: at once and with nobody else reading, then `filled`. */
  space(): Buffer {
    if (this.own === null) return this.shared;
    if (this.end === this.own.length) this.moveTo(Buffer.allocUnsafeSlow(this.roomForRest()));
    return this.own.subarray(this.end);
  }

  /** `count` bytes were read to where `space` said. */
  filled(count: number): void {
    if (this.own === null) {
      this.start = 0;
      this.at = 0;
      this.searched = 0;
      this.end = count;
    } else {
      this.end += count;
    }
  }

  /** Takes a buffer that was read elsewhere, instead of `space` and `filled`; it is in use until `keep`. */
  feed(chunk: Buffer): void {
    if (this.own === null) {
      this.bytes = chunk;
      this.request.bytes = chunk;
      this.filled(chunk.length);
      return;
    }
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(this.space(), 0, at);
      this.filled(copied);
      at += copied;
    }
  }

  /** Looks for the next request. */
  next(): Outcome {
    if (this.awaited > 0) return this.args();
    this.request.clear();
    this.start = this.at;
    while (this.at < this.end) {
      const outcome = this.bytes[this.at] === STAR ? this.array() : this.line();
      if (outcome !== EMPTY) return outcome;
      this.start = this.at;
    }
    return MORE;
  }

  /** Gives its memory back. */
  drop(): void {
    this.awaited = -1;
    this.bulk = -1;
    this.useShared();
  }

  /** Before anybody else may read into the shared buffer: puts what is not used up into a buffer of its own. */
  keep(): void {
    const { start, end } = this;
    if (start === end) {
      if (this.bytes !== this.shared) this.useShared();
      return;
    }
    if (this.own === null || this.own.length > (end - start) * 4 + SPARE) {
      this.moveTo(Buffer.allocUnsafeSlow(this.roomForRest()));
    } else if (start > 0) {
      this.moveTo(this.own);
    }
  }

  private useShared(): void {
    this.own = null;
    this.bytes = this.shared;
    this.request.bytes = this.shared;
    this.start = 0;
    this.end = 0;
    this.at = 0;
    this.searched = 0;
  }

  /** Bytes for what is there and what is known to come, if that is not much more. */
  private roomForRest(): number {
    const kept = this.end - this.start;
    const wanted = this.bulk < 0 ? 0 : this.at + this.bulk + 2 - this.start;
    return Math.max(kept + SPARE, Math.min(wanted, kept * 4));
  }

  private moveTo(target: Buffer): void {
    const { start } = this;
    this.bytes.copy(target, 0, start, this.end);
    this.own = target;
    this.bytes = target;
    this.request.move(target, start);
    this.at -= start;
    this.searched = Math.max(0, this.searched - start);
    this.end -= start;
    this.start = 0;
  }

  private array(): Outcome | typeof EMPTY {
    const count = this.length(this.at + 1);
    if (count === CUT) return this.more();
    if (count === WRONG || count > this.limits.count) {
      return this.malformed("invalid multibulk length");
    }
    if (count <= 0) return EMPTY;
    this.awaited = count;
    return this.args();
  }

  private args(): Outcome {
    const { bytes, request } = this;
    while (this.awaited > 0) {
      if (this.bulk < 0) {
        if (this.at === this.end) return this.more();
        if (bytes[this.at] !== DOLLAR) return this.malformed(expectedDollar(bytes[this.at]));
        const length = this.length(this.at + 1);
        if (length === CUT) return this.more();
        if (length < 0 || length > this.limits.bulk) return this.malformed("invalid bulk length");
        if (this.at + length - this.start > this.limits.request) return this.tooLarge();
        this.bulk = length;
      }
      const after = this.at + this.bulk;
      if (after + 2 > this.end) return this.more();
      if (bytes[after] !== CR || bytes[after + 1] !== LF) {
        return this.malformed("expected the end of a line after a bulk string");
      }
      request.add(this.at, after);
      this.at = after + 2;
      this.bulk = -1;
      this.awaited--;
    }
    this.awaited = -1;
    return REQUEST;
  }

  /** Reads a number and the end of its line from `first` on, and moves `at` behind it. */
  private length(first: number): number {
    const { bytes, end } = this;
    const digit = (bytes[first] as number) - ZERO;
    if (first + 2 < end && bytes[first + 1] === CR && bytes[first + 2] === LF) {
      this.at = first + 3;
      return digit >= 0 && digit <= 9 ? digit : WRONG;
    }
    return this.longLength(first);
  }

  private longLength(first: number): number {
    const { bytes, end } = this;
    const negative = first < end && bytes[first] === MINUS;
    const digits = negative ? first + 1 : first;
    let value = 0;
    let at = digits;
    while (at < end) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    if (at - digits > MAX_DIGITS) return WRONG;
    if (at > digits && bytes[digits] === ZERO && (at - digits > 1 || negative)) return WRONG;
    if (at === end) return CUT;
    if (bytes[at] !== CR || at === digits) return WRONG;
    if (at + 1 === end) return CUT;
    if (bytes[at + 1] !== LF) return WRONG;
    this.at = at + 2;
    return negative ? -value : value;
  }

  /** A request as a person types it: words on a line. */
  private line(): Outcome | typeof EMPTY {
    const { bytes, at, end, request } = this;
    const found = bytes.indexOf(LF, Math.max(at, this.searched));
    const stop = found < 0 || found > end ? end : found;
    if (stop - at > this.limits.line) return this.malformed("too big inline request");
    this.searched = stop;
    if (stop === end) return this.more();
    const last = stop > at && bytes[stop - 1] === CR ? stop - 1 : stop;
    if (!splitWords(request, at, last)) return this.malformed("unbalanced quotes in request");
    this.at = stop + 1;
    return request.count > 0 ? REQUEST : EMPTY;
  }

  private more(): typeof MORE | typeof MALFORMED {
    return this.end - this.start > this.limits.request ? this.tooLarge() : MORE;
  }

  private tooLarge(): typeof MALFORMED {
    return this.malformed(`too big request, the limit is ${this.limits.request} bytes`);
  }

  private malformed(what: string): typeof MALFORMED {
    this.problem = `ERR Protocol error: ${what}`;
    return MALFORMED;
  }
}

function expectedDollar(byte: number | undefined): string {
  return `expected '$', got '${String.fromCharCode(byte as number)}'`;
}

/**
 * Splits a line into words, as Redis does: quoted ones may hold spaces, and escapes in double quotes. Quotes and escapes are
 * taken out where the words lie. Answers whether every quote is closed.
 */
function splitWords(request: Request, start: number, end: number): boolean {
  const { bytes } = request;
  let at = start;
  for (;;) {
    while (at < end && isSpace(bytes[at] as number)) at++;
    if (at === end || bytes[at] === 0) return true;
    const word = new Word(bytes, at, end);
    if (!word.read()) return false;
    request.add(at, word.to);
    at = word.from;
  }
}

const DOUBLE = 34;
const SINGLE = 39;
const BACKSLASH = 92;
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [110, 10],
  [114, 13],
  [116, 9],
  [98, 8],
  [97, 7],
]);

class Word {
  /** Where to read on. */
  from: number;
  /** Where the word's bytes end. */
  to: number;
  private readonly bytes: Buffer;
  private readonly end: number;

  constructor(bytes: Buffer, at: number, end: number) {
    this.bytes = bytes;
    this.from = at;
    this.to = at;
    this.end = end;
  }

  read(): boolean {
    const { bytes, end } = this;
    while (this.from < end) {
      const byte = bytes[this.from] as number;
      if (byte === 0 || isSpace(byte)) return true;
      this.from++;
      if (byte === DOUBLE || byte === SINGLE) return this.quoted(byte);
      bytes[this.to++] = byte;
    }
    return true;
  }

  /** Up to the closing quote, which ends the word. */
  private quoted(quote: number): boolean {
    const { bytes, end } = this;
    while (this.from < end) {
      const byte = bytes[this.from++] as number;
      if (byte === quote) return this.from === end || isSpace(bytes[this.from] as number);
      bytes[this.to++] = byte === BACKSLASH ? this.escaped(quote) : byte;
    }
    return false;
  }

  private escaped(quote: number): number {
    const { bytes, from } = this;
    if (from === this.end) return BACKSLASH;
    const byte = bytes[from] as number;
    if (quote === SINGLE) {
      if (byte !== SINGLE) return BACKSLASH;
      this.from++;
      return SINGLE;
    }
    const hex = byte === 120 ? hexByte(bytes, from + 1, this.end) : -1;
    this.from += hex < 0 ? 1 : 3;
    return hex < 0 ? (ESCAPES.get(byte) ?? byte) : hex;
  }
}

function hexByte(bytes: Buffer, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const high = hexDigit(bytes[at] as number);
  const low = hexDigit(bytes[at + 1] as number);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}
