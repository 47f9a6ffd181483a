/** A worker's side of its role: it announces itself, takes orders, and ends when the runtime does. */
import type { MessagePort } from "node:worker_threads";
import type { CurrentThread } from "../current-thread/current-thread.ts";
import { type Crew, Signal } from "./crew.ts";
import { type Fabric, HOME_INDEX } from "./fabric.ts";
import { ownThread } from "./liveness.ts";
import { Participant, type ParticipantParts } from "./participant.ts";

/** What a worker is made of, beside what every participant is. */
export interface WorkerParts extends Omit<ParticipantParts, "crew" | "isWorker"> {
  /** The port to home. */
  readonly port: MessagePort;
  /** Called when its scheduler has ended: runs the last hook and ends the thread. */
  readonly onEnd: () => void;
}

/** One worker's part in the runtime. */
export class WorkerMember implements Crew {
  readonly participant: Participant;
  private readonly parts: WorkerParts;
  private readonly fabric: Fabric;
  private scheduler: CurrentThread | null = null;
  private ended = false;

  constructor(parts: WorkerParts) {
    this.parts = parts;
    this.fabric = parts.fabric;
    this.participant = new Participant({ ...parts, isWorker: true, crew: this });
  }

  /** Takes its place and begins to take tasks. */
  begin(scheduler: CurrentThread): void {
    this.scheduler = scheduler;
    this.participant.connect(scheduler);
    this.participant.parcels.connect(HOME_INDEX, this.parts.port);
    this.fabric.setSystemThread(ownThread());
    process.once("exit", (code) => this.sayLast(code));
    this.fabric.setBegun();
    this.fabric.signal(HOME_INDEX, Signal.CHANGE);
    // They may have been sent before; a shutdown must find them here.
    this.participant.receiveParcels();
    if (this.fabric.participants.isClosed) scheduler.shutdownBackground();
    scheduler.listen();
  }

  /** The thread ends before it was told to: home is told at once, for it may be blocked. */
  private sayLast(code: number): void {
    if (this.ended) return;
    this.fabric.sayLast(code);
    this.fabric.signal(HOME_INDEX, Signal.CHANGE);
  }

  signalled(signals: number): void {
    if ((signals & Signal.CLOSE) !== 0) this.scheduler?.shutdownBackground();
  }

  blockedLook(): void {}

  isAwaited(): boolean {
    return true;
  }

  mustStay(): boolean {
    return true;
  }

  close(): void {}

  hasLeft(): boolean {
    return false;
  }

  forsakeAll(): string[] {
    return [];
  }

  end(): void {
    this.ended = true;
    this.fabric.leave();
    this.fabric.signal(HOME_INDEX, Signal.CHANGE);
    this.parts.onEnd();
  }
}
