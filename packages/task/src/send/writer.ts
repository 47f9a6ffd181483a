/**
 * Writes the parts of a message into memory, as `format.ts` says: primitives, and lists of binaries.
 *
 * **Where it writes.** Into the area that it is given; when that is too small it goes on in a buffer of its own, and
 * `copyTo` copies from there once the caller has found a larger place. Binaries (the bytes of ArrayBuffers) are only
 * listed at first, so they are copied once, to where they are to lie in the end.
 */
import { sharing } from "@treadle/core";
import { ByteArea } from "./byte-area.ts";
import * as f from "./format.ts";
import { kindOf } from "./kind.ts";
import { isMoved } from "./move.ts";

/** The word at the start of a message. */
const HEAD = 4;
/** What the table of binaries holds of each. */
const ENTRY = 16;
const SCRATCH = 1 << 12;
/** Up to so many bytes are copied one by one. */
const FEW_BYTES = 64;
/** Up to so many objects of a message are looked for one by one. */
export const FEW = 8;
/** A buffer of the writer's own that has grown beyond this is let go after the message. */
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

export class Writer {
  /** Whether a message is being written. */
  busy: boolean;
  /** Whether the message holds more than primitives, so that something is kept of it meanwhile. */
  protected rich: boolean;
  protected area: ByteArea;
  protected scratch: ByteArea;
  protected start: number;
  protected at: number;
  protected end: number;
  protected readonly seen: Map<object, number>;
  protected readonly objects: object[];
  protected readonly shapes: (readonly string[])[];
  protected readonly binaries: Binary[];
  /** What goes by message port, and what each stands for: itself, or what it is a copy of. */
  protected readonly beside: object[];
  protected readonly originals: object[];
  /** Whether large buffers may go by message port, as copies. */
  givesCopies: boolean;
  /** Objects whose kind wants to know when they were sent. */
  protected readonly kinds: object[];
  /** Whether there are objects of kinds. */
  protected kinded: boolean;

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
    this.originals = [];
    this.givesCopies = false;
    this.kinds = [];
    this.kinded = false;
  }

  /** Begins a message at a place that holds `capacity` bytes. */
  begin(area: ByteArea, at: number, capacity: number): void {
    if (this.rich) this.forget();
    this.busy = true;
    sharing.encoding++;
    this.givesCopies = false;
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
    sharing.encoding--;
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
    sharing.encoding--;
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

  protected forget(): void {
    if (this.objects.length > FEW) this.seen.clear();
    this.objects.length = 0;
    this.shapes.length = 0;
    this.binaries.length = 0;
    this.beside.length = 0;
    this.originals.length = 0;
    this.kinds.length = 0;
    this.kinded = false;
    this.rich = false;
    if (this.scratch.bytes.length > KEPT) this.scratch = new ByteArea(new ArrayBuffer(SCRATCH));
  }

  protected tellKinds(): void {
    for (const object of this.kinds) kindOf(object)?.sent?.(object);
    this.kinds.length = 0;
  }

  /** Makes sure that `bytes` more can be written. */
  need(bytes: number): void {
    if (this.at + bytes > this.end) this.spill(bytes);
  }

  /** Goes on in the encoder's own buffer, with room for `bytes` more. */
  protected spill(bytes: number): void {
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
  protected layOut(): number {
    const { binaries } = this;
    if (this.kinded) this.area.view.setUint32(this.start, f.KINDED, true);
    if (binaries.length === 0) return this.at - this.start;
    this.need(4 + binaries.length * ENTRY);
    const { view } = this.area;
    const table = this.at;
    view.setUint32(this.start, table - this.start + (this.kinded ? f.KINDED : 0), true);
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
  protected total(): number {
    let place = this.at - this.start;
    for (const { from, to } of this.binaries) place = align(place) + to - from;
    return align(place);
  }

  protected copyBinaries(area: ByteArea, start: number): void {
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

  protected number(value: number): void {
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
  protected smallText(value: string, length: number): boolean {
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

  protected bigint(value: bigint): void {
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

  protected isListed(buffer: ArrayBuffer): boolean {
    for (const binary of this.binaries) if (binary.buffer === buffer) return true;
    return false;
  }

  protected listBinary(
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
}

function align(at: number): number {
  const end = at + 7;
  return end - (end % 8);
}

/** Whether a number is an integer of 32 bits; -0 is none. */
export function isInt(value: number): boolean {
  return (value | 0) === value && (value !== 0 || 1 / value > 0);
}

/** A few bytes are copied faster without a call. */
function copyBytes(from: Uint8Array, to: Uint8Array, at: number): void {
  const { length } = from;
  if (length > FEW_BYTES) to.set(from, at);
  else for (let i = 0; i < length; i++) to[at + i] = from[i] as number;
}
