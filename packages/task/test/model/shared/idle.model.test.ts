import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../../tools/conforms.ts";
import type { Place, SharedMemory } from "../../../src/shared/shared-memory.ts";
import { bound, LONG, mortal, world } from "./world.ts";

const BLOCKED = 2;

/** One round of looking for something: own ring, what is offered, others' rings. */
function find(shared: SharedMemory, place: Place): number {
  const { workers } = shared.segment.sizes;
  let entry = place.ring.pop();
  if (entry === 0) entry = shared.inject.takeBatch(place.ring, workers);
  for (let i = 1; entry === 0 && i <= workers; i += 1) {
    if (i !== place.index) entry = place.ring.stealFrom(shared.ring(i));
  }
  return entry;
}

/** What is left in a worker's ring. */
function rest(shared: SharedMemory, index: number): number[] {
  const { ring } = shared.enter(index);
  const all: number[] = [];
  for (let entry = ring.pop(); entry !== 0; entry = ring.pop()) all.push(entry);
  return all;
}

/** Whether there is something anywhere. */
function somewhere(shared: SharedMemory): boolean {
  if (shared.inject.mayHaveWork) return true;
  for (let i = 1; i <= shared.segment.sizes.workers; i += 1) {
    if (shared.ring(i).length > 0) return true;
  }
  return false;
}

/** Sleeps unless there is something to do, as a worker that has found nothing. */
function park(shared: SharedMemory, index: number): boolean {
  const { idle, parks, participants } = shared;
  const look = idle.sleep(index - 1);
  if (parks.announce(index, BLOCKED)) {
    const late = participants.isClosed || (look && somewhere(shared));
    if (!late) parks.sleep(index, Number.POSITIVE_INFINITY);
    parks.retire(index);
  }
  return idle.rouse(index - 1);
}

/** A worker as the scheduler's: runs what it finds until it has got so many entries, or the runtime is closed. */
function work(shared: SharedMemory, index: number, most: number): number[] {
  const { idle } = shared;
  const place = shared.enter(index);
  const got: number[] = [];
  let searching = false;
  while (got.length < most) {
    if (shared.participants.isClosed) return got;
    let entry = place.ring.pop();
    if (entry === 0) {
      searching ||= idle.trySearch(index - 1);
      if (searching) entry = find(shared, place);
    }
    if (entry === 0) {
      searching = park(shared, index);
      continue;
    }
    if (searching && idle.found(index - 1)) shared.notifyWorker();
    searching = false;
    got.push(entry);
  }
  return got;
}

const never = { timeouts: "never" } as const;

