/** One request: its arguments are places in the receive buffer, nothing is copied until a command asks for it. */
import type { ByteString } from "./byte-string.ts";
import { parseInteger } from "./numbers.ts";
import { bytesBetween } from "./short-strings.ts";

const FIRST_PLACES = 64;
/** Places kept from one request to the next; what a huge request needed beyond is let go. */
const KEPT_PLACES = 4096;
const CASE_BIT = 0x20;

/** The request that was parsed last; one object per connection, used again and again. */
export class Request {
  /** Where the arguments lie. */
  bytes: Buffer;
  /** How many arguments there are, the command's name included. */
  count: number;
  /** Start and end of each argument in `bytes`. */
  private places: Int32Array;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.count = 0;
    this.places = new Int32Array(FIRST_PLACES);
  }

  /** Empties it, for the next one. */
  clear(): void {
    this.count = 0;
    if (this.places.length > KEPT_PLACES) this.places = new Int32Array(FIRST_PLACES);
  }

  /** Appends an argument. */
  add(start: number, end: number): void {
    const at = this.count * 2;
    if (at === this.places.length) this.grow();
    this.places[at] = start;
    this.places[at + 1] = end;
    this.count++;
  }

  private grow(): void {
    const larger = new Int32Array(this.places.length * 2);
    larger.set(this.places);
    this.places = larger;
  }

  /** The bytes have moved to another buffer, `by` places to the left. */
  move(bytes: Buffer, by: number): void {
    this.bytes = bytes;
    for (let at = 0; at < this.count * 2; at++) this.places[at] = this.start(at, by);
  }

  private start(at: number, by: number): number {
    return (this.places[at] as number) - by;
  }

  /** How many bytes the argument has. */
  length(index: number): number {
    return (this.places[index * 2 + 1] as number) - (this.places[index * 2] as number);
  }

  /** The argument's bytes. */
  bytesOf(index: number): ByteString {
    const { places } = this;
    return bytesBetween(this.bytes, places[index * 2] as number, places[index * 2 + 1] as number);
  }

  /** The argument as a whole number; NaN if it is none. */
  integer(index: number): number {
    const { places } = this;
    return parseInteger(this.bytes, places[index * 2] as number, places[index * 2 + 1] as number);
  }

  /** Whether the argument is this word, in whatever case; `word` is lower case. */
  is(index: number, word: string): boolean {
    const { length } = word;
    if (this.length(index) !== length) return false;
    const start = this.places[index * 2] as number;
    for (let at = 0; at < length; at++) {
      if (lower(this.bytes[start + at] as number) !== word.charCodeAt(at)) return false;
    }
    return true;
  }

  /** A number that equal words have in common, whatever their case. */
  hash(index: number): number {
    const end = this.places[index * 2 + 1] as number;
    let hash = 0;
    for (let at = this.places[index * 2] as number; at < end; at++) {
      hash = Math.imul(hash, 31) + ((this.bytes[at] as number) | CASE_BIT);
    }
    return hash;
  }
}

/** The hash that {@link Request.hash} computes for an argument that is this word. */
export function hashOfWord(word: string): number {
  let hash = 0;
  for (let at = 0; at < word.length; at++) {
    hash = Math.imul(hash, 31) + (word.charCodeAt(at) | CASE_BIT);
  }
  return hash;
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte | CASE_BIT : byte;
}
