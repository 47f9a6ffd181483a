/**
 * The cells of one participant: it alone takes and gives back, whoever runs them.
 *
 * **Layout.** In the participant's block: FREE, the first free cell; CHUNKS, the first chunk; LIVE, how many cells are out, as
 * of the last `publish`. A chunk is a word with the next chunk's address and one with its number of cells, padded to a cell,
 * then the cells. A free cell's first link word holds the next one.
 * **Who writes.** The owner; all is plain but LIVE.
 * **Invariants.**
 * 1. A free cell is in no list but this one (cell.ts, invariants 2 and 3).
 * 2. The list is whole whenever the owner may die, but for a cell that it is just taking or giving back: `adopt` finds that.
 */
import { load, store } from "@treadle/core/shared";
import {
  ARGS_BLOCK,
  Cells,
  executorOf,
  LINKS,
  Phase,
  phaseOf,
  RESULT_BLOCK,
  SPAWNER,
  STATE,
} from "./cell.ts";
import { CELL_WORDS, POOL } from "./layout.ts";
import type { Allocator } from "./outbox.ts";
import { indexOfRef, type Participants } from "./participants.ts";
import type { Segment } from "./segment.ts";

const FREE = 0;
const CHUNKS = 1;
const LIVE = 2;

/** What a pool asks of its surroundings when it inherits cells. */
export interface Heir {
  /** A task that nobody has started: its new entry is to be offered. The cell will come back by mail as any other. */
  offer(entry: number): void;
  /** The payload block is no longer used. */
  free(block: number): void;
}

/** A pool, as its owner sees it. */
export class CellPool {
  private readonly words: Int32Array;
  private readonly at: number;
  private readonly memory: Allocator;
  private readonly ref: number;
  private readonly chunkCells: number;
  private readonly cells: Cells;
  /** Inherited cells that are still out. */
  private orphans: number[];
  /** Cells that are out, those inherited included. */
  live: number;

  /** The pool of the participant whose reference is `ref`; it grows by `chunkCells` cells. */
  constructor(segment: Segment, ref: number, chunkCells: number = 64) {
    const { table, stride } = segment.layout;
    this.words = segment.words;
    this.at = table + indexOfRef(ref) * stride + POOL;
    this.memory = segment;
    this.ref = ref;
    this.chunkCells = chunkCells;
    this.cells = new Cells(segment.words);
    this.orphans = [];
    this.live = 0;
  }

  /** A cell, its words as the last user left them; -1 if there is no memory left. */
  allocate(): number {
    const { words, at } = this;
    let cell = words[at + FREE]!;
    if (cell === 0) {
      cell = this.refill();
      if (cell === 0) return -1;
    }
    words[at + FREE] = words[cell + LINKS]!;
    this.live += 1;
    return cell;
  }

  /** Gives a cell back: one that has come back by mail, was withdrawn or fell to its spawner by `fate`. */
  free(cell: number): void {
    this.live -= 1;
    this.push(cell);
  }

  private push(cell: number): void {
    const { words, at } = this;
    words[cell + LINKS] = words[at + FREE]!;
    words[at + FREE] = cell;
  }

  private refill(): number {
    const { words, at, chunkCells } = this;
    const chunk = this.memory.allocate((chunkCells + 1) * CELL_WORDS);
    if (chunk < 0) return 0;
    words[chunk] = words[at + CHUNKS]!;
    words[chunk + 1] = chunkCells;
    words[at + CHUNKS] = chunk;
    // Downwards, so that they are taken upwards.
    for (let i = chunkCells; i >= 1; i -= 1) {
      const cell = chunk + i * CELL_WORDS;
      words[cell + SPAWNER] = this.ref;
      this.push(cell);
    }
    return words[at + FREE]!;
  }

  /**
   * Takes over what a former owner has left: what nobody has started is offered again, unwanted; what is out is free as soon
   * as its executor has let go of it. Call it once, before the first `allocate`, when the place has an incarnation.
   */
  adopt(heir: Heir): void {
    const { words, at } = this;
    const free = new Set<number>();
    for (let cell = words[at + FREE]!; cell !== 0; cell = words[cell + LINKS]!) free.add(cell);
    for (let chunk = words[at + CHUNKS]!; chunk !== 0; chunk = words[chunk]!) {
      for (let i = 1; i <= words[chunk + 1]!; i += 1) {
        const cell = chunk + i * CELL_WORDS;
        if (free.has(cell)) words[cell + SPAWNER] = this.ref;
        else this.inherit(cell, heir);
      }
    }
    this.sweep(heir, null);
  }

  private inherit(cell: number, heir: Heir): void {
    this.live += 1;
    if (phaseOf(load(this.words, cell + STATE)) === Phase.QUEUED) {
      this.cells.detach(cell);
      // Withdrawn rather than reoffered: the executor must find the new spawner in it.
      if (this.cells.withdraw(cell)) {
        this.words[cell + SPAWNER] = this.ref;
        heir.offer(this.cells.enqueueDetached(cell));
        return;
      }
    }
    this.orphans.push(cell);
  }

  /**
   * Takes the inherited cells in whose executors have let go of them; with `participants`, which is for who has seen `deaths`
   * go up, those of the dead too. Answers how many are still out.
   */
  sweep(heir: Heir, participants: Participants | null): number {
    if (this.orphans.length === 0) return 0;
    this.orphans = this.orphans.filter((cell) => {
      if (!this.isLeft(cell, participants)) return true;
      for (const word of [ARGS_BLOCK, RESULT_BLOCK]) {
        const block = this.words[cell + word]!;
        // Not 0, inline, nor a mark that a scheduler has put there.
        if (block > 0) heir.free(block);
        this.words[cell + word] = 0;
      }
      this.words[cell + SPAWNER] = this.ref;
      this.free(cell);
      return false;
    });
    return this.orphans.length;
  }

  private isLeft(cell: number, participants: Participants | null): boolean {
    const state = load(this.words, cell + STATE);
    const phase = phaseOf(state);
    if (phase === Phase.FREE) return true;
    if (participants === null || (phase !== Phase.STARTED && phase !== Phase.DONE)) return false;
    return !participants.isCurrent(executorOf(state));
  }

  /** Shows others how many cells are out. */
  publish(): void {
    store(this.words, this.at + LIVE, this.live);
  }

  /** How many cells of participant `index` were out when it last said so. */
  static published(segment: Segment, index: number): number {
    const { table, stride } = segment.layout;
    return load(segment.words, table + index * stride + POOL + LIVE);
  }
}
