/**
 * The shared memory of a model: blocks that threads allocate, and the views through which they touch them.
 *
 * A block is named by who allocated it as their how-manieth, not by when, so that it is the same block in every
 * interleaving. Undoing a trace brings its words back to zero, hence blocks are used again.
 */
import { mix } from "./fingerprint.ts";
import { type Elements, type ElementsConstructor, NativeSharedArrayBuffer } from "./native.ts";
import type { Clock, Shadow } from "./race-detector.ts";

/** One SharedArrayBuffer of a model. */
export class Block {
  readonly key: number;
  readonly buffer: SharedArrayBuffer;
  /** How it is called in traces. */
  name: string;
  /** What the last atomic write to an element knew; by byte. */
  readonly released: Map<number, Clock>;
  /** What the last to hold the list of an element's waiters knew; by byte. */
  readonly waitersClock: Map<number, Clock>;
  /** Who touched it when; by byte, or by group of bytes. */
  readonly shadows: Map<number, Shadow>;
  private readonly views: Map<string, View>;

  constructor(key: number, byteLength: number) {
    this.key = key;
    this.buffer = new NativeSharedArrayBuffer(byteLength);
    this.name = "";
    this.released = new Map();
    this.waitersClock = new Map();
    this.shadows = new Map();
    this.views = new Map();
  }

  /** The view of these elements, always the same one. */
  view(kind: ElementsConstructor, offset: number, length: number | undefined): View {
    const key = `${kind.name} ${offset} ${length ?? ""}`;
    let view = this.views.get(key);
    if (view === undefined) {
      view = new View(this, kind, new kind(this.buffer, offset, length));
      this.views.set(key, view);
    }
    return view;
  }

  /** Names 4 bytes for hashing and for the set of shared words. */
  word(byte: number): number {
    return (this.key >>> 0) * 0x10_0000 + (byte >>> 2);
  }
}

/** A typed array on a block. */
export class View {
  readonly block: Block;
  readonly kind: ElementsConstructor;
  readonly elements: Elements;
  readonly size: number;
  readonly offset: number;
  /** One element to convert values with. */
  readonly scratch: Elements;
  /** What the program holds in its stead. */
  proxy: object;

  constructor(block: Block, kind: ElementsConstructor, elements: Elements) {
    this.block = block;
    this.kind = kind;
    this.elements = elements;
    this.size = kind.BYTES_PER_ELEMENT;
    this.offset = elements.byteOffset;
    this.scratch = new kind(1);
    this.proxy = this;
  }

  /** Where an element begins in the block. */
  byte(index: number): number {
    return this.offset + index * this.size;
  }

  /** The element as traces call it. */
  describe(index: number): string {
    const at = this.byte(index) / this.size;
    const kind = this.kind.name === "Int32Array" ? "" : ` as ${this.kind.name}`;
    return `${this.block.name}[${at}]${kind}`;
  }
}

const blocks = new WeakMap<object, Block>();
const views = new WeakMap<object, View>();

/** The block behind a buffer, undefined for a buffer of nobody's model. */
export function blockOf(buffer: object): Block | undefined {
  return blocks.get(buffer);
}

/** The view behind what a program holds, undefined if it holds something else. */
export function viewOf(held: object): View | undefined {
  return views.get(held);
}

/** Lets {@link viewOf} find the view. */
export function registerView(view: View, proxy: object): void {
  view.proxy = proxy;
  views.set(proxy, view);
}

/** The blocks of one model, kept between executions. */
export class Memory {
  private readonly free: Map<number, Block>;

  constructor() {
    this.free = new Map();
  }

  /** A block of zeros for a thread's `nth` allocation. */
  take(threadKey: number, nth: number, byteLength: number): Block {
    const key = mix(mix(threadKey, nth), byteLength);
    let block = this.free.get(key);
    if (block === undefined) {
      block = new Block(key, byteLength);
      blocks.set(block.buffer, block);
    } else this.free.delete(key);
    return block;
  }

  /** Takes a block back whose writes have been undone. */
  give(block: Block): void {
    this.free.set(block.key, block);
  }
}
