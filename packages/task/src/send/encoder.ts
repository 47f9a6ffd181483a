/**
 * Writes values, as `format.ts` says, and refuses what cannot cross threads.
 *
 * **Invariants.**
 * 1. One message at a time; what encodes another one meanwhile (a getter, a kind) takes another encoder.
 * 2. Objects are numbered when they begin, as the decoder does.
 */
import { types } from "node:util";
import { sharing } from "@treadle/core";
import { elements, isArrayBuffer, isForeign, travelsBeside, viewKind } from "./classify.ts";
import { copyOf } from "./copy.ts";
import { writeError } from "./error-codec.ts";
import { onlyOnce } from "./errors.ts";
import * as f from "./format.ts";
import { kindOf, SEND, type SendKind } from "./kind.ts";
import { isDetached, isMoved, isTransferable, move } from "./move.ts";
import { endsFar, refuse } from "./offence.ts";
import { FEW, isInt, Writer } from "./writer.ts";

/** How many shapes are compared before an object's keys are written anew. */
const SHAPES = 16;
/** From this length on an array is looked at for holes. */
const SPARSE_FROM = 64;
/**
 * A buffer of so many bytes is not written into the message but copied once and given away beside it, where that is
 * possible: through shared memory it would be copied twice. Measured; below it the port costs more than the second copy.
 */
const GIVEN_FROM = 1 << 18;

/** Where a message stood, to go back there. */
interface Mark {
  readonly at: number;
  readonly objects: number;
  readonly shapes: number;
  readonly binaries: number;
  readonly beside: number;
  readonly kinds: number;
}

/** One message at a time, used again for the next. */
export class Encoder extends Writer {
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
    if (kind.sent !== undefined && sharing.copies) throw onlyOnce(kind.name);
    this.value(kind.encode(object));
    this.kinded = true;
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
    if (endsFar(view)) throw refuse(view);
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
    if (isDetached(buffer)) throw refuse(buffer);
    if (isMoved(buffer)) {
      this.putBeside(buffer);
      return;
    }
    if ((buffer as { resizable?: boolean }).resizable === true) throw refuse(buffer);
    if (this.givesCopies && this.isGivenCopy(buffer, to - from)) {
      this.giveCopy(buffer);
      return;
    }
    // Views of any element size must lie in what is copied as they lie in the whole.
    this.counted(f.BUFFER, this.listBinary(buffer, from - (from % 8), to, view));
  }

  /** Whether a copy of the buffer goes beside the message, of which `shown` bytes are to be seen now. */
  private isGivenCopy(buffer: ArrayBuffer, shown: number): boolean {
    if (this.originals.includes(buffer)) return true;
    return shown >= GIVEN_FROM && shown === buffer.byteLength && !this.isListed(buffer);
  }

  private giveCopy(buffer: ArrayBuffer): void {
    const index = this.originals.indexOf(buffer);
    if (index >= 0) this.counted(f.BESIDE, index);
    else this.addBeside(buffer, move(copyOf(new Uint8Array(buffer)).buffer));
  }

  private putBeside(object: object): void {
    if (isTransferable(object) && !isMoved(object)) throw refuse(object);
    const index = this.originals.indexOf(object);
    if (index >= 0) this.counted(f.BESIDE, index);
    else this.addBeside(object, object);
  }

  private addBeside(original: object, sent: object): void {
    this.rich = true;
    this.originals.push(original);
    this.counted(f.BESIDE, this.beside.push(sent) - 1);
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
    this.originals.length = mark.beside;
    this.kinds.length = mark.kinds;
  }
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
