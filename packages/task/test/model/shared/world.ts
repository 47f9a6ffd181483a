/** A small segment in a model: the shipped parts, with few participants and slots, and what tests do with them. */
import { STATE } from "../../../src/shared/cell.ts";
import { CELL_WORDS, PARK, STATUS, USED } from "../../../src/shared/layout.ts";
import { Segment } from "../../../src/shared/segment.ts";
import { type Grain, SharedMemory } from "../../../src/shared/shared-memory.ts";

/** Whether the models are to take as long as they like: `TREADLE_LONG_MODELS=1 npx vitest run packages/task/test/model`. */
export const LONG: boolean = process.env["TREADLE_LONG_MODELS"] !== undefined;

/** A preemption bound: as given, two more in long models. */
export function bound(least: number): number {
  return LONG ? least + 2 : least;
}

const GRAIN: Grain = { slots: 2, cells: 2, arena: 128 };
const ALIVE = 1;

/**
 * The shared memory of so many participants, all there (home is 0, the workers come next), with so many words to allocate.
 * They are put into the table by hand: a model runs its beginning over and over.
 */
export function world(
  participants: number,
  {
    workers = participants - 1,
    ring = 2,
    spare = 0,
  }: { workers?: number; ring?: number; spare?: number } = {},
): SharedMemory {
  const fixed = 128 + 16 * 3 + participants * (22 * 16 + 16) + 32;
  const shared = new SharedMemory(
    Segment.create({
      limitBytes: (fixed + spare) * 4,
      participants,
      workers,
      ring,
    }),
    GRAIN,
  );
  const { words } = shared;
  words[USED] = participants;
  for (let i = 0; i < participants; i += 1) words[shared.participants.block(i) + STATUS] = ALIVE;
  return shared;
}

/** A cell of its own for a participant, without a pool; made by hand, before threads are spawned. */
export function cellFor(shared: SharedMemory, spawner: number): number {
  const cell = shared.segment.allocate(CELL_WORDS);
  shared.words[cell + 1] = spawner;
  return cell;
}

/** The state of a cell when all is over. */
export function stateOf(shared: SharedMemory, cell: number): number {
  return Atomics.load(shared.words, cell + STATE);
}

/** Waits until `look` finds something: announces, looks once more, sleeps. */
export function waitFor<T>(
  shared: SharedMemory,
  index: number,
  look: () => T | undefined | null,
): T {
  for (;;) {
    const found = look();
    if (found !== undefined && found !== null) return found;
    if (!shared.parks.announce(index, 2)) continue;
    const late = look();
    if (late === undefined || late === null) shared.parks.sleep(index, Number.POSITIVE_INFINITY);
    shared.parks.retire(index);
    if (late !== undefined && late !== null) return late;
  }
}

/** Takes all mail of a participant. */
export function mailOf(shared: SharedMemory, index: number): number[] {
  const all: number[] = [];
  let mail = shared.mailboxes.drain(index);
  while (mail !== 0) {
    const next = shared.mailboxes.next(index, mail);
    all.push(mail);
    mail = next;
  }
  return all;
}

/** The thread ends at its `step`-th operation on shared memory: whatever it had in hand is lost. */
export class Death extends Error {}

const OPERATIONS = [
  "load",
  "store",
  "exchange",
  "compareExchange",
  "add",
  "wait",
  "notify",
] as const;

/**
 * Runs a thread's program that dies before its operation number `step` (of `Atomics`; from 0 on). Answers undefined then,
 * else what the program answers. The model runs one thread at a time, so the functions can be replaced meanwhile.
 */
export function mortal<T>(step: number, program: () => T): T | undefined {
  const before = OPERATIONS.map((name) => Atomics[name]);
  let left = step;
  OPERATIONS.forEach((name, i) => {
    const original = before[i] as (...args: unknown[]) => unknown;
    put(name, (...args: unknown[]) => {
      if (left === 0) throw new Death();
      left -= 1;
      return original(...args);
    });
  });
  try {
    return program();
  } catch (error) {
    if (error instanceof Death) return undefined;
    throw error;
  } finally {
    OPERATIONS.forEach((name, i) => {
      put(name, before[i]);
    });
  }
}

function put(name: string, value: unknown): void {
  Object.defineProperty(Atomics, name, { value, writable: true, configurable: true });
}

/** The word that a participant sleeps on. */
export function parkOf(shared: SharedMemory, index: number): number {
  return Atomics.load(shared.words, shared.participants.block(index) + PARK);
}
