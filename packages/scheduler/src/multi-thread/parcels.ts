/**
 * What cannot lie in shared memory (transferred buffers and ports, other SharedArrayBuffers) travels by message port.
 *
 * Home has a port to each worker and the workers have one to home, which hands on what is for another. A sender posts first and
 * signals then, and the ports are read by whoever takes the signal, not by the event loop: so it works on a blocked thread too.
 *
 * A worker that blocks in place gives back what it has not begun: the parcel returns to the spawner, which sends it to another.
 * Only the spawner says to whom a task was sent, so that it knows what was lost when a thread dies.
 *
 * What was moved leaves its thread when the parcel is sent, also one that is kept here at first, and what Node does not give
 * away is refused then. What can go no more when it is handed on (a port whose other end was closed meanwhile) is replaced by
 * a *refusal*: a message without bytes, and the reason beside it.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import {
  discardArguments,
  discardOutcome,
  isTransferable,
  NotSendError,
  type SendMessage,
} from "@treadle/task";
import { indexOfRef } from "@treadle/task/shared";
import { Signal } from "./crew.ts";
import type { Fabric } from "./fabric.ts";

/** One parcel. */
export interface Parcel {
  /** The reference to the addressee. */
  readonly to: number;
  readonly cell: number;
  /** The id of the task whose cell it is: one that comes late, for a task that was given up, is not the next one's. */
  readonly task: number;
  /** The entry to start, with arguments; 0 with a result. */
  readonly entry: number;
  readonly message: ReceivedMessage;
}

/** One that is to be sent. */
interface Outgoing extends Parcel {
  readonly message: SendMessage;
}

/** A message on this side of the port: what was to be transferred is among what came beside it. */
export interface ReceivedMessage {
  readonly bytes: ArrayBuffer;
  readonly beside: readonly unknown[];
}

/** A parcel on its way, as an array, which crosses in two thirds of the time: to, cell, task, entry, bytes, what is beside. */
type Packed = [number, number, number, number, ArrayBuffer, ...unknown[]];

/** What has come, and how to send. */
export class Parcels {
  private readonly fabric: Fabric;
  /** The ports by the participant at their other end. */
  private readonly ports = new Map<number, MessagePort>();
  private readonly arrived = new Map<number, Parcel>();
  /** Home: what is for threads that have not begun. */
  private readonly held: Outgoing[] = [];
  /** Home: tasks for which every worker is blocked in place. */
  private kept: Outgoing[] = [];

  constructor(fabric: Fabric) {
    this.fabric = fabric;
  }

  /** From now on this is the port to that participant. */
  connect(index: number, port: MessagePort): void {
    this.ports.set(index, port);
    port.unref();
    for (const parcel of this.held.splice(0)) this.relay(parcel, true);
  }

  /** The thread of that participant is gone: what is sent there waits for the one that takes its place. */
  disconnect(index: number): void {
    this.ports.delete(index);
  }

  /**
   * Sends a parcel on its way; false if it is a task for a thread that is blocked in place, unless there is no other for it.
   *
   * @throws {@link NotSendError} for something moved that Node does not give away; nothing was sent then.
   */
  send(parcel: Outgoing, isLast = false): boolean {
    const via = this.post(parcel, isLast);
    if (via >= 0) this.fabric.signal(via, Signal.PARCEL);
    return via !== REFUSED;
  }

  /** As `send`, for one of which the addressee learns otherwise, after this: only who has to hand it on is told. */
  sendUntold(parcel: Outgoing): void {
    const via = this.post(parcel, true);
    if (via >= 0 && via !== indexOfRef(parcel.to)) this.fabric.signal(via, Signal.PARCEL);
  }

  /** Sends a parcel that has come here on to another thread, whatever that does. */
  sendOn(to: number, cell: number, entry: number): void {
    const parcel = this.arrived.get(cell) as Parcel;
    this.arrived.delete(cell);
    this.relay({ ...parcel, to, entry, message: forwarded(parcel.message) }, true);
  }

