/**
 * Writes values into memory, as `format.ts` says, and refuses what cannot cross threads.
 *
 * **Where it writes.** Into the area that it is given; when that is too small it goes on in a buffer of its own, and
 * `finish` copies from there once the caller has found a larger place. Binaries (the bytes of ArrayBuffers) are only
 * listed at first, so they are copied once, to where they are to lie in the end.
 *
 * **Invariants.**
 * 1. One message at a time; what encodes another one meanwhile (a getter, a kind) takes another encoder.
 * 2. Objects are numbered when they begin, as the decoder does.
 */
import { types } from "node:util";
import { ByteArea } from "./byte-area.ts";
import { writeError } from "./error-codec.ts";
import * as f from "./format.ts";
import { SEND, type SendKind } from "./kind.ts";
import { isMoved, isTransferable } from "./move.ts";
import { refuse } from "./offence.ts";

/** The word at the start of a message. */
const HEAD = 4;
/** What the table of binaries holds of each. */
const ENTRY = 16;
const SCRATCH = 1 << 12;
/** How many shapes are compared before an object's keys are written anew. */
const SHAPES = 16;
/** Up to so many bytes are copied one by one. */
const FEW_BYTES = 64;
/** Up to so many objects of a message are looked for one by one. */
const FEW = 8;
/** From this length on an array is looked at for holes. */
const SPARSE_FROM = 64;
/** A buffer of the encoder's own that has grown beyond this is let go after the message. */
const KEPT = 1 << 20;

/** Answered for a message of which a part travels beside it, by message port. */
export const BESIDE: number = Number.NEGATIVE_INFINITY;

/** The bytes of one ArrayBuffer that views of the message show, or all of them. */
interface Binary {
  readonly buffer: ArrayBuffer;
  from: number;
  to: number;
  /** How many values are made of it. */
  uses: number;
  /** A view that may show just these bytes; its length tells. */
  view: Uint8Array | null;
}

/** A message that goes by message port: its bytes, what travels beside them, and what of that is transferred. */
export interface SendMessage {
  readonly bytes: ArrayBuffer;
  readonly beside: readonly unknown[];
  readonly transfer: readonly object[];
}

/** Where a message stood, to go back there. */
interface Mark {
  readonly at: number;
  readonly objects: number;
  readonly shapes: number;
  readonly binaries: number;
  readonly beside: number;
  readonly kinds: number;
}

export class Encoder {
  /** Whether a message is being written. */
  busy: boolean;
  /** Whether the message holds more than primitives, so that something is kept of it meanwhile. */
  private rich: boolean;
  private area: ByteArea;
  private scratch: ByteArea;
  private start: number;
  private at: number;
  private end: number;
  private readonly seen: Map<object, number>;
  private readonly objects: object[];
  private readonly shapes: (readonly string[])[];
  private readonly binaries: Binary[];
  private readonly beside: object[];
  /** Objects whose kind wants to know when they were sent. */
  private readonly kinds: object[];

  constructor() {
    this.busy = false;
    this.rich = false;
    this.scratch = new ByteArea(new ArrayBuffer(SCRATCH));
    this.area = this.scratch;
    this.start = 0;
    this.at = 0;
    this.end = 0;
    this.seen = new Map();
    this.objects = [];
    this.shapes = [];
    this.binaries = [];
    this.beside = [];
    this.kinds = [];
  }

  /** Begins a message at a place that holds `capacity` bytes. */
  begin(area: ByteArea, at: number, capacity: number): void {
    if (this.rich) this.forget();
    this.busy = true;
    this.area = area;
    this.start = at;
    this.at = at;
    this.end = at + capacity;
    this.need(HEAD);
    this.area.view.setInt32(this.at, 0, true);
    this.at += HEAD;
  }

  /**
   * Ends the message: its length if it lies where it was begun; the negative of its length if it does not fit there, and
   * {@link copyTo} puts it elsewhere; {@link BESIDE} if it can only go by message port, see {@link message}.
   */
  finish(): number {
    this.busy = false;
    // Room was asked for before each value.
    if (!this.rich && this.area !== this.scratch) return this.at - this.start;
    const total = this.layOut();
    if (this.beside.length === 0 && this.area !== this.scratch && this.start + total <= this.end) {
      if (this.binaries.length > 0) this.copyBinaries(this.area, this.start);
      this.tellKinds();
      this.forget();
      return total;
    }
    if (this.area !== this.scratch) this.spill(0);
    return this.beside.length > 0 ? BESIDE : -total;
  }

  /** Gives a message up. */
  abandon(): void {
    this.busy = false;
    this.forget();
  }

