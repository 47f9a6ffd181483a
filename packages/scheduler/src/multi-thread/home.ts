/** Home, the thread that built the runtime: it spawns and waits, runs what stays on it, and looks after the workers. */
import type { RuntimeError } from "@treadle/core";
import { type Crew, Signal } from "./crew.ts";
import { type Fabric, HOME_INDEX } from "./fabric.ts";
import { Participant, type ParticipantParts } from "./participant.ts";
import { Team } from "./team.ts";
import type { StartedThread } from "./thread-host.ts";

/** What home is made of, beside what every participant is. */
export interface HomeParts extends Omit<ParticipantParts, "crew" | "isWorker"> {
  /** The thread of a worker's place has died. */
  died(index: number): void;
  /** No worker can be started: the runtime ends. */
  failed(error: RuntimeError): void;
  /** Starts the thread of a worker's place. */
  startThread(index: number, onExit: (code: number, error: unknown) => void): StartedThread;
}

/** Home's part in the runtime, and the team of its workers. */
export class Home implements Crew {
  readonly participant: Participant;
  readonly team: Team;
  private readonly fabric: Fabric;

  constructor(parts: HomeParts) {
    const { fabric } = parts;
    this.fabric = fabric;
    this.participant = new Participant({ ...parts, isWorker: false, crew: this });
    this.team = new Team({
      start: (index, onExit) => {
        fabric.expect(index);
        const thread = parts.startThread(index, onExit);
        this.participant.parcels.connect(index, thread.port);
        return thread;
      },
      died: (index) => parts.died(index),
      hasBegun: (index) => fabric.hasBegun(index),
      lastWords: (index) => {
        const code = fabric.lastWords(index);
        // The thread's `exit` event says more, and will come unless this thread is blocked.
        if (code < 0 || !this.participant.isBlocked()) return undefined;
        return `it exited with code ${code}`;
      },
      lost: (index, why) => this.lost(index, why),
      failed: (error) => {
        this.participant.failUnstarted(error);
        parts.failed(error);
      },
      changed: () => this.participant.wake(),
    });
  }

  /** Starts the workers. */
  start(workers: number): void {
    this.team.start(HOME_INDEX + 1, HOME_INDEX + workers);
  }

  /** Settles when all workers run. */
  ready(): Promise<void> {
    const ready = this.team.ready();
    this.participant.stayAlive();
    return ready;
  }

  private lost(index: number, why: string): void {
    this.participant.learnDeath(index, why);
    this.participant.parcels.disconnect(index);
    // One that has left in good order may have been sent something just then.
    if (!this.fabric.declareDead(index)) this.fabric.signalAll(Signal.DEATH);
    this.participant.sweep();
    this.participant.wake();
  }

  signalled(signals: number): void {
    if ((signals & Signal.CHANGE) !== 0) this.team.look();
  }

  blockedLook(): void {
    this.team.lookFromBlocked();
  }

  isAwaited(): boolean {
    return this.team.isAwaited();
  }

  mustStay(): boolean {
    return this.fabric.watchOthers(true);
  }

  close(): void {
    this.team.close();
    this.fabric.participants.close();
    this.fabric.signalAll(Signal.CLOSE);
  }

  hasLeft(): boolean {
    return this.team.running > 0;
  }

  forsakeAll(): string[] {
    return this.team.terminateAll();
  }

  end(): void {}
}