  /** Sends on what is this thread's only on its way, or a refusal in its place; false as `send`. */
  private relay(parcel: Outgoing, isLast = false): boolean {
    try {
      return this.send(parcel, isLast);
    } catch (error) {
      const { bytes, beside } = parcel.message;
      const discard = parcel.entry === 0 ? discardOutcome : discardArguments;
      if (bytes.byteLength > 0) discard(this.fabric.areaOf(bytes), 0, beside);
      return this.send({ ...parcel, message: refusal(error) }, true);
    }
  }

  /** Puts a parcel into a port, and answers who is to be told. */
  private post(parcel: Outgoing, isLast: boolean): number {
    const { to } = parcel;
    if (to === this.fabric.ref) {
      this.arrived.set(parcel.cell, { ...parcel, message: taken(parcel.message) });
      return NOWHERE;
    }
    const index = indexOfRef(to);
    const via = this.ports.has(index) ? index : HOME;
    if (via === this.fabric.self) {
      this.held.push({ ...parcel, message: forwarded(taken(parcel.message)) });
      return NOWHERE;
    }
    if (via === index && !isLast && this.isTaskFor(parcel)) return this.putGuarded(parcel, index);
    this.put(parcel, via);
    return via;
  }

  /** The addressee has both the parcel and the signal before it blocks in place, or neither. */
  private putGuarded(parcel: Outgoing, index: number): number {
    const gate = this.fabric.gate(index);
    if (!gate.enter()) return REFUSED;
    try {
      this.put(parcel, index);
      this.fabric.signal(index, Signal.PARCEL);
    } finally {
      gate.leave();
    }
    return NOWHERE;
  }

  private put(parcel: Outgoing, via: number): void {
    const { to, cell, task, entry, message } = parcel;
    const packed: Packed = [to, cell, task, entry, message.bytes, ...message.beside];
    give(this.ports.get(via), packed, message);
  }

  /** Whether it is a task that its addressee is to run, not one of its own that comes back. */
  private isTaskFor({ to, cell, entry }: Parcel): boolean {
    return entry !== 0 && !this.fabric.isJob(cell) && this.fabric.cells.spawner(cell) !== to;
  }

  /** Reads all ports; each parcel for this thread is told, the others are handed on. */
  receive(came: (parcel: Parcel) => void): void {
    for (const port of this.ports.values()) {
      for (;;) {
        const received = receiveMessageOnPort(port) as { message: Packed } | undefined;
        if (received === undefined) break;
        this.take(received.message, came);
      }
    }
    if (this.kept.length > 0) this.sendKept(came);
  }

  private take(packed: Packed, came: (parcel: Parcel) => void): void {
    const [to, cell, task, entry, bytes, ...beside] = packed;
    if (indexOfRef(to) !== this.fabric.self) {
      if (!this.fabric.participants.isCurrent(to)) return;
      this.handOn({ to, cell, task, entry, message: forwarded({ bytes, beside }) });
      return;
    }
    if (to !== this.fabric.ref) return;
    const parcel = { to, cell, task, entry, message: { bytes, beside } };
    if (!this.isBack(parcel)) this.arrived.set(cell, parcel);
    came(parcel);
  }

  /** Home: sends one on that is for another, or back if that one is blocked now and others are not. */
  private handOn(parcel: Outgoing): void {
    const { fabric } = this;
    while (!this.relay(parcel)) {
      if (!fabric.areAllBlocked()) {
        this.relay({ ...parcel, to: fabric.cells.spawner(parcel.cell) });
        return;
      }
      if (!this.wantAll()) continue;
      this.kept.push(parcel);
      return;
    }
  }

  /**
   * Home: keeps a task until one of the workers, of which all are blocked, goes on; false if one does already.
   *
   * @throws {@link NotSendError} as `send`.
   */
  keep(parcel: Outgoing): boolean {
    if (!this.wantAll()) return false;
    this.kept.push({ ...parcel, message: forwarded(taken(parcel.message)) });
    return true;
  }