  /** Puts the finished message where there is room for it. */
  copyTo(area: ByteArea, at: number): void {
    area.bytes.set(this.scratch.bytes.subarray(0, this.at), at);
    if (this.binaries.length > 0) this.copyBinaries(area, at);
    this.tellKinds();
    this.forget();
  }

  /** The finished message, to be sent by message port. */
  message(): SendMessage {
    const bytes = new ArrayBuffer(this.total());
    const transfer = this.beside.filter((object) => isMoved(object));
    const beside = [...this.beside];
    this.copyTo(new ByteArea(bytes), 0);
    return { bytes, beside, transfer: [bytes, ...transfer] };
  }

  private forget(): void {
    if (this.objects.length > FEW) this.seen.clear();
    this.objects.length = 0;
    this.shapes.length = 0;
    this.binaries.length = 0;
    this.beside.length = 0;
    this.kinds.length = 0;
    this.rich = false;
    if (this.scratch.bytes.length > KEPT) this.scratch = new ByteArea(new ArrayBuffer(SCRATCH));
  }

  private tellKinds(): void {
    for (const object of this.kinds) kindOf(object)?.sent?.(object);
    this.kinds.length = 0;
  }

  /** Makes sure that `bytes` more can be written. */
  need(bytes: number): void {
    if (this.at + bytes > this.end) this.spill(bytes);
  }

  /** Goes on in the encoder's own buffer, with room for `bytes` more. */
  private spill(bytes: number): void {
    this.rich = true;
    const written = this.at - this.start;
    const from = this.area.bytes.subarray(this.start, this.at);
    let size = this.scratch.bytes.length;
    while (size < written + bytes) size *= 2;
    const grown = size > this.scratch.bytes.length ? new ByteArea(new ArrayBuffer(size)) : null;
    const target = grown ?? this.scratch;
    if (this.area !== target) target.bytes.set(from, 0);
    this.scratch = target;
    this.area = target;
    this.start = 0;
    this.at = written;
    this.end = size;
  }

  /** Writes the table of binaries; answers the length of the whole message. */
  private layOut(): number {
    const { binaries } = this;
    if (binaries.length === 0) return this.at - this.start;
    this.need(4 + binaries.length * ENTRY);
    const { view } = this.area;
    const table = this.at;
    view.setUint32(this.start, table - this.start, true);
    view.setUint32(table, binaries.length, true);
    this.at = table + 4 + binaries.length * ENTRY;
    let place = align(this.at - this.start);
    for (let i = 0, entry = table + 4; i < binaries.length; i++, entry += ENTRY) {
      const { from, to, uses } = binaries[i] as Binary;
      view.setUint32(entry, place, true);
      view.setUint32(entry + 4, to - from, true);
      view.setUint32(entry + 8, from, true);
      view.setUint32(entry + 12, uses, true);
      place = align(place + to - from);
    }
    return place;
  }

  /** The length of the whole message, once it was laid out. */
  private total(): number {
    let place = this.at - this.start;
    for (const { from, to } of this.binaries) place = align(place) + to - from;
    return align(place);
  }

  private copyBinaries(area: ByteArea, start: number): void {
    let place = align(this.at - this.start);
    for (const { buffer, from, to, view } of this.binaries) {
      const bytes =
        view !== null && view.byteLength === to - from
          ? view
          : new Uint8Array(buffer, from, to - from);
      copyBytes(bytes, area.bytes, start + place);
      place = align(place + to - from);
    }
  }

  /** Writes one value. */
  value(value: unknown): void {
    switch (typeof value) {
      case "number":
        this.number(value);
        break;
      case "string":
        this.text(value);
        break;
      case "boolean":
        this.tag(value ? f.TRUE : f.FALSE);
        break;
      case "undefined":
        this.tag(f.UNDEFINED);
        break;
      case "object":
        if (value === null) this.tag(f.NULL);
        else this.object(value);
        break;
      case "bigint":
        this.bigint(value);
        break;
      default:
        throw refuse(value);
    }
  }

  tag(tag: number): void {
    if (this.at >= this.end) this.spill(1);
    this.area.bytes[this.at++] = tag;
  }

  /** Writes a tag and a count or length. */
  counted(tag: number, count: number): void {
    this.need(5);
    this.area.bytes[this.at] = tag;
    this.area.view.setUint32(this.at + 1, count, true);
    this.at += 5;
  }

