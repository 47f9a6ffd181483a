import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { cellOf, Fate, OUTCOME } from "../../../src/shared/cell.ts";
import { MailKind, nodeOf } from "../../../src/shared/mailbox.ts";
import type { Place, SharedMemory } from "../../../src/shared/shared-memory.ts";
import { bound, cellFor, LONG, mailOf, mortal, world } from "./world.ts";

const HOME = 0;
const DYING = 1;
const OTHER = 2;
const TASKS = LONG ? 3 : 2;
/** The dying one performs fewer operations than this, so there it lives. */
const LAST = 80;

/** Starts and ends what an entry names; counts that it ran in a word that only its executor touches. */
function run(shared: SharedMemory, place: Place, entry: number): void {
  const { cells, words } = shared;
  if (cells.claim(entry, place.ref) === 0) return;
  const cell = cellOf(entry);
  words[cell + OUTCOME] = words[cell + OUTCOME]! + 1;
  if (cells.complete(cell)) shared.post(cells.spawner(cell), cell, MailKind.DONE);
}

/** Runs all that a worker finds in its ring, in the outboxes and in the other's ring. */
function runAll(shared: SharedMemory, index: number, victim: number): void {
  const place = shared.enter(index);
  for (;;) {
    let entry = place.ring.pop();
    if (entry === 0) entry = shared.inject.takeBatch(place.ring, 1);
    if (entry === 0) entry = place.ring.stealFrom(shared.ring(victim));
    if (entry === 0) return;
    run(shared, place, entry);
  }
}

/** How often each cell was settled, and how often it ran. */
class Ledger {
  readonly settled = new Map<number, number>();
  lost = 0;

  settle(cell: number): void {
    this.settled.set(cell, (this.settled.get(cell) ?? 0) + 1);
  }
}

/** What home does that has seen the death: its mail first, then every cell that is out. */
function recover(shared: SharedMemory, cells: readonly number[], ledger: Ledger): void {
  for (const mail of mailOf(shared, HOME)) ledger.settle(nodeOf(mail));
  for (const cell of cells) {
    if (ledger.settled.has(cell)) continue;
    const fate = shared.cells.fate(cell, shared.participants);
    if (fate === Fate.QUEUED) shared.inject.push(HOME, shared.cells.reoffer(cell));
    else ledger.settle(cell);
    if (fate === Fate.LOST) ledger.lost += 1;
  }
}

describe("tasks among workers of which one dies", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  for (let step = 0; step <= LAST; step += LONG ? 1 : 4) {
    it(`before its operation ${step} are each settled once`, () => {
      const report = model(
        () => {
          const shared = world(3, { ring: 4, spare: 32 * TASKS + 64 });
          const home = shared.enter(HOME);
          const cells = Array.from({ length: TASKS }, () => cellFor(shared, HOME));
          for (const cell of cells) shared.inject.push(home.index, shared.cells.enqueue(cell));
          const dying = thread.spawn(
            () => mortal(step, () => runAll(shared, DYING, OTHER)),
            "dying",
          );
          const other = thread.spawn(() => runAll(shared, OTHER, DYING), "other");
          dying.join();
          other.join();
          shared.declareDead(DYING);
          const ledger = new Ledger();
          recover(shared, cells, ledger);
          // The other one goes on, with what is left in the dead one's ring too; its heir finds nothing then.
          runAll(shared, OTHER, DYING);
          for (const mail of mailOf(shared, HOME)) ledger.settle(nodeOf(mail));
          expect(shared.participants.join(DYING, 1)).toBe(true);
          runAll(shared, DYING, OTHER);
          expect(mailOf(shared, HOME)).toEqual([]);
          expect(cells.map((cell) => ledger.settled.get(cell))).toEqual(cells.map(() => 1));
          expect(ledger.lost).toBeLessThanOrEqual(1);
          for (const cell of cells) {
            expect(shared.words[cell + OUTCOME]).toBeLessThanOrEqual(1);
          }
        },
        { timeouts: "never", preemptionBound: bound(1) },
      );
      expect(report.complete).toBe(true);
    });
  }
});
