/** All parts of the shared segment, as one thread sees them. */
import { Cells } from "./cell.ts";
import { CellPool, type Heir } from "./cell-pool.ts";
import { Idle } from "./idle.ts";
import { Inject } from "./inject.ts";
import { KeyTable } from "./key-table.ts";
import { EXTRA, JOBS, LIFO, OUTBOX } from "./layout.ts";
import { LifoSlot } from "./lifo-slot.ts";
import { Mailboxes, type MailKind, Posted } from "./mailbox.ts";
import { Offers } from "./offers.ts";
import { Outbox } from "./outbox.ts";
import { ParkWords } from "./park-word.ts";
import { indexOfRef, Participants } from "./participants.ts";
import { PayloadHeap } from "./payload-heap.ts";
import { RunRing } from "./run-ring.ts";
import { Segment, type SegmentOptions } from "./segment.ts";
import { Waiters } from "./waiters.ts";

/** By how much the parts grow. */
export interface Grain {
  /** Slots of an outbox's first buffer, a power of two. */
  readonly slots: number;
  /** Cells of a pool's chunk. */
  readonly cells: number;
  /** Words of a heap's arena. */
  readonly arena: number;
}

const GRAIN: Grain = { slots: 256, cells: 64, arena: 4096 };

/** What a participant owns: made by its thread, once it has joined. */
export interface Place {
  /** Its index in the table. */
  readonly index: number;
  /** The reference to this incarnation of it. */
  readonly ref: number;
  /** Its stealable queue. */
  readonly ring: RunRing;
  /** The slot for its newest task. */
  readonly lifo: LifoSlot;
  /** What it offers to all workers. */
  readonly outbox: Outbox;
  /** What it offers to the blocking pool. */
  readonly jobs: Outbox;
  /** Its cells. */
  readonly pool: CellPool;
  /** Its payload blocks. */
  readonly heap: PayloadHeap;
  /** The address of the words that are no part of this package, `EXTRA_COUNT` of them. */
  readonly extra: number;
}

/** The shared memory of a runtime. */
export class SharedMemory {
  /** The memory itself. */
  readonly segment: Segment;
  /** All of it, as words. */
  readonly words: Int32Array;
  /** All of it, as bytes. */
  readonly bytes: Uint8Array;
  /** Who takes part. */
  readonly participants: Participants;
  /** Their mailboxes. */
  readonly mailboxes: Mailboxes;
  /** Their sleep. */
  readonly parks: ParkWords;
  /** Which workers search and sleep; its worker `i` is participant `i + 1`. */
  readonly idle: Idle;
  /** The transitions of cells. */
  readonly cells: Cells;
  /** Those who wait for something shared. */
  readonly waiters: Waiters;
  /** The keys of functions. */
  readonly keys: KeyTable;
  /** Tasks for any worker. */
  readonly inject: Inject;
  /** Jobs for the blocking pool. */
  readonly jobs: Inject;
  private readonly grain: Grain;
  private readonly rings: RunRing[];
  private readonly lifos: LifoSlot[];
  private readonly outboxes: Outbox[];
  private readonly jobBoxes: Outbox[];

  /** The parts of a segment. */
  constructor(segment: Segment, grain: Grain = GRAIN) {
    const { words, layout, sizes } = segment;
    this.segment = segment;
    this.words = words;
    this.bytes = segment.bytes;
    this.participants = new Participants(words, layout, sizes);
    this.mailboxes = new Mailboxes(words, this.participants);
    this.parks = new ParkWords(words, this.participants);
    this.idle = new Idle(words, layout, sizes);
    this.cells = new Cells(words);
    this.waiters = new Waiters(words, this.mailboxes, this.parks);
    this.keys = new KeyTable(segment);
    this.grain = grain;
    this.rings = [];
    this.lifos = [];
    this.outboxes = [];
    this.jobBoxes = [];
    this.inject = this.injectOf(layout.offers, (index) => this.outbox(index));
    this.jobs = this.injectOf(layout.jobOffers, (index) => this.jobBox(index));
  }

