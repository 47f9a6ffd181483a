/**
 * What cannot lie in shared memory (transferred buffers and ports, other SharedArrayBuffers) travels by message port.
 *
 * Home has a port to each worker and the workers have one to home, which hands on what is for another. A sender posts first and
 * signals then, and the ports are read by whoever takes the signal, not by the event loop: so it works on a blocked thread too.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { isTransferable, type SendMessage } from "@treadle/task";
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

  constructor(fabric: Fabric) {
    this.fabric = fabric;
  }

  /** From now on this is the port to that participant. */
  connect(index: number, port: MessagePort): void {
    this.ports.set(index, port);
    port.unref();
    for (const parcel of this.held.splice(0)) this.send(parcel);
  }

  /** The thread of that participant is gone: what is sent there waits for the one that takes its place. */
  disconnect(index: number): void {
    this.ports.delete(index);
  }

  /** Sends a parcel on its way. */
  send(parcel: Outgoing): void {
    const via = this.post(parcel);
    if (via !== NOWHERE) this.fabric.signal(via, Signal.PARCEL);
  }

  /** As `send`, for one of which the addressee learns otherwise, after this: only who has to hand it on is told. */
  sendUntold(parcel: Outgoing): void {
    const via = this.post(parcel);
    if (via !== NOWHERE && via !== indexOfRef(parcel.to)) this.fabric.signal(via, Signal.PARCEL);
  }

  /** Home: sends a parcel that has come on to the thread that was chosen for it. */
  sendOn(to: number, cell: number, entry: number): void {
    const { task, message } = this.arrived.get(cell) as Parcel;
    this.arrived.delete(cell);
    this.send({ to, cell, task, entry, message: forwarded(message.bytes, message.beside) });
  }

  /** Puts a parcel into a port, and answers whose that is. */
  private post(parcel: Outgoing): number {
    const { to, cell, task, entry, message } = parcel;
    if (to === this.fabric.ref) {
      this.arrived.set(cell, parcel);
      return NOWHERE;
    }
    const index = indexOfRef(to);
    const via = this.ports.has(index) ? index : HOME;
    if (via === this.fabric.self) {
      this.held.push(parcel);
      return NOWHERE;
    }
    const packed: Packed = [to, cell, task, entry, message.bytes, ...message.beside];
    this.ports.get(via)?.postMessage(packed, message.transfer as readonly never[]);
    return via;
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
  }

  private take(packed: Packed, came: (parcel: Parcel) => void): void {
    const [to, cell, task, entry, bytes, ...beside] = packed;
    if (indexOfRef(to) !== this.fabric.self) {
      if (!this.fabric.participants.isCurrent(to)) return;
      this.send({ to, cell, task, entry, message: forwarded(bytes, beside) });
      return;
    }
    if (to !== this.fabric.ref) return;
    const parcel = { to, cell, task, entry, message: { bytes, beside } };
    this.arrived.set(cell, parcel);
    came(parcel);
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

/** In the place of a participant: there is no port to take. */
const NOWHERE = -1;

/** What was given to this thread is given on. */
function forwarded(bytes: ArrayBuffer, beside: readonly unknown[]): SendMessage {
  return {
    bytes,
    beside,
    transfer: [bytes, ...beside.filter(isTransferable)] as readonly object[],
  };
}
