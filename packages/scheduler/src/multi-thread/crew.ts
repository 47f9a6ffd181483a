/** What a participant asks of its role: home looks after the threads, a worker ends with its scheduler. */

/** Bits by which threads tell each other something that is no mail. */
export const Signal = {
  /** The runtime shuts down. */
  CLOSE: 1,
  /** Somebody has died. */
  DEATH: 2,
  /** To home: a thread has begun, or announces its end. */
  CHANGE: 4,
  /** Something has come by message port. */
  PARCEL: 8,
  /** To home: a job of the blocking pool waits for a thread; to such a thread: there is a job for it. */
  JOBS: 16,
  /** Jobs may be put in line again. */
  ROOM: 32,
} as const;

/** A participant's role. */
export interface Crew {
  /** Others have set these {@link Signal}s. */
  signalled(signals: number): void;
  /** Called about once a second while the thread is blocked. */
  blockedLook(): void;
  /** Whether somebody waits for something beyond tasks: that threads begin or end. */
  isAwaited(): boolean;
  /** The thread goes to sleep in its event loop and waits for nothing itself: whether it must stay there for others. */
  mustStay?(): boolean;
  /** The scheduler shuts down. */
  close(): void;
  /** Whether threads are left that have not ended. */
  hasLeft(): boolean;
  /** Ends what has not ended; answers the names. */
  forsakeAll(): string[];
  /** The scheduler has ended. */
  end(): void;
}

/** Two in the place of one. */
export class CrewPair implements Crew {
  private readonly first: Crew;
  private readonly second: Crew;

  constructor(first: Crew, second: Crew) {
    this.first = first;
    this.second = second;
  }

  signalled(signals: number): void {
    this.first.signalled(signals);
    this.second.signalled(signals);
  }

  blockedLook(): void {
    this.first.blockedLook();
    this.second.blockedLook();
  }

  isAwaited(): boolean {
    return this.first.isAwaited() || this.second.isAwaited();
  }

  mustStay(): boolean {
    return this.first.mustStay?.() === true || this.second.mustStay?.() === true;
  }

  close(): void {
    this.first.close();
    this.second.close();
  }

  hasLeft(): boolean {
    return this.first.hasLeft() || this.second.hasLeft();
  }

  forsakeAll(): string[] {
    return [...this.first.forsakeAll(), ...this.second.forsakeAll()];
  }

  end(): void {
    this.first.end();
    this.second.end();
  }
}
