/** What the engine asks of whoever runs it. */
import type { Entry } from "./database.ts";

/** Removes entries when their time has come; it calls `entry.database.expire(entry)`. */
export interface ExpiryQueue {
  /** Schedules an entry, or schedules it anew, for `ms` milliseconds from now. It may use `entry.timer`. */
  schedule(entry: Entry, ms: number): void;
  /** Forgets an entry that was scheduled. */
  cancel(entry: Entry): void;
}

/** What the engine runs on. */
export interface Surroundings {
  readonly expiries: ExpiryQueue;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** What CONFIG GET shows. */
  readonly settings: ReadonlyMap<string, string>;
  /** The port of INFO. */
  readonly port: () => number;
}
