/** What a source is ready for. */
import type { Interest } from "./interest.ts";

/** Bits of {@link Ready}; the same as in `native/readiness.h`. */
export const READABLE = 1;
/** See {@link Ready.WRITABLE}. */
export const WRITABLE = 2;
/** See {@link Ready.READ_CLOSED}. */
export const READ_CLOSED = 4;
/** See {@link Ready.WRITE_CLOSED}. */
export const WRITE_CLOSED = 8;
/** See {@link Ready.PRIORITY}. */
export const PRIORITY = 16;
/** See {@link Ready.ERROR}. */
export const ERROR = 32;
/** Every bit. */
export const ALL = 63;

const NAMES: readonly (readonly [number, string])[] = [
  [READABLE, "READABLE"],
  [WRITABLE, "WRITABLE"],
  [READ_CLOSED, "READ_CLOSED"],
  [WRITE_CLOSED, "WRITE_CLOSED"],
  [PRIORITY, "PRIORITY"],
  [ERROR, "ERROR"],
];

const interned: (Ready | undefined)[] = [];

/**
 * A set of kinds of readiness; equal sets are the same object.
 *
 * @remarks That one side is closed is final: clearing does not take it away.
 * @example
 * ```ts
 * import { Ready } from "@treadle/io";
 *
 * const ready = Ready.READABLE.union(Ready.READ_CLOSED);
 * ready.isReadable(); // => true
 * ready.without(Ready.READABLE) === Ready.READ_CLOSED; // => true
 * ```
 */
export class Ready {
  /** Nothing. */
  static readonly EMPTY: Ready = Ready.of(0);
  /** Something can be read. */
  static readonly READABLE: Ready = Ready.of(READABLE);
  /** Something can be written. */
  static readonly WRITABLE: Ready = Ready.of(WRITABLE);
  /** The reading side is closed: what is there can be read, then comes the end. */
  static readonly READ_CLOSED: Ready = Ready.of(READ_CLOSED);
  /** The writing side is closed: writing fails. */
  static readonly WRITE_CLOSED: Ready = Ready.of(WRITE_CLOSED);
  /** Urgent data. */
  static readonly PRIORITY: Ready = Ready.of(PRIORITY);
  /** An error. */
  static readonly ERROR: Ready = Ready.of(ERROR);
  /** Everything. */
  static readonly ALL: Ready = Ready.of(ALL);

  /** @internal */
  readonly bits: number;

  private constructor(bits: number) {
    this.bits = bits;
  }

  /** @internal The one object for these bits. */
  static of(bits: number): Ready {
    interned[bits] ??= new Ready(bits);
    return interned[bits];
  }

  /** Whether it is empty. */
  isEmpty(): boolean {
    return this.bits === 0;
  }

  /** Whether a read would not block: readable, or the reading side is closed. */
  isReadable(): boolean {
    return (this.bits & (READABLE | READ_CLOSED)) !== 0;
  }

  /** Whether a write would not block: writable, or the writing side is closed. */
  isWritable(): boolean {
    return (this.bits & (WRITABLE | WRITE_CLOSED)) !== 0;
  }

  /** Whether the reading side is closed. */
  isReadClosed(): boolean {
    return (this.bits & READ_CLOSED) !== 0;
  }

  /** Whether the writing side is closed. */
  isWriteClosed(): boolean {
    return (this.bits & WRITE_CLOSED) !== 0;
  }

  /** Whether there is urgent data. */
  isPriority(): boolean {
    return (this.bits & PRIORITY) !== 0;
  }

  /** Whether there is an error. */
  isError(): boolean {
    return (this.bits & ERROR) !== 0;
  }

  /** Whether it has everything that `other` has. */
  contains(other: Ready): boolean {
    return (this.bits & other.bits) === other.bits;
  }

  /** What either has. */
  union(other: Ready): Ready {
    return Ready.of(this.bits | other.bits);
  }

  /** What both have. */
  intersection(other: Ready): Ready {
    return Ready.of(this.bits & other.bits);
  }

  /** What this has and `other` has not. */
  without(other: Ready): Ready {
    return Ready.of(this.bits & ~other.bits);
  }

  /** The names of what it has, joined by "|"; "EMPTY" for nothing. */
  toString(): string {
    const names = NAMES.filter(([bit]) => (this.bits & bit) !== 0);
    return names.length === 0 ? "EMPTY" : names.map(([, name]) => name).join(" | ");
  }
}

/** The readiness that satisfies an interest: a closed side satisfies whoever waits for that side. */
export function maskOf(interest: Interest): number {
  let mask = 0;
  if (interest.isReadable()) mask |= READABLE | READ_CLOSED;
  if (interest.isWritable()) mask |= WRITABLE | WRITE_CLOSED;
  if (interest.isPriority()) mask |= PRIORITY | READ_CLOSED;
  if (interest.isError()) mask |= ERROR;
  return mask;
}
