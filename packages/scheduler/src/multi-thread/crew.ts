/** What a participant asks of its role: home looks after the threads, a worker ends with its scheduler. */

/** Bits by which threads tell each other something that is no mail. */
export const Signal = {
  /** The runtime shuts down. */
  CLOSE: 1 << 0,
  /** Somebody has died. */
  DEATH: 1 << 1,
  /** To home: a thread has begun, or announces its end. */
  CHANGE: 1 << 2,
  /** Something has come by message port. */
  PARCEL: 1 << 3,
} as const;

/** A participant's role. */
export interface Crew {
  /** Others have set these {@link Signal}s. */
  signalled(signals: number): void;
  /** Called about once a second while the thread is blocked. */
  blockedLook(): void;
  /** Whether somebody waits for something beyond tasks: that threads begin or end. */
  isAwaited(): boolean;
  /** The scheduler shuts down. */
  close(): void;
  /** Whether threads are left that have not ended. */
  hasLeft(): boolean;
  /** Ends what has not ended; answers the names. */
  forsakeAll(): string[];
  /** The scheduler has ended. */
  end(): void;
}
