import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../../tools/conforms.ts";
import {
  Abort,
  CANCELLED,
  Fate,
  OUTCOME,
  Phase,
  phaseOf,
  RESULT_LENGTH,
} from "../../../src/shared/cell.ts";
import { kindOf, MailKind, nodeOf } from "../../../src/shared/mailbox.ts";
import { indexOfRef } from "../../../src/shared/participants.ts";
import type { SharedMemory } from "../../../src/shared/shared-memory.ts";
import { bound, cellFor, LONG, mailOf, mortal, stateOf, waitFor, world } from "./world.ts";

const COMPLETED = 1;
const ABORTED = 2;
const LOST = 3;
const VALUE = 7;
const HOME = 0;

/** Mails a cell back, or leaves it to the heir of a spawner that is gone. */
function giveBack(shared: SharedMemory, cell: number): void {
  const { cells } = shared;
  if (!shared.post(cells.spawner(cell), cell, MailKind.DONE)) cells.abandon(cell);
}

/** Starts what an entry names and runs it to its end, taking in what mail comes; answers how often it ran. */
function execute(shared: SharedMemory, index: number, entry: number): number {
  const { cells, words, participants } = shared;
  const state = cells.claim(entry, participants.refOf(index));
  if (state === 0) return 0;
  const cell = (entry >>> 7) << 5;
  const ran = (state & CANCELLED) === 0;
  let aborted = !ran;
  if (ran) {
    // The arguments are read, and the result written, by plain accesses.
    expect(words[cell + RESULT_LENGTH]).toBe(0);
    for (const mail of mailOf(shared, index)) {
      expect(kindOf(mail)).toBe(MailKind.ABORT);
      expect(cells.takeAbort(nodeOf(mail))).toBe(false);
      aborted = true;
    }
    words[cell + RESULT_LENGTH] = VALUE;
  }
  words[cell + OUTCOME] = aborted ? ABORTED : COMPLETED;
  if (cells.complete(cell)) giveBack(shared, cell);
  else {
    const late = waitFor(shared, index, () => {
      const mail = mailOf(shared, index);
      return mail.length > 0 ? mail : null;
    });
    expect(late).toEqual([cell | MailKind.ABORT]);
    expect(cells.takeAbort(cell)).toBe(true);
    giveBack(shared, cell);
  }
  return ran ? 1 : 0;
}

/** Prepares a task of home's; answers its entry. */
function spawn(shared: SharedMemory, cell: number): number {
  shared.words[cell + RESULT_LENGTH] = 0;
  return shared.cells.enqueue(cell);
}

function abort(shared: SharedMemory, cell: number): void {
  if (shared.cells.abort(cell) !== Abort.MAIL) return;
  shared.post(shared.cells.executor(cell), cell, MailKind.ABORT);
}

/** Waits for the cell; answers how the task ended. */
function joinCell(shared: SharedMemory, cell: number): number {
  const mail = waitFor(shared, HOME, () => {
    const all = mailOf(shared, HOME);
    return all.length > 0 ? all : null;
  });
  expect(mail).toEqual([cell | MailKind.DONE]);
  return outcomeOf(shared, cell);
}

function outcomeOf(shared: SharedMemory, cell: number): number {
  return shared.words[cell + OUTCOME]!;
}

/** The cell is in no mailbox, and ended. */
function expectBack(shared: SharedMemory, cell: number): void {
  for (let i = 0; i < shared.participants.capacity; i += 1) expect(mailOf(shared, i)).toEqual([]);
  expect(phaseOf(stateOf(shared, cell))).toBe(Phase.DONE);
}

const never = { timeouts: "never" } as const;

