/** Reads back what `encoder.ts` wrote; see `format.ts`. */
import type { ByteArea } from "./byte-area.ts";
import { beginError, readError } from "./error-codec.ts";
import { unknownKind } from "./errors.ts";
import * as f from "./format.ts";
import { sendables } from "./registry.ts";

const NOTHING: readonly unknown[] = [];

/** Stands for an object that is being made by its kind; nothing inside it may refer to it. */
const UNMADE: object = {};

export class Decoder {
  /** Whether a message is being read. */
  busy: boolean;
  private area: ByteArea | null;
  private start: number;
  private at: number;
  private objects: object[];
  private shapes: string[][];
  private buffers: ArrayBuffer[];
  private bases: number[];
  private beside: readonly unknown[];

  constructor() {
    this.busy = false;
    this.area = null;
    this.start = 0;
    this.at = 0;
    this.objects = [];
    this.shapes = [];
    this.buffers = [];
    this.bases = [];
    this.beside = NOTHING;
  }

  /** Begins to read a message; the bytes of its binaries are copied. */
  begin(area: ByteArea, at: number, beside?: readonly unknown[]): void {
    this.busy = true;
    this.area = area;
    this.start = at;
    this.at = at + 4;
    this.beside = beside ?? NOTHING;
    const table = area.view.getUint32(at, true);
    if (table !== 0) this.readBinaries(area, at + table);
  }

  /** Ends the reading. */
  finish(): void {
    this.busy = false;
    this.area = null;
    this.beside = NOTHING;
    // The arrays may have been kept by nobody, so they can be used again.
    if (this.objects.length > 0) this.objects.length = 0;
    if (this.shapes.length > 0) this.shapes.length = 0;
    if (this.buffers.length > 0) {
      this.buffers.length = 0;
      this.bases.length = 0;
    }
  }

  private readBinaries(area: ByteArea, table: number): void {
    const count = area.view.getUint32(table, true);
    for (let i = 0, entry = table + 4; i < count; i++, entry += 12) {
      const place = this.start + area.view.getUint32(entry, true);
      const length = area.view.getUint32(entry + 4, true);
      const bytes = new Uint8Array(length);
      bytes.set(area.bytes.subarray(place, place + length));
      this.buffers.push(bytes.buffer);
      this.bases.push(area.view.getUint32(entry + 8, true));
    }
  }

  /** Reads one value. */
  value(): unknown {
    const tag = this.byte();
    if (tag >= f.SMALL_INT) return tag - f.SMALL_INT;
    if (tag >= f.SMALL_TEXT) return this.latin1(tag - f.SMALL_TEXT);
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
        return this.buffers[this.count()];
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

  private latin1(length: number): string {
    const { at } = this;
    this.at = at + length;
    if (length === 0) return "";
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
    const make = f.VIEWS[this.byte()] as (typeof f.VIEWS)[number];
    const binary = (this.area as ByteArea).bytes[this.at] === f.BUFFER ? this.numberAfterTag() : -1;
    const buffer = (binary < 0 ? this.value() : this.buffers[binary]) as ArrayBuffer;
    const offset = this.count() - (binary < 0 ? 0 : (this.bases[binary] as number));
    const length = this.count();
    const view =
      make === f.VIEWS[0] ? Buffer.from(buffer, offset, length) : new make(buffer, offset, length);
    this.objects[index] = view;
    return view;
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
    if (kind === undefined) throw unknownKind(name);
    const object = kind.decode(value);
    this.objects[index] = object;
    return object;
  }
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