  private injectOf(offers: number, outbox: (index: number) => Outbox): Inject {
    return new Inject(this.participants, new Offers(this.words, offers), outbox);
  }

  /** Reserves the memory of a new runtime. */
  static create(options: SegmentOptions): SharedMemory {
    return new SharedMemory(Segment.create(options));
  }

  /** The memory that another thread has created. */
  static attach(buffer: SharedArrayBuffer): SharedMemory {
    return new SharedMemory(Segment.attach(buffer));
  }

  /**
   * What this thread owns as participant `index`, which it has joined as; if somebody had the place before, its cells are
   * taken over. Call it once, and use no other objects for the same place.
   */
  enter(index: number): Place {
    const { words, segment, participants } = this;
    const block = participants.block(index);
    const ref = participants.refOf(index);
    const place: Place = {
      index,
      ref,
      ring: new RunRing(words, block, segment.sizes.ring),
      lifo: this.lifo(index),
      outbox: new Outbox(words, block + OUTBOX, segment, this.grain.slots),
      jobs: new Outbox(words, block + JOBS, segment, this.grain.slots),
      pool: new CellPool(segment, ref, this.grain.cells),
      heap: new PayloadHeap(segment, index, this.grain.arena),
      extra: block + EXTRA,
    };
    this.rings[index] = place.ring;
    this.outboxes[index] = place.outbox;
    this.jobBoxes[index] = place.jobs;
    if (participants.incarnationOf(index) > 0) place.pool.adopt(this.heirOf(place));
    return place;
  }

  /** What the pool of a place asks for when it takes cells over. */
  heirOf(place: Place): Heir {
    return {
      offer: (entry) => {
        this.inject.push(place.index, entry);
        this.notifyWorker();
      },
      free: (block) => place.heap.free(block),
    };
  }

  /** The ring of a participant, to steal from. */
  ring(index: number): RunRing {
    this.rings[index] ??= new RunRing(
      this.words,
      this.participants.block(index),
      this.segment.sizes.ring,
    );
    return this.rings[index];
  }

  /** The slot of a participant, to steal from. */
  lifo(index: number): LifoSlot {
    this.lifos[index] ??= new LifoSlot(this.words, this.participants.block(index) + LIFO);
    return this.lifos[index];
  }

  /** The outbox of a participant, to take from. */
  outbox(index: number): Outbox {
    this.outboxes[index] ??= this.outboxAt(index, OUTBOX);
    return this.outboxes[index];
  }

  private jobBox(index: number): Outbox {
    this.jobBoxes[index] ??= this.outboxAt(index, JOBS);
    return this.jobBoxes[index];
  }

  private outboxAt(index: number, word: number): Outbox {
    const at = this.participants.block(index) + word;
    return new Outbox(this.words, at, this.segment, this.grain.slots);
  }

  /** Posts a node and wakes the addressee; false if it is gone, and the node still the caller's. */
  post(ref: number, node: number, kind: MailKind): boolean {
    const posted = this.mailboxes.post(ref, node, kind);
    if (posted === Posted.FIRST) this.parks.wake(indexOfRef(ref));
    return posted !== Posted.REFUSED;
  }

  /** After a push: wakes a worker to search, if none does. */
  notifyWorker(): void {
    const worker = this.idle.notifyOne();
    if (worker >= 0) this.parks.unpark(worker + 1);
  }

  /**
   * Declares that a participant has ended without leaving, and wakes everybody to see what of theirs it had; false if it had
   * left. May be repeated until the place is taken again.
   */
  declareDead(index: number): boolean {
    if (!this.participants.die(index)) return false;
    // Whoever it was to wake, or was counted on to search, is woken too.
    if (index >= 1 && index <= this.segment.sizes.workers) this.idle.forget(index - 1);
    this.unparkAll();
    return true;
  }

  /** Wakes everybody. */
  unparkAll(): void {
    for (let index = 0; index < this.participants.used; index += 1) this.parks.unpark(index);
  }
}