  private number(value: number): void {
    if (isInt(value)) {
      if (value >= 0 && value <= f.SMALL_INT_MAX) {
        this.tag(f.SMALL_INT + value);
        return;
      }
      this.need(5);
      this.area.bytes[this.at] = f.INT;
      this.area.view.setInt32(this.at + 1, value, true);
      this.at += 5;
      return;
    }
    this.need(9);
    this.area.bytes[this.at] = f.DOUBLE;
    this.area.view.setFloat64(this.at + 1, value, true);
    this.at += 9;
  }

  text(value: string): void {
    const { length } = value;
    if (length <= f.SMALL_TEXT_MAX && this.smallText(value, length)) return;
    if (Buffer.byteLength(value) === length) {
      this.counted(f.LATIN1, length);
      this.need(length);
      this.area.bytes.latin1Write(value, this.at);
      this.at += length;
      return;
    }
    this.counted(f.UTF16, length * 2);
    this.need(length * 2);
    this.area.bytes.ucs2Write(value, this.at);
    this.at += length * 2;
  }

  /** Writes a short string character by character; false, with nothing written, if one of them needs more than 8 bits. */
  private smallText(value: string, length: number): boolean {
    this.need(length + 1);
    const { bytes } = this.area;
    let { at } = this;
    bytes[at++] = f.SMALL_TEXT + length;
    let all = 0;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      all |= code;
      bytes[at++] = code;
    }
    if (all > 0xff) return false;
    this.at = at;
    return true;
  }

  private bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      this.need(9);
      this.area.bytes[this.at] = f.BIGINT;
      this.area.view.setBigInt64(this.at + 1, value, true);
      this.at += 9;
      return;
    }
    this.tag(f.BIG_HEX);
    this.text(value.toString(16));
  }

  private object(object: object): void {
    const known = this.numberOf(object);
    if (known >= 0) {
      this.counted(f.REF, known);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype === Object.prototype) {
      if (SEND in object) this.ofKind(object, object[SEND] as SendKind);
      else this.plain(object);
    } else if (Array.isArray(object)) {
      if (prototype !== Array.prototype && !isForeign(prototype, "Array")) throw refuse(object);
      this.array(object);
    } else this.special(object, prototype);
  }

  /** The number of an object that has begun before, or -1. */
  private numberOf(object: object): number {
    const { objects, seen } = this;
    if (objects.length > FEW) return seen.get(object) ?? -1;
    for (let i = 0; i < objects.length; i++) if (objects[i] === object) return i;
    return -1;
  }

  /** Counts an object. A few are looked for one by one, more by a map. */
  count(object: object): void {
    const { objects, seen } = this;
    this.rich = true;
    const index = objects.push(object) - 1;
    if (index < FEW) return;
    if (index === FEW) for (let i = 0; i < FEW; i++) seen.set(objects[i] as object, i);
    seen.set(object, index);
  }

  private plain(object: object): void {
    this.count(object);
    const keys = Object.keys(object);
    this.shape(keys);
    for (let i = 0; i < keys.length; i++) {
      this.value((object as Record<string, unknown>)[keys[i] as string]);
    }
  }

  private shape(keys: readonly string[]): void {
    const { shapes } = this;
    for (let i = shapes.length - 1, last = Math.max(0, i - SHAPES); i >= last; i--) {
      if (sameKeys(shapes[i] as readonly string[], keys)) {
        if (i <= f.SMALL_SHAPED_MAX) this.tag(f.SMALL_SHAPED + i);
        else this.counted(f.SHAPED, i);
        return;
      }
    }
    shapes.push(keys);
    this.counted(f.SHAPE, keys.length);
    for (const key of keys) this.text(key);
  }

  private array(array: readonly unknown[]): void {
    this.count(array);
    const { length } = array;
    const first = length > 0 ? array[0] : undefined;
    if (typeof first === "number" && length > 1 && this.numbers(array as readonly number[])) return;
    if (length > SPARSE_FROM && first === undefined && this.sparse(array)) return;
    if (length <= f.SMALL_ARRAY_MAX) this.tag(f.SMALL_ARRAY + length);
    else this.counted(f.ARRAY, length);
    for (let i = 0; i < length; i++) {
      const item = array[i];
      if (item === undefined && !(i in array)) this.tag(f.HOLE);
      else this.value(item);
    }
  }

  /** Writes an array of numbers only; false, with nothing written, if it is none. */
  private numbers(array: readonly number[]): boolean {
    const { length } = array;
    let ints = true;
    for (let i = 0; i < length; i++) {
      const item = array[i] as number;
      if (typeof item !== "number") return false;
      if (ints && !isInt(item)) ints = false;
    }
    this.counted(ints ? f.INTS : f.DOUBLES, length);
    this.need(ints ? length * 4 : length * 8);
    const { view } = this.area;
    let { at } = this;
    if (ints) {
      for (let i = 0; i < length; i++, at += 4) view.setInt32(at, array[i] as number, true);
    } else {
      for (let i = 0; i < length; i++, at += 8) view.setFloat64(at, array[i] as number, true);
    }
    this.at = at;
    return true;
  }

  /** Writes an array of which most places are holes; false, with nothing written, if it is none. */
  private sparse(array: readonly unknown[]): boolean {
    const keys = Object.keys(array).filter(isIndex);
    if (keys.length > array.length / 4) return false;
    this.counted(f.SPARSE, array.length);
    this.counted(f.INT, keys.length);
    for (const key of keys) {
      this.number(Number(key));
      this.value(array[Number(key)]);
    }
    return true;
  }

  /** Everything that is neither a plain object nor an array. */
  private special(object: object, prototype: unknown): void {
    const kind = kindOf(object);
    if (kind !== undefined) this.ofKind(object, kind);
    else if (ArrayBuffer.isView(object)) this.viewOf(object);
    else if (isArrayBuffer(object)) this.bufferOf(object, 0, object.byteLength, null);
    else if (types.isMap(object)) this.map(object, prototype);
    else if (types.isSet(object)) this.set(object, prototype);
    else if (types.isDate(object)) this.date(object, prototype);
    else if (types.isRegExp(object)) this.regExp(object, prototype);
    else if (types.isNativeError(object) || object instanceof Error) this.error(object as Error);
    else if (types.isBoxedPrimitive(object)) this.boxed(object);
    else if (travelsBeside(object)) this.putBeside(object);
    else if (prototype === null || isForeign(prototype, "Object")) this.plain(object);
    else throw refuse(object);
  }

  private ofKind(object: object, kind: SendKind): void {
    this.count(object);
    this.tag(f.KIND);
    this.text(kind.name);
    this.value(kind.encode(object));
    if (kind.sent !== undefined) this.kinds.push(object);
  }

  private map(map: ReadonlyMap<unknown, unknown>, prototype: unknown): void {
    if (prototype !== Map.prototype && !isForeign(prototype, "Map")) throw refuse(map);
    this.count(map);
    // Entries as they are now: a getter on the way may change the map.
    const entries = [...map];
    this.counted(f.MAP, entries.length);
    for (const [key, value] of entries) {
      this.value(key);
      this.value(value);
    }
  }

  private set(set: ReadonlySet<unknown>, prototype: unknown): void {
    if (prototype !== Set.prototype && !isForeign(prototype, "Set")) throw refuse(set);
    this.count(set);
    const values = [...set];
    this.counted(f.SET, values.length);
    for (const value of values) this.value(value);
  }

  private date(date: Date, prototype: unknown): void {
    if (prototype !== Date.prototype && !isForeign(prototype, "Date")) throw refuse(date);
    this.count(date);
    this.need(9);
    this.area.bytes[this.at] = f.DATE;
    this.area.view.setFloat64(this.at + 1, Date.prototype.getTime.call(date), true);
    this.at += 9;
  }

  private regExp(regExp: RegExp, prototype: unknown): void {
    if (prototype !== RegExp.prototype && !isForeign(prototype, "RegExp")) throw refuse(regExp);
    this.count(regExp);
    this.tag(f.REGEXP);
    this.text(regExp.source);
    this.text(regExp.flags);
  }

  private error(error: Error): void {
    this.count(error);
    this.tag(f.ERROR);
    writeError(this, error);
  }

  private boxed(object: object): void {
    const value: unknown = object.valueOf();
    if (typeof value === "symbol") throw refuse(object);
    this.count(object);
    this.tag(f.BOXED);
    this.value(value);
  }

  private viewOf(view: ArrayBufferView): void {
    const kind = viewKind(view);
    const { buffer, byteOffset, byteLength } = view;
    this.count(view);
    this.tag(f.VIEW);
    this.tag(kind);
    const bytes = kind <= f.BYTES ? (view as Uint8Array) : null;
    if (isArrayBuffer(buffer)) {
      this.bufferOf(buffer, byteOffset, byteOffset + byteLength, bytes);
    } else this.putBeside(buffer);
    this.need(8);
    this.area.view.setUint32(this.at, byteOffset, true);
    this.area.view.setUint32(this.at + 4, elements(view), true);
    this.at += 8;
  }

  private bufferOf(buffer: ArrayBuffer, from: number, to: number, view: Uint8Array | null): void {
    if (isMoved(buffer)) {
      this.putBeside(buffer);
      return;
    }
    if ((buffer as { resizable?: boolean }).resizable === true) throw refuse(buffer);
    if ((buffer as { detached?: boolean }).detached === true) throw refuse(buffer);
    // Views of any element size must lie in what is copied as they lie in the whole.
    this.counted(f.BUFFER, this.listBinary(buffer, from & ~7, to, view));
  }

  private listBinary(
    buffer: ArrayBuffer,
    from: number,
    to: number,
    view: Uint8Array | null,
  ): number {
    const { binaries } = this;
    this.rich = true;
    for (let i = 0; i < binaries.length; i++) {
      const binary = binaries[i] as Binary;
      if (binary.buffer !== buffer) continue;
      binary.from = Math.min(binary.from, from);
      binary.to = Math.max(binary.to, to);
      binary.uses++;
      return i;
    }
    return binaries.push({ buffer, from, to, uses: 1, view }) - 1;
  }

  private putBeside(object: object): void {
    if (isTransferable(object) && !isMoved(object)) throw refuse(object);
    this.rich = true;
    let index = this.beside.indexOf(object);
    if (index < 0) index = this.beside.push(object) - 1;
    this.counted(f.BESIDE, index);
  }

  /** Writes a value if it can cross; otherwise writes nothing and answers false. */
  attempt(value: unknown): boolean {
    const mark = this.mark();
    try {
      this.value(value);
      return true;
    } catch {
      this.back(mark);
      return false;
    }
  }

  private mark(): Mark {
    return {
      at: this.at - this.start,
      objects: this.objects.length,
      shapes: this.shapes.length,
      binaries: this.binaries.length,
      beside: this.beside.length,
      kinds: this.kinds.length,
    };
  }

  private back(mark: Mark): void {
    this.at = this.start + mark.at;
    while (this.objects.length > mark.objects) this.seen.delete(this.objects.pop() as object);
    if (this.objects.length <= FEW) this.seen.clear();
    this.shapes.length = mark.shapes;
    this.binaries.length = mark.binaries;
    this.beside.length = mark.beside;
    this.kinds.length = mark.kinds;
  }
}