  /** Home: whether a cell's parcel is kept. */
  keeps(cell: number): boolean {
    for (const parcel of this.kept) if (parcel.cell === cell) return true;
    return false;
  }

  private wantAll(): boolean {
    const { fabric } = this;
    for (let i = 1; i <= fabric.workers; i++) if (!fabric.gate(i).want()) return false;
    return true;
  }

  /** Home: a worker may have gone on. */
  private sendKept(came: (parcel: Parcel) => void): void {
    const { kept, fabric } = this;
    this.kept = [];
    for (const parcel of kept) {
      if (this.isBack(parcel)) came(parcel);
      else if (fabric.participants.isCurrent(parcel.to)) this.handOn(parcel);
      else this.discardTask(parcel);
    }
  }

  /** Closes what a task brings that nobody will run. */
  private discardTask({ message: { bytes, beside } }: Parcel): void {
    if (bytes.byteLength > 0) discardArguments(this.fabric.areaOf(bytes), 0, beside);
  }

  /** Whether a parcel has come back to this thread, whose task it is, from one that has not begun it. */
  isBack(parcel: Parcel): boolean {
    const { fabric } = this;
    const { cell } = parcel;
    return parcel.entry !== 0 && !fabric.isJob(cell) && fabric.cells.spawner(cell) === fabric.ref;
  }

  /** Whether a cell's parcel is here; of that task if one is named. */
  has(cell: number, task?: number): boolean {
    const parcel = this.arrived.get(cell);
    return parcel !== undefined && (task === undefined || parcel.task === task);
  }

  /** Nobody will open a cell's parcel. */
  forget(cell: number): void {
    this.arrived.delete(cell);
  }

  /** A cell's parcel, if it is here. */
  open(cell: number): ReceivedMessage | undefined {
    const parcel = this.arrived.get(cell);
    this.arrived.delete(cell);
    return parcel?.message;
  }
}

const HOME = 0;

/** In the place of a participant: nobody is to be told. */
const NOWHERE = -1;
/** In the place of a participant: it is blocked in place. */
const REFUSED = -2;

/** What was given to this thread, to be given on. */
export function forwarded({ bytes, beside }: ReceivedMessage): SendMessage {
  return {
    bytes,
    beside,
    transfer: [bytes, ...beside.filter(isTransferable)] as readonly object[],
  };
}

/** Through it goes what stays on this thread for now. */
let own: MessageChannel | null = null;

/** A message that stays on this thread for now: what was moved is gone from where it was all the same. */
function taken(message: SendMessage): ReceivedMessage {
  const { bytes, beside, transfer } = message;
  if (transfer.length <= 1) return { bytes, beside };
  own ??= new MessageChannel();
  give(own.port1, [bytes, ...beside], message);
  const received = receiveMessageOnPort(own.port2) as { message: [ArrayBuffer, ...unknown[]] };
  const [first, ...rest] = received.message;
  return { bytes: first, beside: rest };
}

/** Posts, and throws a `NotSendError` where Node refuses. */
function give(
  port: MessagePort | undefined,
  packed: readonly unknown[],
  { transfer }: SendMessage,
): void {
  // Node would find it only after it has taken the buffers.
  if (transfer.some(isLocked)) throw notFree("a stream that has a reader or a writer is locked");
  try {
    port?.postMessage(packed, transfer as readonly never[]);
  } catch (error) {
    throw notFree(error instanceof Error ? error.message : String(error));
  }
}

function isLocked(object: object): boolean {
  return (object as { locked?: unknown }).locked === true;
}

function notFree(why: string): NotSendError {
  return new NotSendError("what was moved", "not free to be given away", why);
}

/** What goes in the place of a message that cannot go. */
export function refusal(error: unknown): SendMessage {
  const why = error instanceof Error ? error.message : String(error);
  return { bytes: new ArrayBuffer(0), beside: [why], transfer: [] };
}

/** A message that is to be read; throws for a refusal. */
export function readable(message: ReceivedMessage): ReceivedMessage {
  if (message.bytes.byteLength === 0) throw notFree(String(message.beside[0]));
  return message;
}
