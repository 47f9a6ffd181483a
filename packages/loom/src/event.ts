/** One entry of a trace: what a thread did, what came of it, and what it takes to undo it. */
import type { Block, View } from "./memory.ts";
import type { ModelThread } from "./model-thread.ts";
import type { Value } from "./native.ts";
import { Op } from "./op.ts";
import type { Clock, ShadowChange } from "./race-detector.ts";

/** A thread that a notify or a timeout takes out of its wait. */
export interface Woken {
  readonly thread: ModelThread;
  readonly wait: Event;
  /** Its place in the queue of waiters. */
  readonly place: number;
  readonly hashA: number;
  readonly hashB: number;
  readonly clock: Clock;
}

/** An entry; all fields set at once, for there are very many. */
export class Event {
  readonly op: Op;
  readonly thread: ModelThread;
  readonly view: View | null;
  readonly index: number;
  readonly a: Value;
  readonly b: Value;
  result: unknown;
  /** Whether it wrote to its element, be it the same value. */
  wrote: boolean;
  /** The element before and after. */
  before: Value;
  after: Value;
  /** The thread spawned, joined or waited for. */
  other: ModelThread | null;
  block: Block | null;
  woken: Woken[] | null;
  shadow: ShadowChange[] | null;
  /** The element's clock before, undefined if it had none, null if it was left alone. */
  released: Clock | undefined | null;
  waitersClock: Clock | undefined | null;
  readonly clock: Clock;
  readonly hashA: number;
  readonly hashB: number;
  readonly memoryA: number;
  readonly memoryB: number;
  readonly raceA: number;
  readonly raceB: number;
  readonly changes: number;
  readonly heldAt: number;
  /** Where in the program, if asked for. */
  where: string;

  constructor(
    op: Op,
    thread: ModelThread,
    view: View | null,
    index: number,
    a: Value,
    b: Value,
    memory: { readonly a: number; readonly b: number },
    race: { readonly a: number; readonly b: number },
    changes: number,
  ) {
    this.op = op;
    this.thread = thread;
    this.view = view;
    this.index = index;
    this.a = a;
    this.b = b;
    this.result = undefined;
    this.wrote = false;
    this.before = 0;
    this.after = 0;
    this.other = null;
    this.block = null;
    this.woken = null;
    this.shadow = null;
    this.released = null;
    this.waitersClock = null;
    this.clock = thread.clock;
    this.hashA = thread.hash.a;
    this.hashB = thread.hash.b;
    this.memoryA = memory.a;
    this.memoryB = memory.b;
    this.raceA = race.a;
    this.raceB = race.b;
    this.changes = changes;
    this.heldAt = thread.heldAt;
    this.where = "";
  }

  /** Whether the program asks for the same again. */
  isAskedBy(op: Op, view: View | null, index: number, a: Value, b: Value): boolean {
    return (
      this.op === op &&
      this.view === view &&
      this.index === index &&
      Object.is(this.a, a) &&
      Object.is(this.b, b)
    );
  }

  /** Whether it changed nothing that anybody could see. */
  isIdle(): boolean {
    if (this.op === Op.WAIT) return this.result === "timed-out" || this.result === "not-equal";
    return this.op <= Op.YIELD && this.op !== Op.NOTIFY && this.before === this.after;
  }
}