describe("workers that search and sleep, in every interleaving,", {
  timeout: LONG ? 3_600_000 : 120_000,
}, () => {
  conforms(
    [
      "runtime/tests/loom_multi_thread::pool_multi_spawn",
      "runtime/tests/loom_multi_thread::pool_multi_notify",
    ],
    "take all that a thread outside pushes, however late they sleep",
    () => {
      const report = model(
        () => {
          const shared = world(2, { spare: 64 });
          const home = shared.enter(0);
          const worker = thread.spawn(() => work(shared, 1, 2), "worker");
          for (const entry of [1, 2]) {
            shared.inject.push(home.index, entry);
            shared.notifyWorker();
          }
          expect(worker.join()).toEqual([1, 2]);
        },
        { ...never, preemptionBound: bound(2) },
      );
      expect(report.complete).toBe(true);
    },
  );

  conforms(
    [
      "runtime/tests/loom_multi_thread::pool_shutdown",
      "runtime/tests/loom_multi_thread::racy_shutdown",
    ],
    "are all woken to end, whatever they are doing when the runtime closes",
    () => {
      const report = model(
        () => {
          const shared = world(3, { ring: 4, spare: 64 });
          const home = shared.enter(0);
          const workers = [1, 2].map((i) => thread.spawn(() => work(shared, i, 9), `worker ${i}`));
          shared.inject.push(home.index, 1);
          shared.notifyWorker();
          expect(shared.participants.close()).toBe(true);
          shared.unparkAll();
          const got = workers.flatMap((worker) => worker.join());
          // What nobody has begun is still there, for home to take back.
          for (let entry = shared.inject.takeOne(); entry !== 0; entry = shared.inject.takeOne()) {
            got.push(entry);
          }
          for (const i of [1, 2]) got.push(...rest(shared, i));
          expect(got).toEqual([1]);
        },
        { ...never, preemptionBound: bound(2) },
      );
      expect(report.complete).toBe(true);
    },
  );

  it("find what a busy worker has pushed to its own ring and does not run", () => {
    const report = model(
      () => {
        const shared = world(3, { ring: 4, spare: 64 });
        const busy = shared.enter(1);
        const idler = thread.spawn(() => work(shared, 2, 2), "idler");
        // It runs a long task that spawns two and waits for them.
        for (const entry of [1, 2]) {
          busy.ring.push(entry);
          shared.notifyWorker();
        }
        expect(idler.join().sort()).toEqual([1, 2]);
      },
      { ...never, preemptionBound: bound(2) },
    );
    expect(report.complete).toBe(true);
  });

  it("are never more than half at searching", () => {
    const report = model(
      () => {
        const shared = world(4, { spare: 64 });
        const others = [0, 1].map((i) => thread.spawn(() => Number(shared.idle.trySearch(i))));
        const mine = Number(shared.idle.trySearch(2));
        const searching = mine + others.reduce((sum, other) => sum + other.join(), 0);
        // 2 * 1 < 3, so a second one may; not a third.
        expect(searching).toBe(2);
      },
      { ...never, preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });

  it("are woken one for a push, and the sleeper that is claimed knows that it searches", () => {
    const report = model(
      () => {
        const shared = world(3, { workers: 2, spare: 0 });
        shared.idle.sleep(0);
        shared.idle.sleep(1);
        const other = thread.spawn(() => shared.idle.notifyOne(), "other");
        const mine = shared.idle.notifyOne();
        const theirs = other.join();
        // One of the two sees that somebody searches already.
        expect([mine, theirs].sort()).toEqual([-1, 0]);
        expect(shared.idle.rouse(0)).toBe(true);
        expect(shared.idle.rouse(1)).toBe(false);
        expect(shared.idle.sleepers).toBe(0);
        expect(shared.idle.found(0)).toBe(true);
      },
      { ...never, preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });

  it("do not undo what another does at the same time", () => {
    const report = model(
      () => {
        const shared = world(4, { workers: 3, spare: 0 });
        const { idle } = shared;
        idle.sleep(2);
        const sleeper = thread.spawn(() => void idle.sleep(1), "sleeper");
        const notifier = thread.spawn(() => idle.notifyOne(), "notifier");
        idle.sleep(0);
        sleeper.join();
        const claimed = notifier.join();
        expect(claimed).toBeGreaterThanOrEqual(0);
        expect(idle.sleepers).toBe(2);
        for (const worker of [0, 1, 2]) expect(idle.rouse(worker)).toBe(worker === claimed);
        expect(idle.sleepers).toBe(0);
        expect(idle.found(claimed)).toBe(true);
      },
      { ...never, preemptionBound: bound(3) },
    );
    expect(report.complete).toBe(true);
  });

  it("know that they were claimed although they woke by themselves", () => {
    const report = model(
      () => {
        const shared = world(2, { workers: 1, spare: 0 });
        shared.idle.sleep(0);
        const other = thread.spawn(() => shared.idle.notifyOne(), "other");
        const searching = shared.idle.rouse(0);
        expect(searching).toBe(other.join() === 0);
        expect(shared.idle.anySearching()).toBe(searching);
        if (searching) expect(shared.idle.found(0)).toBe(true);
        expect(shared.idle.anySearching()).toBe(false);
      },
      { ...never, preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });

  for (let step = 0; step <= 24; step += 3) {
    it(`see a push though one of them dies before its operation ${step}`, () => {
      const report = model(
        () => {
          const shared = world(3, { ring: 4, spare: 64 });
          const home = shared.enter(0);
          const dying = thread.spawn(() => mortal(step, () => work(shared, 1, 1)), "dying");
          const other = thread.spawn(() => work(shared, 2, 1), "other");
          shared.inject.push(home.index, 1);
          shared.notifyWorker();
          // It is seen to have ended at last; or the other got the entry, and it is told to end.
          const undertaker = thread.spawn(() => {
            shared.enter(0);
            if (dying.join() === undefined) {
              shared.declareDead(1);
              // It is still there: the other one must be awake to find it.
              if (shared.inject.length + shared.ring(1).length + shared.ring(2).length > 0) return;
            }
            // The dead one had it in its hand, or one of them has got it.
            shared.inject.push(0, 2);
            shared.notifyWorker();
          }, "undertaker");
          const got = other.join();
          expect([1, 2]).toContain(got[0]);
          void undertaker;
          void home;
        },
        { ...never, preemptionBound: bound(0) },
      );
      expect(report.complete).toBe(true);
    });
  }
});