describe("a cell, in every interleaving,", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  it("is started by one of two that have an entry for it, and comes back to its spawner", () => {
    const report = model(
      () => {
        const shared = world(3, { spare: 32 });
        const cell = cellFor(shared, HOME);
        const entry = spawn(shared, cell);
        const others = [1, 2].map((i) => thread.spawn(() => execute(shared, i, entry), `w${i}`));
        expect(joinCell(shared, cell)).toBe(COMPLETED);
        expect(shared.words[cell + RESULT_LENGTH]).toBe(VALUE);
        expect(others.map((other) => other.join()).sort()).toEqual([0, 1]);
        expectBack(shared, cell);
      },
      { ...never, preemptionBound: bound(2) },
    );
    expect(report.complete).toBe(true);
  });

  conforms(
    "runtime/tests/loom_join_set::abort_all_during_completion",
    "that is aborted comes back once, in no list, whether the abort comes before, during or after it runs",
    () => {
      const outcomes = new Set<string>();
      const report = model(
        () => {
          const shared = world(2, { spare: 32 });
          const cell = cellFor(shared, HOME);
          const entry = spawn(shared, cell);
          const worker = thread.spawn(() => execute(shared, 1, entry), "worker");
          abort(shared, cell);
          abort(shared, cell);
          const outcome = joinCell(shared, cell);
          const ran = worker.join();
          expectBack(shared, cell);
          outcomes.add(`${outcome} ${ran}`);
        },
        { ...never, preemptionBound: bound(4) },
      );
      expect(report.complete).toBe(true);
      expect([...outcomes].sort()).toEqual([`${COMPLETED} 1`, `${ABORTED} 0`, `${ABORTED} 1`]);
    },
  );

  conforms(
    "runtime/tests/loom_multi_thread::join_output",
    "brings what its executor wrote, though the spawner sleeps",
    () => {
      const report = model(
        () => {
          const shared = world(2, { spare: 32 });
          const cell = cellFor(shared, HOME);
          const entry = spawn(shared, cell);
          const worker = thread.spawn(() => execute(shared, 1, entry), "worker");
          expect(joinCell(shared, cell)).toBe(COMPLETED);
          expect(shared.words[cell + RESULT_LENGTH]).toBe(VALUE);
          worker.join();
        },
        { ...never, preemptionBound: Number.POSITIVE_INFINITY },
      );
      expect(report.exhaustive).toBe(true);
    },
  );

  conforms(
    ["runtime/tests/loom_multi_thread::poll_drop_handle_then_drop"],
    "that is detached and then aborted comes back all the same",
    () => {
      const report = model(
        () => {
          const shared = world(2, { spare: 32 });
          const cell = cellFor(shared, HOME);
          const entry = spawn(shared, cell);
          const worker = thread.spawn(() => execute(shared, 1, entry), "worker");
          const detached = shared.cells.detach(cell);
          abort(shared, cell);
          joinCell(shared, cell);
          worker.join();
          expectBack(shared, cell);
          expect(shared.cells.isWanted(cell)).toBe(!detached);
        },
        { ...never, preemptionBound: bound(4) },
      );
      expect(report.complete).toBe(true);
    },
  );

  it("that is offered again is started once, by the old entry or by the new one", () => {
    const report = model(
      () => {
        const shared = world(3, { spare: 32 });
        const cell = cellFor(shared, HOME);
        const old = spawn(shared, cell);
        const one = thread.spawn(() => execute(shared, 1, old), "old");
        const entry = shared.cells.reoffer(cell);
        const two = entry === 0 ? null : thread.spawn(() => execute(shared, 2, entry), "new");
        expect(joinCell(shared, cell)).toBe(COMPLETED);
        expect(one.join() + (two?.join() ?? 0)).toBe(1);
        // The new entry's state refuses the old one.
        if (entry !== 0) expect(shared.cells.claim(old, 1)).toBe(0);
        expectBack(shared, cell);
      },
      { ...never, preemptionBound: bound(3) },
    );
    expect(report.complete).toBe(true);
  });

  it("that was withdrawn and used again is not started by its old entry", () => {
    const report = model(
      () => {
        const shared = world(2, { spare: 32 });
        const cell = cellFor(shared, HOME);
        const old = spawn(shared, cell);
        const worker = thread.spawn(() => execute(shared, 1, old), "worker");
        if (shared.cells.withdraw(cell)) {
          const entry = spawn(shared, cell);
          expect(worker.join()).toBe(0);
          expect(entry).not.toBe(old);
          expect(execute(shared, HOME, entry)).toBe(1);
        }
        expect(joinCell(shared, cell)).toBe(COMPLETED);
        worker.join();
        expectBack(shared, cell);
      },
      { ...never, preemptionBound: bound(4) },
    );
    expect(report.complete).toBe(true);
  });
});

/** What home does when it has seen a death: takes its mail, then settles what is out by its fate. */
function settle(shared: SharedMemory, cell: number): number {
  const mail = mailOf(shared, HOME);
  if (mail.length > 0) {
    expect(mail).toEqual([cell | MailKind.DONE]);
    return outcomeOf(shared, cell);
  }
  const fate = shared.cells.fate(cell, shared.participants);
  if (fate === Fate.LOST) return LOST;
  if (fate === Fate.DONE) return outcomeOf(shared, cell);
  expect(fate).toBe(Fate.QUEUED);
  const entry = shared.cells.reoffer(cell);
  // The thread's heir runs it.
  expect(shared.participants.join(1, 1)).toBe(true);
  const aborted = (shared.cells.state(cell) & CANCELLED) !== 0;
  expect(execute(shared, 1, entry)).toBe(aborted ? 0 : 1);
  return joinCell(shared, cell);
}

describe("a cell whose executor dies", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  // The executor performs 22 operations at most, so beyond that it lives.
  for (let step = 0; step <= 22; step += 1) {
    it(`before its operation ${step} is settled once, and in no list after`, () => {
      const report = model(
        () => {
          const shared = world(2, { spare: 32 });
          const cell = cellFor(shared, HOME);
          const entry = spawn(shared, cell);
          const worker = thread.spawn(
            () => mortal(step, () => execute(shared, 1, entry)),
            "worker",
          );
          abort(shared, cell);
          const ran = worker.join();
          // All participants' mail of the dead is gone; its heir gets none of it.
          shared.declareDead(1);
          const ended = phaseOf(stateOf(shared, cell)) === Phase.DONE;
          const outcome = settle(shared, cell);
          expect([COMPLETED, ABORTED, LOST]).toContain(outcome);
          if (ended || ran !== undefined) expect(outcome).not.toBe(LOST);
          for (const i of [0, 1]) expect(mailOf(shared, i)).toEqual([]);
          expect(indexOfRef(shared.participants.refOf(1))).toBe(1);
        },
        { ...never, preemptionBound: bound(2) },
      );
      expect(report.complete).toBe(true);
    });
  }
});
