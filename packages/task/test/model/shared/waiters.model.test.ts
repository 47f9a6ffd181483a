import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { Phase, phaseOf } from "../../../src/shared/cell.ts";
import { MailKind } from "../../../src/shared/mailbox.ts";
import type { SharedMemory } from "../../../src/shared/shared-memory.ts";
import { bound, cellFor, LONG, mailOf, stateOf, waitFor, world } from "./world.ts";

const HEAD = 64;
const THING = 65;

/** Waits on its thread until the thing has the value, as a leaf does that registers at each poll. */
function waitUntil(shared: SharedMemory, index: number, node: number, value: number): void {
  const { waiters, words } = shared;
  waiters.prepare(node, shared.participants.refOf(index), 40 + index);
  while (Atomics.load(words, THING) < value) {
    waiters.register(HEAD, node);
    // Registered first: a change after this look wakes.
    if (Atomics.load(words, THING) >= value) return;
    const mail = waitFor(shared, index, () => {
      const all = mailOf(shared, index);
      return all.length > 0 ? all : null;
    });
    expect(mail).toEqual([node | MailKind.WAKE]);
    expect(waiters.idOf(node)).toBe(40 + index);
  }
}

const never = { timeouts: "never" } as const;

describe("waiters, in every interleaving,", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  it("are all woken by a change, and again by the next", () => {
    const report = model(
      () => {
        const shared = world(3, { spare: 64 });
        const [a, b] = [cellFor(shared, 0), cellFor(shared, 1)];
        const one = thread.spawn(() => waitUntil(shared, 1, b, 2), "one");
        const changer = thread.spawn(() => {
          for (const value of [1, 2]) {
            Atomics.store(shared.words, THING, value);
            shared.waiters.wakeAll(HEAD);
          }
        }, "changer");
        waitUntil(shared, 0, a, 1);
        one.join();
        changer.join();
      },
      { ...never, preemptionBound: bound(2) },
    );
    expect(report.complete).toBe(true);
  });

  it("that are dead leave their nodes to their heirs", () => {
    const report = model(
      () => {
        const shared = world(2, { spare: 64 });
        const node = cellFor(shared, 1);
        shared.waiters.prepare(node, 1, 7);
        shared.waiters.register(HEAD, node);
        const changer = thread.spawn(() => shared.waiters.wakeAll(HEAD), "changer");
        shared.participants.die(1);
        changer.join();
        expect(phaseOf(stateOf(shared, node))).toBe(Phase.FREE);
      },
      { ...never, preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });
});