function align(at: number): number {
  return (at + 7) & ~7;
}

/** Whether a number is an integer of 32 bits; -0 is none. */
function isInt(value: number): boolean {
  return (value | 0) === value && (value !== 0 || 1 / value > 0);
}

/** A few bytes are copied faster without a call. */
function copyBytes(from: Uint8Array, to: Uint8Array, at: number): void {
  const { length } = from;
  if (length > FEW_BYTES) to.set(from, at);
  else for (let i = 0; i < length; i++) to[at + i] = from[i] as number;
}

function isArrayBuffer(object: object): object is ArrayBuffer {
  return object instanceof ArrayBuffer || types.isArrayBuffer(object);
}

function isIndex(key: string): boolean {
  const index = Number(key);
  return index >>> 0 === index && String(index) === key && index !== 0xffffffff;
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function kindOf(object: object): SendKind | undefined {
  return (object as { [SEND]?: SendKind })[SEND];
}

/** Whether a prototype is the built-in one of that class in another realm (a `vm` context). */
function isForeign(prototype: unknown, name: string): boolean {
  if (typeof prototype !== "object" || prototype === null) return false;
  const above: unknown = Object.getPrototypeOf(prototype);
  if (name !== "Object" && (above === null || Object.getPrototypeOf(above) !== null)) return false;
  if (name === "Object" && above !== null) return false;
  const make: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  return typeof make === "function" && make.name === name && prototype !== Object.prototype;
}

function isWasmModule(object: object): boolean {
  return Object.prototype.toString.call(object) === "[object WebAssembly.Module]";
}

/** What Node passes by message port and this format does not know. */
function travelsBeside(object: object): boolean {
  return (
    types.isSharedArrayBuffer(object) ||
    isWasmModule(object) ||
    object instanceof Blob ||
    types.isKeyObject(object) ||
    types.isCryptoKey(object) ||
    isTransferable(object)
  );
}

/** The number of a view's class; classes that extend one of them are refused. */
function viewKind(view: ArrayBufferView): number {
  const prototype: object = Object.getPrototypeOf(view);
  for (let i = 0; i < f.VIEWS.length; i++) if (f.VIEWS[i]?.prototype === prototype) return i;
  // Of another realm?
  const { name } = (Object.getOwnPropertyDescriptor(prototype, "constructor")?.value ?? {}) as {
    name?: unknown;
  };
  const kind = f.VIEWS.findIndex((known) => known.name === name);
  if (kind < 1) throw refuse(view);
  return kind;
}

function elements(view: ArrayBufferView): number {
  return (view as { length?: number }).length ?? view.byteLength;
}
