/** Reads back what `encoder.ts` wrote; see `format.ts`. */
import type { ByteArea } from "./byte-area.ts";
import { copyOf } from "./copy.ts";
import { beginError, readError } from "./error-codec.ts";
import { unknownKind } from "./errors.ts";
import * as f from "./format.ts";
import { sendables } from "./registry.ts";
import { shortText } from "./short-text.ts";

/** The words about a binary. */
const PLACE = 0;
const LENGTH = 1;
const BASE = 2;
const USES = 3;

/** Up to so many bytes are copied one by one. */
const FEW_BYTES = 64;

const NOTHING: readonly unknown[] = [];

/** Stands for an object that is being made by its kind; nothing inside it may refer to it. */
const UNMADE: object = {};

export class Decoder {
  /** Whether a message is being read. */
  busy: boolean;
  /** Whether it is read for the sake of what must be given back only. */
  discarding: boolean;
  private area: ByteArea | null;
  private start: number;
  private at: number;
  private objects: object[];
  private shapes: string[][];
  /** Where the table of binaries is, 0 without one. */
  private table: number;
  /** The buffers made of binaries, each when it is first needed. */
  private buffers: ArrayBuffer[];
  private beside: readonly unknown[];

  constructor() {
    this.busy = false;
    this.discarding = false;
    this.area = null;
    this.start = 0;
    this.at = 0;
    this.objects = [];
    this.shapes = [];
    this.table = 0;
    this.buffers = [];
    this.beside = NOTHING;
  }

  /** Begins to read a message; the bytes of its binaries are copied. */
  begin(area: ByteArea, at: number, beside?: readonly unknown[]): void {
    this.busy = true;
    this.area = area;
    this.start = at;
    this.at = at + 4;
    this.beside = beside ?? NOTHING;
    const table = area.view.getUint32(at, true) & (f.KINDED - 1);
    this.table = table === 0 ? 0 : at + table + 4;
  }

  /** Ends the reading. */
  finish(): void {
    this.busy = false;
    this.discarding = false;
    this.area = null;
    this.beside = NOTHING;
    // The arrays may have been kept by nobody, so they can be used again.
    if (this.objects.length > 0) this.objects.length = 0;
    if (this.shapes.length > 0) this.shapes.length = 0;
    if (this.buffers.length > 0) this.buffers.length = 0;
  }

  /** One word about a binary, from the table. */
  private entry(binary: number, word: number): number {
    return (this.area as ByteArea).view.getUint32(this.table + binary * 16 + word * 4, true);
  }

  /** The bytes of a binary where they lie; they are not ours to keep. */
  private bytesOf(binary: number): Uint8Array {
    const place = this.start + this.entry(binary, PLACE);
    return (this.area as ByteArea).bytes.subarray(place, place + this.entry(binary, LENGTH));
  }

  /** A buffer with a copy of a binary. */
  private bufferOf(binary: number): ArrayBuffer {
    const known = this.buffers[binary];
    if (known !== undefined) return known;
    const { buffer } = copyOf(this.bytesOf(binary));
    this.buffers[binary] = buffer;
    return buffer;
  }

  /** Reads one value. */
  value(): unknown {
    const tag = this.byte();
    if (tag >= f.SMALL_INT) return tag - f.SMALL_INT;
    if (tag >= f.SMALL_TEXT) return this.smallText(tag - f.SMALL_TEXT);
    if (tag >= f.SMALL_SHAPED) return this.plain(this.shapes[tag - f.SMALL_SHAPED] as string[]);
    if (tag >= f.SMALL_ARRAY) return this.array(tag - f.SMALL_ARRAY);
    switch (tag) {
      case f.UNDEFINED:
        return undefined;
      case f.NULL:
        return null;
      case f.TRUE:
        return true;
      case f.FALSE:
        return false;
      case f.INT:
        return this.int();
      case f.DOUBLE:
        return this.double();
      case f.LATIN1:
        return this.latin1(this.count());
      case f.UTF16:
        return this.utf16(this.count());
      case f.SHAPE:
        return this.plain(this.shape());
      case f.SHAPED:
        return this.plain(this.shapes[this.count()] as string[]);
      case f.ARRAY:
        return this.array(this.count());
      case f.INTS:
        return this.ints(this.count());
      case f.DOUBLES:
        return this.doubles(this.count());
      default:
        return this.rare(tag);
    }
  }

  private rare(tag: number): unknown {
    switch (tag) {
      case f.REF:
        return this.objects[this.count()];
      case f.BIGINT:
        return this.bigint();
      case f.BIG_HEX:
        return bigHex(this.string());
      case f.SPARSE:
        return this.sparse(this.count());
      case f.DATE:
        return this.keep(new Date(this.double()));
      case f.REGEXP:
        return this.keep(new RegExp(this.string(), this.string()));
      case f.MAP:
        return this.map(this.count());
      case f.SET:
        return this.set(this.count());
      case f.BUFFER:
        return this.bufferOf(this.count());
      case f.VIEW:
        return this.view();
      case f.ERROR:
        return this.error();
      case f.BOXED:
        return this.keep(Object(this.value()) as object);
      case f.BESIDE:
        return this.beside[this.count()];
      case f.KIND:
        return this.ofKind();
      default:
        throw new Error(`tag ${tag} at ${this.at - this.start} is not one of a message`);
    }
  }

  /** Reads a tag that its reader knows what to do with. */
  tag(): number {
    return this.byte();
  }

  private byte(): number {
    return (this.area as ByteArea).bytes[this.at++] as number;
  }

