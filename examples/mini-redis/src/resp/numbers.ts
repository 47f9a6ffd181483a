/** Numbers as Redis reads and writes them. */
import type { ByteString } from "./byte-string.ts";

const ZERO = 48;
const MINUS = 45;
/** A number of up to 15 digits is exact as a JavaScript number. */
const EXACT_DIGITS = 15;
export const INT64_MAX: bigint = 2n ** 63n - 1n;
export const INT64_MIN: bigint = -(2n ** 63n);

/**
 * The whole number that stands in `bytes` from `start` to `end`; NaN unless it is one of 64 bits, written without plus
 * sign, leading zeros and spaces. Above 2^53 it is rounded.
 */
export function parseInteger(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  const first = negative ? start + 1 : start;
  const length = end - first;
  if (length <= 0) return Number.NaN;
  if (bytes[first] === ZERO) return length === 1 && !negative ? 0 : Number.NaN;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  if (length > EXACT_DIGITS && !fits(bytes, first, end, negative)) return Number.NaN;
  return negative ? -value : value;
}

function fits(bytes: Uint8Array, first: number, end: number, negative: boolean): boolean {
  if (end - first > 19) return false;
  let value = 0n;
  for (let at = first; at < end; at++) value = value * 10n + BigInt((bytes[at] as number) - ZERO);
  return value <= (negative ? -INT64_MIN : INT64_MAX);
}

/** As {@link parseInteger}, of a string. */
export function integerOf(text: ByteString): number {
  const { length } = text;
  if (length === 0 || length > 20) return Number.NaN;
  const negative = text.charCodeAt(0) === MINUS;
  const first = negative ? 1 : 0;
  if (length === first) return Number.NaN;
  if (text.charCodeAt(first) === ZERO) return length === 1 ? 0 : Number.NaN;
  let value = 0;
  for (let at = first; at < length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  if (length - first > EXACT_DIGITS && !isInt64(BigInt(text))) return Number.NaN;
  return negative ? -value : value;
}

/** Whether it has room in 64 bits. */
export function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;

/** The score or bound that a text stands for; NaN if it is none. */
export function parseFloatStrict(text: ByteString): number {
  if (FLOAT.test(text)) return Number.isFinite(Number(text)) ? Number(text) : Number.NaN;
  const infinite = INFINITE.exec(text);
  if (infinite === null) return Number.NaN;
  return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** A score as replies show it: the shortest digits that give the same number back. */
export function formatScore(score: number): string {
  if (score === Number.POSITIVE_INFINITY) return "inf";
  if (score === Number.NEGATIVE_INFINITY) return "-inf";
  return Object.is(score, -0) ? "-0" : String(score);
}
