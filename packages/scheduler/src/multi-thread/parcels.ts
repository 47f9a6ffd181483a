/**
 * What cannot lie in shared memory (transferred buffers and ports, other SharedArrayBuffers) travels by message port.
 *
 * Home has a port to each worker and the workers have one to home, which hands on what is for another. A sender posts first and
 * signals then, and the ports are read by whoever takes the signal, not by the event loop: so it works on a blocked thread too.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { SendMessage } from "@treadle/task";
import { indexOfRef } from "@treadle/task/shared";
import { Signal } from "./crew.ts";
import type { Fabric } from "./fabric.ts";

/** One parcel. */
export interface Parcel {
  /** The reference to the addressee. */
  readonly to: number;
  readonly cell: number;
  /** The entry to start, with arguments; 0 with a result. */
  readonly entry: number;
  readonly message: SendMessage;
}

/** What has come, and how to send. */
export class Parcels {
  private readonly fabric: Fabric;
  /** The ports by the participant at their other end. */
  private readonly ports = new Map<number, MessagePort>();
  private readonly arrived = new Map<number, SendMessage>();
  /** Home: what is for threads that have not begun. */
  private readonly held: Parcel[] = [];

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
  send(parcel: Parcel): void {
    if (parcel.to === this.fabric.ref) {
      this.arrived.set(parcel.cell, parcel.message);
      return;
    }
    const index = indexOfRef(parcel.to);
    const via = this.ports.has(index) ? index : HOME;
    if (via === this.fabric.self) {
      this.held.push(parcel);
      return;
    }
    this.ports.get(via)?.postMessage(parcel, transferOf(parcel.message));
    this.fabric.signal(via, Signal.PARCEL);
  }

  /** Reads all ports; each parcel for this thread is told, the others are handed on. */
  receive(came: (parcel: Parcel) => void): void {
    for (const port of this.ports.values()) {
      for (;;) {
        const received = receiveMessageOnPort(port) as { message: Parcel } | undefined;
        if (received === undefined) break;
        this.take(received.message, came);
      }
    }
  }

  private take(parcel: Parcel, came: (parcel: Parcel) => void): void {
    if (indexOfRef(parcel.to) !== this.fabric.self) {
      if (this.fabric.participants.isCurrent(parcel.to)) this.send(parcel);
      return;
    }
    if (parcel.to !== this.fabric.ref) return;
    this.arrived.set(parcel.cell, parcel.message);
    came(parcel);
  }

  /** Whether a cell's parcel is here. */
  has(cell: number): boolean {
    return this.arrived.has(cell);
  }

  /** Nobody will open a cell's parcel. */
  forget(cell: number): void {
    this.arrived.delete(cell);
  }

  /** A cell's parcel. */
  open(cell: number): SendMessage {
    const message = this.arrived.get(cell) as SendMessage;
    this.arrived.delete(cell);
    return message;
  }
}

const HOME = 0;

function transferOf(message: SendMessage): readonly never[] {
  return message.transfer as readonly never[];
}
