/**
 * How values lie in memory on their way between threads.
 *
 * **Layout.** A message is a word of 4 bytes and values. Bit 31 of the word: an object of a kind is in it. The rest is 0, or where the table of binaries begins (from the
 * message's start): a count, for each binary its place, its length, which byte of its buffer is the first and how many
 * values are made of it, then the binaries. A value is a tag of one byte and what the tag says. Numbers are little-endian, counts and lengths 4 bytes.
 *
 * Tags from {@link SMALL_ARRAY} on hold a number: a count, the number of a shape, the length of a Latin-1 string, or an
 * integer itself.
 * Objects are counted in the order in which they begin; {@link REF} names one by its number. {@link SHAPE} introduces the
 * keys of a plain object; {@link SHAPED} names keys that were introduced before.
 *
 * **Who writes, who reads.** `encoder.ts` and `decoder.ts` of the same version of this package: nothing is kept.
 */

/** In the first word of a message: there are objects of kinds. */
export const KINDED: number = 2 ** 31;

export const UNDEFINED = 0;
export const NULL = 1;
export const TRUE = 2;
export const FALSE = 3;
export const INT = 4;
export const DOUBLE = 5;
/** A string of 7- or 8-bit characters. */
export const LATIN1 = 6;
export const UTF16 = 7;
/** A bigint of 64 bits. */
export const BIGINT = 8;
/** Any other bigint, in hexadecimal, with its sign before. */
export const BIG_HEX = 9;
export const REF = 10;
export const ARRAY = 11;
/** An array with many holes: its length, a count, pairs of index and value. */
export const SPARSE = 12;
/** An array of numbers only. */
export const DOUBLES = 13;
/** An array of 32-bit integers only. */
export const INTS = 14;
/** A hole of an array. */
export const HOLE = 15;
export const SHAPE = 16;
export const SHAPED = 17;
export const DATE = 18;
export const REGEXP = 19;
export const MAP = 20;
export const SET = 21;
/** An ArrayBuffer, or the part of one that views show: the number of its binary. */
export const BUFFER = 22;
/** A view: its kind, its buffer (a value), its offset in bytes, its length in elements. */
export const VIEW = 23;
export const ERROR = 25;
/** A primitive in an object: `Object(1n)`. */
export const BOXED = 26;
/** What travels beside the message, by message port: its place there. */
export const BESIDE = 27;
/** An object of a kind of this project's: the kind's name, what it encoded. */
export const KIND = 28;
/** The end of an error's further properties. */
export const END = 29;

/** An array of 0 to 31 elements. */
export const SMALL_ARRAY = 32;
export const SMALL_ARRAY_MAX = 31;
/** Keys that were introduced before, number 0 to 31. */
export const SMALL_SHAPED = 64;
export const SMALL_SHAPED_MAX = 31;
/** Lengths 0 to 31. */
export const SMALL_TEXT = 96;
export const SMALL_TEXT_MAX = 31;
export const SMALL_INT = 128;
export const SMALL_INT_MAX = 127;

type ViewConstructor = new (
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
) => ArrayBufferView;

/** Stands for Buffer. */
export const NODE_BUFFER = 0;
/** Stands for Uint8Array; the views up to this one show bytes. */
export const BYTES = 1;

/** The classes of views, by the number that stands for each; the first is Node's Buffer, the rest are the language's. */
export const VIEWS: readonly ViewConstructor[] = [
  Buffer as unknown as ViewConstructor,
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
  (globalThis as { Float16Array?: ViewConstructor }).Float16Array ?? DataView,
];
