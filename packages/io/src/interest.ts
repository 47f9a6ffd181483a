/** What a registration wants to be told of. */
import { invalidArg } from "@treadle/core";

/** Bits of {@link Interest}; the same as in `native/readiness.h`. */
const READABLE = 1;
const WRITABLE = 2;
const PRIORITY = 16;
const ERROR = 32;
const ALL = READABLE | WRITABLE | PRIORITY | ERROR;

const NAMES: readonly (readonly [number, string])[] = [
  [READABLE, "READABLE"],
  [WRITABLE, "WRITABLE"],
  [PRIORITY, "PRIORITY"],
  [ERROR, "ERROR"],
];

const interned: (Interest | undefined)[] = [];

/**
 * Which kinds of readiness a registration or a wait is for; equal interests are the same object.
 *
 * @example
 * ```ts
 * import { Interest } from "@treadle/io";
 *
 * const both = Interest.READABLE.add(Interest.WRITABLE);
 * both.isWritable(); // => true
 * both.remove(Interest.WRITABLE) === Interest.READABLE; // => true
 * ```
 */
export class Interest {
  /** Data, an incoming connection, or the end of the stream. */
  static readonly READABLE: Interest = Interest.of(READABLE);
  /** Room to write, or the other side gone. */
  static readonly WRITABLE: Interest = Interest.of(WRITABLE);
  /** Urgent data, as TCP's out-of-band byte. */
  static readonly PRIORITY: Interest = Interest.of(PRIORITY);
  /** Errors alone, as a socket's error queue; they are told to every interest's registration. */
  static readonly ERROR: Interest = Interest.of(ERROR);

  /** @internal */
  readonly bits: number;

  private constructor(bits: number) {
    this.bits = bits;
  }

  private static of(bits: number): Interest {
    interned[bits] ??= new Interest(bits);
    return interned[bits];
  }

  /** Both this and `other`. */
  add(other: Interest): Interest {
    return Interest.of(this.bits | other.bits);
  }

  /** This without `other`; undefined when nothing is left. */
  remove(other: Interest): Interest | undefined {
    const left = this.bits & ~other.bits;
    return left === 0 ? undefined : Interest.of(left);
  }

  /** Whether it contains {@link Interest.READABLE}. */
  isReadable(): boolean {
    return (this.bits & READABLE) !== 0;
  }

  /** Whether it contains {@link Interest.WRITABLE}. */
  isWritable(): boolean {
    return (this.bits & WRITABLE) !== 0;
  }

  /** Whether it contains {@link Interest.PRIORITY}. */
  isPriority(): boolean {
    return (this.bits & PRIORITY) !== 0;
  }

  /** Whether it contains {@link Interest.ERROR}. */
  isError(): boolean {
    return (this.bits & ERROR) !== 0;
  }

  /** The names of what it contains, joined by "|". */
  toString(): string {
    const names = NAMES.filter(([bit]) => (this.bits & bit) !== 0);
    return names.map(([, name]) => name).join(" | ");
  }
}

/**
 * Checks that an argument is an interest.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
 */
export function checkInterest(name: string, interest: Interest): void {
  if (interest instanceof Interest && (interest.bits & ALL) !== 0) return;
  throw invalidArg(name, interest, "must be an Interest, as Interest.READABLE");
}
