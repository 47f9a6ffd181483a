import { FastRand } from "@treadle/core";
import { model, thread } from "@treadle/loom";
import { Parked, Role, Segment, SharedMemory } from "@treadle/task/shared";
import { describe, expect, it } from "vitest";
import type { Fabric } from "../../src/multi-thread/fabric.ts";
import { TaskQueue } from "../../src/multi-thread/task-queue.ts";

const LONG = process.env["TREADLE_LONG_MODELS"] !== undefined;
const never = { timeouts: "never", preemptionBound: LONG ? 3 : 2 } as const;
const counters = {
  pollCount: 0,
  stealCount: 0,
  stealOperations: 0,
  overflowCount: 0,
  meanPollTimeMs: 0,
};

/** Home, and so many workers; what each entry has come to stands in `taken`. */
class World {
  readonly shared: SharedMemory;
  readonly taken = new Int32Array(new SharedArrayBuffer(16));

  readonly workers: number;

  constructor(workers: number) {
    this.workers = workers;
    const segment = Segment.create({
      limitBytes: 8192 * 4,
      participants: workers + 1,
      workers,
      ring: 4,
    });
    this.shared = new SharedMemory(segment, { slots: 4, cells: 1, arena: 32 });
    for (let i = 0; i <= workers; i++) this.shared.participants.join(i, Role.WORKER);
  }

  /** The queue of a worker, made by its thread. */
  queue(self: number): TaskQueue {
    const { shared, workers } = this;
    const fabric = { shared, self, workers, place: shared.enter(self) } as unknown as Fabric;
    return new TaskQueue(fabric, counters, FastRand.fromSeed(1), true);
  }

  /** Home offers a task. */
  offer(entry: number): void {
    this.shared.inject.push(0, entry);
    this.shared.notifyWorker();
  }

  offerAll(entries: readonly number[]): void {
    for (const entry of entries) this.offer(entry);
  }

  /** As `offerAll`, before there is anybody to wake. */
  pushAll(entries: readonly number[]): void {
    for (const entry of entries) this.shared.inject.push(0, entry);
  }

  take(entry: number): void {
    expect(Atomics.add(this.taken, entry, 1)).toBe(0);
    Atomics.notify(this.taken, entry, 9);
  }

  /** Waits, as a thread that is blocked by what it runs, until an entry has been taken. */
  await(entry: number): void {
    while (Atomics.load(this.taken, entry) === 0) Atomics.wait(this.taken, entry, 0);
  }

  /** As the scheduler of a worker: runs what it finds, tells of it and sleeps, until so many were run here. */
  work(queue: TaskQueue, self: number, most: number): void {
    for (let count = 0; ; ) {
      const entry = queue.takeOwn() || queue.search();
      if (entry === 0) {
        if (this.shared.participants.isClosed) return;
        this.sleep(queue, self);
        continue;
      }
      queue.stopSearching();
      queue.beforeTelling();
      this.take(entry);
      if (++count === most) return;
    }
  }

  /** Looks so often, or until it finds something; from the second look on it is a searcher. */
  look(queue: TaskQueue, times: number): number {
    let entry = 0;
    for (let i = 0; i < times && entry === 0; i++) entry = queue.takeOwn() || queue.search();
    return entry;
  }

  /** As the scheduler sleeps when it has found nothing. */
  sleep(queue: TaskQueue, self: number): void {
    const { parks } = this.shared;
    if (queue.beforeSleep() && parks.announce(self, Parked.BLOCKED) && !this.mustLook(queue)) {
      parks.sleep(self, Number.POSITIVE_INFINITY);
    }
    parks.retire(self);
    queue.afterSleep();
  }

  private mustLook(queue: TaskQueue): boolean {
    return queue.hasOwn() || this.shared.participants.isClosed;
  }

  /** The runtime ends. */
  close(): void {
    this.shared.participants.close();
    this.shared.unparkAll();
  }
}

describe("the queues of workers, in every interleaving,", {
  timeout: LONG ? 3_600_000 : 120_000,
}, () => {
  it("give all that is offered one after the other, the next when the last was told of", () => {
    const report = model(
      () => {
        const world = new World(2);
        const workers = [1, 2].map((i) => thread.spawn(() => world.work(world.queue(i), i, 9)));
        for (const entry of [1, 2]) {
          world.offer(entry);
          world.await(entry);
        }
        world.close();
        for (const worker of workers) worker.join();
      },
      { ...never, preemptionBound: LONG ? 2 : 1 },
    );
    expect(report.complete).toBe(true);
  });

  it("leave nothing to a worker that has told of its end, and runs something pinned instead", () => {
    const report = model(() => {
      const world = new World(2);
      const first = thread.spawn(() => {
        const queue = world.queue(1);
        world.work(queue, 1, 1);
        // It counts as a searcher; now it runs a task of its own, which waits for another one.
        queue.stopSearching();
        world.await(2);
      }, "first");
      world.offer(1);
      world.await(1);
      const second = thread.spawn(() => world.work(world.queue(2), 2, 1), "second");
      world.offer(2);
      first.join();
      second.join();
    }, never);
    expect(report.complete).toBe(true);
  });

  it("leave nothing to a searcher that finds something pinned", () => {
    const report = model(() => {
      const world = new World(2);
      const sleeper = thread.spawn(() => world.work(world.queue(2), 2, 1), "sleeper");
      const searcher = thread.spawn(() => {
        const queue = world.queue(1);
        // It may or may not find the task: whoever pushes has seen it search.
        const entry = queue.search();
        queue.stopSearching();
        if (entry !== 0) world.take(entry);
        else world.await(1);
      }, "searcher");
      world.offer(1);
      searcher.join();
      world.close();
      sleeper.join();
    }, never);
    expect(report.complete).toBe(true);
  });

  for (const looks of [1, 2]) {
    it(`share what a worker has taken for others at its look number ${looks} and cannot run at once`, () => {
      const report = model(() => {
        const world = new World(2);
        if (looks === 1) world.pushAll([1, 2]);
        const taker = thread.spawn(() => {
          const queue = world.queue(1);
          const entry = world.look(queue, looks);
          queue.stopSearching();
          // The other one may have got both.
          if (entry === 0) return;
          world.take(entry);
          // What it has run waits for the other task, which may lie in its own ring now.
          world.await(3 - entry);
        }, "taker");
        const other = thread.spawn(() => world.work(world.queue(2), 2, 9), "other");
        if (looks === 2) world.offerAll([1, 2]);
        taker.join();
        world.close();
        other.join();
      }, never);
      expect(report.complete).toBe(true);
    });
  }
});
