import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { Role, Status } from "../../../src/shared/participants.ts";
import type { SharedMemory } from "../../../src/shared/shared-memory.ts";
import { mortal, world } from "./world.ts";

const all = { preemptionBound: Number.POSITIVE_INFINITY } as const;

function leaveAll(shared: SharedMemory): void {
  for (let i = 0; i < shared.participants.capacity; i += 1) shared.participants.leave(i);
}

describe("the table of participants, in every interleaving,", { timeout: 120_000 }, () => {
  it("gives a place to one of those that want it", () => {
    const report = model(() => {
      const shared = world(3);
      leaveAll(shared);
      const others = [1, 2].map(() =>
        thread.spawn(() => shared.participants.joinAny(Role.BLOCKING, 1)),
      );
      const mine = shared.participants.joinAny(Role.BLOCKING, 1);
      const places = [mine, ...others.map((other) => other.join())];
      expect(places.sort()).toEqual([-1, 1, 2]);
      expect(shared.participants.roleOf(1)).toBe(Role.BLOCKING);
    });
    expect(report.complete).toBe(true);
  });

  it("counts the highest place that was ever taken", () => {
    const report = model(() => {
      const shared = world(3);
      leaveAll(shared);
      Atomics.store(shared.words, 48, 0);
      const other = thread.spawn(() => shared.participants.join(2, Role.WORKER));
      expect(shared.participants.join(1, Role.WORKER)).toBe(true);
      expect(other.join()).toBe(true);
      expect(shared.participants.used).toBe(3);
    }, all);
    expect(report.exhaustive).toBe(true);
  });

  it("counts one incarnation for one death, whoever declares it and how often", () => {
    const report = model(() => {
      const shared = world(2);
      const { participants } = shared;
      const ref = participants.refOf(1);
      const other = thread.spawn(() => participants.die(1));
      expect(participants.die(1)).toBe(true);
      expect(other.join()).toBe(true);
      expect(participants.statusOf(1)).toBe(Status.DEAD);
      expect(participants.incarnationOf(1)).toBe(1);
      expect(participants.isCurrent(ref)).toBe(false);
      expect(participants.deaths).toBeGreaterThan(0);
    }, all);
    expect(report.exhaustive).toBe(true);
  });

  it("makes one end of a thread that leaves and is declared dead, or told to stop, at once", () => {
    const report = model(() => {
      const shared = world(2);
      const { participants } = shared;
      const other = thread.spawn(() => {
        participants.stop(1);
        return participants.leave(1);
      });
      const died = participants.die(1);
      const left = other.join();
      expect([died, left].filter((one) => one).length).toBeGreaterThan(0);
      expect(participants.incarnationOf(1)).toBe(1);
      expect(participants.statusOf(1)).toBe(left ? Status.FREE : Status.DEAD);
      if (died) expect(participants.deaths).toBe(1);
      expect(participants.join(1, Role.WORKER)).toBe(true);
    }, all);
    expect(report.exhaustive).toBe(true);
  });

  for (let step = 0; step <= 7; step += 1) {
    for (const again of [true, false]) {
      it(`finishes a declaration whose author dies before its operation ${step}, ${again ? "declared again" : "by its heir"}`, () => {
        const report = model(() => {
          const shared = world(2, { spare: 32 });
          const { participants } = shared;
          const cell = shared.segment.layout.end;
          shared.mailboxes.post(1, cell, 0);
          const author = thread.spawn(() => mortal(step, () => participants.die(1)));
          author.join();
          if (again) expect(participants.die(1)).toBe(true);
          if (participants.statusOf(1) !== Status.DEAD) return;
          if (again) expect(participants.deaths).toBeGreaterThan(0);
          expect(participants.join(1, Role.WORKER)).toBe(true);
          const ref = participants.refOf(1);
          expect(ref >>> 10).toBe(1);
          // The mailbox is empty, and takes mail for the heir and for nobody before.
          expect(shared.mailboxes.hasMail(1)).toBe(false);
          expect(shared.mailboxes.post(ref & 1023, cell, 0)).toBe(0);
          expect(shared.mailboxes.post(ref, cell, 0)).toBe(2);
        }, all);
        expect(report.exhaustive).toBe(true);
      });
    }
  }

  it("closes once", () => {
    const report = model(() => {
      const shared = world(1, { workers: 0 });
      const other = thread.spawn(() => shared.participants.close());
      const closed = shared.participants.close();
      expect(other.join()).toBe(!closed);
      expect(shared.participants.isClosed).toBe(true);
    }, all);
    expect(report.exhaustive).toBe(true);
  });
});
