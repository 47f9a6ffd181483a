import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { cellOf } from "../../../src/shared/cell.ts";
import { CellPool, type Heir } from "../../../src/shared/cell-pool.ts";
import { MailKind } from "../../../src/shared/mailbox.ts";
import type { SharedMemory } from "../../../src/shared/shared-memory.ts";
import { bound, LONG, mailOf, mortal, world } from "./world.ts";

/** Starts and ends what an entry names, as an executor does that is not asked to abort. */
function run(shared: SharedMemory, index: number, entry: number): number {
  const { cells, participants } = shared;
  if (cells.claim(entry, participants.refOf(index)) === 0) return 0;
  const cell = cellOf(entry);
  cells.complete(cell);
  if (!shared.post(cells.spawner(cell), cell, MailKind.DONE)) cells.abandon(cell);
  return 1;
}

/** The pool of participant 1's successor, and what it has to offer again. */
function inherit(shared: SharedMemory): { pool: CellPool; heir: Heir; offered: number[] } {
  const offered: number[] = [];
  const heir = { offer: (entry: number) => void offered.push(entry), free: () => undefined };
  const pool = new CellPool(shared.segment, shared.participants.refOf(1), 2);
  pool.adopt(heir);
  return { pool, heir, offered };
}

/** All cells of the pool, each once. */
function expectWhole(pool: CellPool, count: number): void {
  const taken = new Set<number>();
  for (let i = 0; i < count; i += 1) taken.add(pool.allocate());
  expect(taken.size).toBe(count);
  expect(taken.has(-1)).toBe(false);
  // There is no memory for more.
  expect(pool.allocate()).toBe(-1);
}

const CHUNK = 3 * 32;

describe("a pool whose owner has died, in every interleaving,", {
  timeout: LONG ? 3_600_000 : 120_000,
}, () => {
  it("gets every cell back once: queued, running, just ended, or ended before", () => {
    const report = model(
      () => {
        const shared = world(3, { spare: CHUNK });
        const first = new CellPool(shared.segment, 1, 2);
        const entries = [first.allocate(), first.allocate()].map((cell) =>
          shared.cells.enqueue(cell),
        );
        const executor = thread.spawn(
          () => entries.map((entry) => run(shared, 2, entry)),
          "executor",
        );
        // The spawner ends here, and its successor takes the place.
        shared.participants.die(1);
        shared.participants.join(1, 1);
        const { pool, heir, offered } = inherit(shared);
        for (const entry of offered) expect(run(shared, 0, entry)).toBe(1);
        const ran = executor.join();
        expect(ran.reduce((a, b) => a + b) + offered.length).toBe(2);
        for (const mail of mailOf(shared, 1)) pool.free(mail & -32);
        expect(pool.sweep(heir, null)).toBe(0);
        expect(pool.live).toBe(0);
        expectWhole(pool, 2);
      },
      { preemptionBound: bound(2) },
    );
    expect(report.complete).toBe(true);
  });

  it("gets the cells back of executors that have died too", () => {
    for (let step = 0; step <= 8; step += 1) {
      const report = model(
        () => {
          const shared = world(3, { spare: CHUNK });
          const first = new CellPool(shared.segment, 1, 2);
          const entries = [first.allocate(), first.allocate()].map((cell) =>
            shared.cells.enqueue(cell),
          );
          const executor = thread.spawn(
            () => mortal(step, () => entries.map((entry) => run(shared, 2, entry))),
            "executor",
          );
          shared.participants.die(1);
          shared.participants.join(1, 1);
          const { pool, heir, offered } = inherit(shared);
          for (const entry of offered) run(shared, 0, entry);
          executor.join();
          shared.participants.die(2);
          for (const mail of mailOf(shared, 1)) pool.free(mail & -32);
          expect(pool.sweep(heir, shared.participants)).toBe(0);
          expect(pool.live).toBe(0);
          expectWhole(pool, 2);
        },
        { preemptionBound: bound(1) },
      );
      expect(report.complete).toBe(true);
    }
  });
});
