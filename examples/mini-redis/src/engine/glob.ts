/** Patterns of KEYS, SCAN, CONFIG GET and PSUBSCRIBE. */
import type { ByteString } from "../resp/byte-string.ts";

/**
 * Whether a text matches: `*` any text, `?` any byte, `[a-c]` and `[^x]` one of a class, `\` takes the next as it is.
 *
 * Goes back to the last star only, so it takes at most `pattern.length * text.length` steps.
 */
export function globMatches(pattern: ByteString, text: ByteString): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let from = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      from = t;
    } else {
      const after = p < pattern.length ? matchOne(pattern, p, text.charCodeAt(t)) : -1;
      if (after >= 0) {
        p = after;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++from;
      } else {
        return false;
      }
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** Where the pattern goes on behind what has matched the byte; -1 when it does not. */
function matchOne(pattern: ByteString, p: number, byte: number): number {
  const symbol = pattern[p];
  if (symbol === "?") return p + 1;
  if (symbol === "[") return matchClass(pattern, p + 1, byte);
  const at = symbol === "\\" && p + 1 < pattern.length ? p + 1 : p;
  return pattern.charCodeAt(at) === byte ? at + 1 : -1;
}

function matchClass(pattern: ByteString, start: number, byte: number): number {
  const negated = pattern[start] === "^";
  let p = negated ? start + 1 : start;
  let found = false;
  while (p < pattern.length && pattern[p] !== "]") {
    if (pattern[p] === "\\" && p + 1 < pattern.length) {
      found ||= pattern.charCodeAt(p + 1) === byte;
      p += 2;
    } else if (pattern[p + 1] === "-" && p + 2 < pattern.length) {
      found ||= isBetween(byte, pattern.charCodeAt(p), pattern.charCodeAt(p + 2));
      p += 3;
    } else {
      found ||= pattern.charCodeAt(p) === byte;
      p++;
    }
  }
  if (found === negated) return -1;
  return Math.min(p + 1, pattern.length);
}

function isBetween(byte: number, a: number, b: number): boolean {
  return a <= b ? byte >= a && byte <= b : byte >= b && byte <= a;
}
