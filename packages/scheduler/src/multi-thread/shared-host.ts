/** What channel ends and tokens that cross threads need of this thread's part in the shared memory. */
import { ERR_INVALID_ARG, RuntimeError, type SharedHost, type SharedWaits } from "@treadle/core";
import {
  BESIDE,
  decodeArguments,
  discardArguments,
  encodeCopied,
  encodeValue,
  finishEncoding,
  takeMessage,
} from "@treadle/task";
import { indexOfRef, payloadOf } from "@treadle/task/shared";
import { segmentFull } from "./error.ts";
import type { Fabric } from "./fabric.ts";
import { isGone } from "./liveness.ts";

/** Bytes of a node before its value: the word that is its holder's. */
const LINK_BYTES = 4;
/** What a value gets first, in bytes: with its link it fills the smallest block. */
const SMALL_BYTES = 116;
/** Words of a block before its payload. */
const BLOCK_HEADER = 2;

/** This thread's part. */
export class ThreadSharedHost implements SharedHost {
  readonly words: Int32Array;
  readonly ref: number;
  readonly threads: number;
  readonly views: Map<number, object> = new Map();
  private readonly fabric: Fabric;
  /** Who waits, by the number in the node. */
  private readonly waits: Map<number, SharedWaits> = new Map();
  private nextWait = 1;

  constructor(fabric: Fabric) {
    this.fabric = fabric;
    this.words = fabric.words;
    this.ref = fabric.ref;
    this.threads = fabric.participants.capacity;
  }

  isCurrent(ref: number): boolean {
    return this.fabric.participants.isCurrent(ref);
  }

  deaths(): number {
    return this.fabric.participants.deaths;
  }

  allocate(count: number): number {
    const at = this.block(count * 4);
    this.words.fill(0, at, at + count);
    return at;
  }

  free(at: number): void {
    this.fabric.place.heap.free(at - BLOCK_HEADER);
  }

  private block(bytes: number): number {
    const block = this.fabric.place.heap.allocate(bytes);
    if (block < 0) throw segmentFull(this.fabric.shared.segment.limitBytes);
    return payloadOf(block) / 4;
  }

  write(value: unknown): number {
    return this.writeNode(value, false);
  }

  writeCopies(value: unknown): number {
    return this.writeNode(value, true);
  }

  private writeNode(value: unknown, copies: boolean): number {
    const { area } = this.fabric;
    const node = this.block(LINK_BYTES + SMALL_BYTES);
    const at = node * 4 + LINK_BYTES;
    let length: number;
    try {
      length = copies
        ? encodeCopied(value, area, at, SMALL_BYTES)
        : encodeValue(value, area, at, SMALL_BYTES);
    } catch (error) {
      this.free(node);
      throw error;
    }
    if (length >= 0) return node;
    this.free(node);
    if (length === BESIDE) {
      // Ends of channels in it are given away by now: they are closed.
      const { bytes, beside } = takeMessage();
      discardArguments(this.fabric.areaOf(bytes), 0, beside);
      throw goesBeside();
    }
    const large = this.block(LINK_BYTES - length);
    finishEncoding(area, large * 4 + LINK_BYTES);
    return large;
  }

  read(node: number): unknown {
    try {
      return this.peek(node);
    } finally {
      this.free(node);
    }
  }

  peek(node: number): unknown {
    return decodeArguments(this.fabric.area, node * 4 + LINK_BYTES)[0];
  }

  discard(node: number): void {
    try {
      discardArguments(this.fabric.area, node * 4 + LINK_BYTES);
    } finally {
      this.free(node);
    }
  }

  register(at: number, waits: SharedWaits): void {
    const { shared, place } = this.fabric;
    const node = place.pool.allocate();
    if (node < 0) throw segmentFull(shared.segment.limitBytes);
    const id = this.nextWait;
    this.nextWait = (id + 1) | 0;
    this.waits.set(id, waits);
    shared.waiters.prepare(node, this.ref, id);
    shared.waiters.register(at, node);
  }

  wakeAll(at: number): void {
    this.fabric.shared.waiters.wakeAll(at);
  }

  suspect(ref: number): void {
    const { fabric } = this;
    const index = indexOfRef(ref);
    if (fabric.participants.isCurrent(ref) && isGone(fabric.systemThread(index)))
      fabric.declareDead(index);
  }

  /** A node has come back: whoever waits with it is woken. */
  came(node: number): void {
    const id = this.fabric.shared.waiters.idOf(node);
    this.fabric.place.pool.free(node);
    const waits = this.waits.get(id);
    this.waits.delete(id);
    waits?.woken();
  }

  /** A thread has died: everybody looks again, at what it may have held. */
  died(): void {
    for (const waits of [...this.waits.values()]) waits.died();
  }
}

function goesBeside(): RuntimeError {
  return new RuntimeError(
    ERR_INVALID_ARG,
    "a value with moved or shared buffers, ports or the like cannot go through a channel between threads: send it as an " +
      "argument or result of a sendable function, or copy it",
  );
}