  private count(): number {
    const value = (this.area as ByteArea).view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  private int(): number {
    const value = (this.area as ByteArea).view.getInt32(this.at, true);
    this.at += 4;
    return value;
  }

  private double(): number {
    const value = (this.area as ByteArea).view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  private bigint(): bigint {
    const value = (this.area as ByteArea).view.getBigInt64(this.at, true);
    this.at += 8;
    return value;
  }

  /** Reads a string with its tag. */
  string(): string {
    return this.value() as string;
  }

  /** Whether the end of an error's properties comes next; if so it is read. */
  ends(): boolean {
    if ((this.area as ByteArea).bytes[this.at] !== f.END) return false;
    this.at++;
    return true;
  }

  private smallText(length: number): string {
    const { at } = this;
    this.at = at + length;
    return shortText((this.area as ByteArea).bytes, at, length);
  }

  private latin1(length: number): string {
    const { at } = this;
    this.at = at + length;
    return (this.area as ByteArea).bytes.latin1Slice(at, at + length);
  }

  private utf16(length: number): string {
    const { at } = this;
    this.at = at + length;
    return (this.area as ByteArea).bytes.ucs2Slice(at, at + length);
  }

  private keep<O extends object>(object: O): O {
    this.objects.push(object);
    return object;
  }

  private shape(): string[] {
    const length = this.count();
    const keys: string[] = [];
    for (let i = 0; i < length; i++) keys.push(this.string());
    this.shapes.push(keys);
    return keys;
  }

  private plain(keys: readonly string[]): object {
    const object: Record<string, unknown> = this.keep({});
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const value = this.value();
      if (key === "__proto__") define(object, key, value);
      else object[key] = value;
    }
    return object;
  }

  private array(length: number): unknown[] {
    const array: unknown[] = this.keep([]);
    for (let i = 0; i < length; i++) {
      if ((this.area as ByteArea).bytes[this.at] !== f.HOLE) {
        array.push(this.value());
      } else {
        this.at++;
        array.length = i + 1;
      }
    }
    return array;
  }

  private sparse(length: number): unknown[] {
    const array: unknown[] = this.keep([]);
    array.length = length;
    this.at++;
    for (let left = this.count(); left > 0; left--) {
      const index = this.value() as number;
      array[index] = this.value();
    }
    return array;
  }

  private ints(length: number): number[] {
    const array: number[] = this.keep([]);
    const { view } = this.area as ByteArea;
    let { at } = this;
    for (let i = 0; i < length; i++, at += 4) array.push(view.getInt32(at, true));
    this.at = at;
    return array;
  }

  private doubles(length: number): number[] {
    const array: number[] = this.keep([]);
    const { view } = this.area as ByteArea;
    let { at } = this;
    for (let i = 0; i < length; i++, at += 8) array.push(view.getFloat64(at, true));
    this.at = at;
    return array;
  }

  private map(size: number): Map<unknown, unknown> {
    const map = this.keep(new Map<unknown, unknown>());
    for (let i = 0; i < size; i++) {
      const key = this.value();
      map.set(key, this.value());
    }
    return map;
  }

  private set(size: number): Set<unknown> {
    const set = this.keep(new Set<unknown>());
    for (let i = 0; i < size; i++) set.add(this.value());
    return set;
  }

  private view(): ArrayBufferView {
    const index = this.objects.push(UNMADE) - 1;
    const kind = this.byte();
    const view = this.nextIsBinary()
      ? this.viewOfBinary(kind, this.numberAfterTag())
      : makeView(kind, this.value() as ArrayBuffer, this.count(), this.count());
    this.objects[index] = view;
    return view;
  }

  private nextIsBinary(): boolean {
    return (this.area as ByteArea).bytes[this.at] === f.BUFFER;
  }

  private viewOfBinary(kind: number, binary: number): ArrayBufferView {
    const offset = this.count() - this.entry(binary, BASE);
    const length = this.count();
    if (kind === f.BYTES && this.entry(binary, USES) === 1 && offset === 0) {
      return this.copyOf(binary, length);
    }
    return makeView(kind, this.bufferOf(binary), offset, length);
  }

  /** A Uint8Array of its own; a short one needs no buffer before somebody asks for it. */
  private copyOf(binary: number, length: number): Uint8Array {
    if (length > FEW_BYTES) return new Uint8Array(copyOf(this.bytesOf(binary)).buffer);
    const copy = new Uint8Array(length);
    const { bytes } = this.area as ByteArea;
    const place = this.start + this.entry(binary, PLACE);
    for (let i = 0; i < length; i++) copy[i] = bytes[place + i] as number;
    return copy;
  }

  /** Reads the number that follows a tag. */
  private numberAfterTag(): number {
    this.at++;
    return this.count();
  }

  private error(): Error {
    const error = this.keep(beginError(this));
    readError(this, error);
    return error;
  }

  private ofKind(): object {
    const index = this.objects.push(UNMADE) - 1;
    const name = this.string();
    const value = this.value();
    const kind = sendables.kinds.get(name);
    if (this.discarding) {
      this.objects[index] = UNMADE;
      kind?.discard?.(value);
      return UNMADE;
    }
    if (kind === undefined) throw unknownKind(name);
    const object = kind.decode(value);
    this.objects[index] = object;
    return object;
  }
}

function makeView(
  kind: number,
  buffer: ArrayBuffer,
  offset: number,
  length: number,
): ArrayBufferView {
  const make = f.VIEWS[kind] as (typeof f.VIEWS)[number];
  if (kind === f.NODE_BUFFER) return Buffer.from(buffer, offset, length);
  return new make(buffer, offset, length);
}

function bigHex(text: string): bigint {
  return text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt(`0x${text}`);
}

function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
