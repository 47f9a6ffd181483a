/**
 * The memory that the threads of a runtime share, as packages see it that do not know the scheduler: what channel ends and
 * tokens that cross threads are made of.
 */

/** Waits of one thread at one shared word. */
export interface SharedWaits {
  /** Somebody has changed the thing: what was registered is not any more. */
  woken(): void;
  /** A thread of the runtime has died; what was registered still is. */
  died(): void;
}

/** One thread's part in the shared memory. Addresses are indexes of words; 0 is none. */
export interface SharedHost {
  readonly words: Int32Array;
  /** Names this thread, as long as it takes part: its place in bits 0–9, how often that had been given up above. */
  readonly ref: number;
  /** How many threads can take part at a time. */
  readonly threads: number;
  /** Views that this thread has of shared things, by address. */
  readonly views: Map<number, object>;
  /** Whether the thread that a reference names still takes part. */
  isCurrent(ref: number): boolean;
  /** How many threads have died. */
  deaths(): number;
  /** Memory of so many words, all 0; throws when there is none left. */
  allocate(count: number): number;
  /** Frees memory that was allocated on any thread. */
  free(at: number): void;
  /** Writes a value; answers the address of a node that holds it, whose first word is the holder's to use. */
  write(value: unknown): number;
  /**
   * As `write`, for a value that is read more than once, by several threads perhaps.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when something in it is given away by being sent: that can come once.
   */
  writeCopies(value: unknown): number;
  /** Reads a node's value and frees it. */
  read(node: number): unknown;
  /** Reads a node's value and leaves it. */
  peek(node: number): unknown;
  /** Frees a node whose value nobody reads; ends of channels in it are closed. */
  discard(node: number): void;
  /** Waits at the thing whose word of waiters is at `at`; the caller then looks at the thing once more. */
  register(at: number, waits: SharedWaits): void;
  /** Wakes all that wait there, after the thing was changed. */
  wakeAll(at: number): void;
  /** This thread cannot go on because of what that one holds: sees whether it lives. */
  suspect(ref: number): void;
}

interface Sharing {
  host: SharedHost | null;
  /** Whether the message being written is read more than once, so that nothing can be given away in it. */
  copies: boolean;
  /** How many messages are being written, one inside of another: what they name must stay. */
  encoding: number;
}

const KEY = Symbol.for("treadle.sharing.v1");
const globals = globalThis as { [KEY]?: Sharing };
globals[KEY] ??= { host: null, copies: false, encoding: 0 };

/** The memory that the message being written or read lies in; null when it lies in none that threads share. */
export const sharing: Sharing = globals[KEY];
