/** The line in which jobs wait for a thread, as one participant uses it: it pushes, passes on, and waits for room. */
import type { SharedMemory } from "@treadle/task/shared";
import type { HandOff } from "./hand-off.ts";

/** What the line asks of its thread. */
export interface LineThread {
  /** Which participant this is. */
  readonly self: number;
  /** Tells an idle thread that there is a job for it. */
  call(thread: number): void;
  /** Tells home that a thread is needed. */
  askHome(): void;
  /** Tells a participant that there is room in the line. */
  tellRoom(participant: number): void;
}

/** One participant's access to the line. */
export class JobLine {
  private readonly shared: SharedMemory;
  private readonly handOff: HandOff;
  private readonly thread: LineThread;
  private readonly waiting = new Set<() => void>();

  constructor(shared: SharedMemory, handOff: HandOff, thread: LineThread) {
    this.shared = shared;
    this.handOff = handOff;
    this.thread = thread;
  }

  /** A job is in line: an idle thread takes it, or home is asked for another thread if there may be one. */
  pushed(): void {
    const idle = this.handOff.claim();
    if (idle >= 0) this.thread.call(idle);
    else if (this.handOff.mayGrow) this.thread.askHome();
  }

  /** If a job is in line: as `pushed`. */
  passOn(): void {
    if (this.shared.jobs.hasWork()) this.pushed();
  }

  /** Takes the oldest job of some spawner, and passes the next one on; 0 if the line is empty. */
  take(): number {
    const { jobs } = this.shared;
    const entry = jobs.takeOne();
    if (entry === 0) return 0;
    this.passOn();
    if (this.handOff.limit > 0) this.passRoom();
    return entry;
  }

  /** As `take`, for a job that is not to be run: nothing is passed on. */
  discard(): number {
    const entry = this.shared.jobs.takeOne();
    if (entry !== 0 && this.handOff.limit > 0) this.passRoom();
    return entry;
  }

  private passRoom(): void {
    const participant = this.handOff.takeWanting();
    if (participant >= 0) this.thread.tellRoom(participant);
  }

  /** Whether a job is in line. */
  hasJobs(): boolean {
    return this.shared.jobs.hasWork();
  }

  /** How many jobs are in line; those count that were aborted and not yet met by a thread. */
  get length(): number {
    return this.shared.jobs.length;
  }

  /** Whether the line is as long as it may get. */
  isFull(): boolean {
    const { limit } = this.handOff;
    return limit > 0 && this.length >= limit;
  }

  /** Whether `f` has its turn: there is room, and nobody has waited for longer. */
  hasRoomFor(f: () => void): boolean {
    if (this.isFull()) return false;
    const [first] = this.waiting;
    return first === undefined || first === f;
  }

  /** Calls `f` when there may be room; it stays until {@link JobLine.stopWaiting}. */
  waitForRoom(f: () => void): void {
    this.waiting.add(f);
    this.handOff.wantRoom(this.thread.self);
    // Room that was made before the bit was set is seen by this look; later room by whoever makes it.
    if (!this.isFull()) this.roomCame();
  }

  /** `f` has got a place, or wants none any more: lets the next one look. */
  stopWaiting(f: () => void): void {
    if (!this.waiting.delete(f) || this.waiting.size === 0) return;
    this.handOff.wantRoom(this.thread.self);
    if (!this.isFull()) this.roomCame();
  }

  /** There is room: the first that waits has its turn. */
  roomCame(): void {
    const [first] = this.waiting;
    first?.();
  }
}
