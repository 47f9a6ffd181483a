/**
 * Data races by vector clocks (as FastTrack and C11Tester do), with the synchronisation that ECMAScript's memory model has.
 *
 * An atomic read synchronises with the atomic write it reads from; a read-modify-write is both. Entering the list of waiters
 * of an element (wait, notify) synchronises with leaving it before. Spawn and join order everything on their two sides.
 *
 * A race is a pair of accesses to one place, at least one of them plain and at least one a write, of which neither happens
 * before the other. It is found in whatever order the two ran, so plain accesses need not be places to switch at.
 */
import type { Event } from "./event.ts";
import { Fingerprint } from "./fingerprint.ts";
import type { Block, View } from "./memory.ts";
import type { ModelThread } from "./model-thread.ts";

/** For each thread the number of its operations that are known; never changed in place. */
export type Clock = readonly number[];

/** No operation of anybody is known. */
export const NOTHING_KNOWN: Clock = [];

/** The most threads of a model. */
export const MAX_THREADS = 16;

/** Kinds of access in a shadow. */
const PLAIN_READ = 0;
const PLAIN_WRITE = 1;
const ATOMIC_READ = 2;
const ATOMIC_WRITE = 3;

/** For each kind of access and thread the clock of the last one. */
export type Shadow = Int32Array;

/** One change to a shadow, to be undone. */
export interface ShadowChange {
  readonly shadow: Shadow;
  readonly at: number;
  readonly before: number;
}

/** Two accesses that race. */
export interface Race {
  readonly otherThread: number;
  /** The clock of the other access. */
  readonly otherClock: number;
}

function tick(clock: Clock, thread: number): Clock {
  const next = clock.slice();
  while (next.length <= thread) next.push(0);
  next[thread]! += 1;
  return next;
}

/** What is known by either. */
export function joinClocks(a: Clock, b: Clock | undefined): Clock {
  if (b === undefined || a === b) return a;
  const next = a.slice();
  for (let i = 0; i < b.length; i += 1) next[i] = Math.max(next[i] ?? 0, b[i]!);
  return next;
}

/** The clocks of one model and the check of every access. */
export class RaceDetector {
  /** Whether anything is to be checked: not before the first plain access is seen. */
  enabled: boolean;
  /** Bytes that are checked as one; 1 once there are views of smaller elements than words. */
  unit: number;
  /** What the state consists of beside memory and threads. */
  readonly hash: Fingerprint;

  constructor() {
    this.enabled = false;
    this.unit = 4;
    this.hash = new Fingerprint();
  }

  /** The thread does one thing more. */
  tick(thread: ModelThread): void {
    if (this.enabled) thread.clock = tick(thread.clock, thread.id);
  }

  /** An atomic access; answers the race it is in. */
  atomic(event: Event, view: View, reads: boolean, writes: boolean): Race | null {
    const { thread } = event;
    const byte = view.byte(event.index);
    const { released } = view.block;
    const known = released.get(byte);
    if (reads) thread.clock = joinClocks(thread.clock, known);
    if (writes) {
      event.released = known;
      released.set(byte, thread.clock);
      this.toggleClock(view.block, byte, known);
      this.toggleClock(view.block, byte, thread.clock);
    }
    return this.access(event, view, writes ? ATOMIC_WRITE : ATOMIC_READ);
  }

  /** A plain access; answers the race it is in. */
  plain(event: Event, view: View, writes: boolean): Race | null {
    return this.access(event, view, writes ? PLAIN_WRITE : PLAIN_READ);
  }

  /** The thread has the list of waiters to itself for a moment. */
  enterWaiters(event: Event, view: View): void {
    const { thread } = event;
    const byte = view.byte(event.index);
    const known = view.block.waitersClock.get(byte);
    thread.clock = joinClocks(thread.clock, known);
    event.waitersClock = known;
    view.block.waitersClock.set(byte, thread.clock);
    this.toggleClock(view.block, ~byte, known);
    this.toggleClock(view.block, ~byte, thread.clock);
  }

  /** Takes an event's traces back. */
  undo(event: Event): void {
    if (!this.enabled) return;
    for (const change of event.shadow ?? []) change.shadow[change.at] = change.before;
    const { view } = event;
    if (view !== null) {
      restore(view.block.released, view.byte(event.index), event.released);
      restore(view.block.waitersClock, view.byte(event.index), event.waitersClock);
    }
    this.hash.set(event.raceA, event.raceB);
  }

  private access(event: Event, view: View, kind: number): Race | null {
    const first = Math.floor(view.byte(event.index) / this.unit);
    const last = Math.floor((view.byte(event.index) + view.size - 1) / this.unit);
    for (let unit = first; unit <= last; unit += 1) {
      const race = this.touch(event, view.block, unit, kind);
      if (race !== null) return race;
    }
    return null;
  }

  private touch(event: Event, block: Block, unit: number, kind: number): Race | null {
    let shadow = block.shadows.get(unit);
    if (shadow === undefined) {
      shadow = new Int32Array(4 * MAX_THREADS);
      block.shadows.set(unit, shadow);
    }
    const { thread } = event;
    const race = conflict(shadow, thread.clock, thread.id, kind);
    if (race !== null) return race;
    const at = kind * MAX_THREADS + thread.id;
    event.shadow ??= [];
    event.shadow.push({ shadow, at, before: shadow[at]! });
    this.hash.toggle(block.key + unit, mixKind(kind, thread.key), shadow[at]!);
    shadow[at] = thread.clock[thread.id]!;
    this.hash.toggle(block.key + unit, mixKind(kind, thread.key), shadow[at]!);
    return null;
  }

  private toggleClock(block: Block, byte: number, clock: Clock | undefined): void {
    if (clock === undefined) return;
    for (let i = 0; i < clock.length; i += 1) this.hash.toggle(block.key ^ byte, 4 + i, clock[i]!);
  }
}

function restore(clocks: Map<number, Clock>, byte: number, before: Clock | undefined | null): void {
  if (before === null) return;
  if (before === undefined) clocks.delete(byte);
  else clocks.set(byte, before);
}

function mixKind(kind: number, threadKey: number): number {
  return (threadKey & ~3) | kind;
}

/** The first access of another thread that is not known to this one and excludes this kind of access. */
function conflict(shadow: Shadow, clock: Clock, self: number, kind: number): Race | null {
  const writes = kind === PLAIN_WRITE || kind === ATOMIC_WRITE;
  const plain = kind === PLAIN_READ || kind === PLAIN_WRITE;
  for (let other = 0; other < MAX_THREADS; other += 1) {
    if (other === self) continue;
    const known = clock[other] ?? 0;
    for (let otherKind = 0; otherKind < 4; otherKind += 1) {
      const otherWrites = otherKind === PLAIN_WRITE || otherKind === ATOMIC_WRITE;
      if (!(writes || otherWrites)) continue;
      if (!plain && otherKind >= ATOMIC_READ) continue;
      const at = shadow[otherKind * MAX_THREADS + other]!;
      if (at > known) return { otherThread: other, otherClock: at };
    }
  }
  return null;
}
