/** What a participant asks of the blocking pool, which the scheduler does not know. */

/** One participant's access to the pool. */
export interface JobPort {
  /** A job was put in line. */
  pushed(): void;
  /** A job that comes by message port has come here, to be run or to be sent on. */
  came(entry: number): void;
  /** A job that was spawned here has ended. */
  ended(): void;
  /** A job that runs here has ended; its result is about to be sent. */
  ending(): void;
  /** The module of a job's function has been loaded. */
  loaded(entry: number): void;
  /** There may be room in the line. */
  roomCame(): void;
}
