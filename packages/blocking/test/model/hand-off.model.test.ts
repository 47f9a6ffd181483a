import { model, thread } from "@treadle/loom";
import { Parked, Role, Segment, SharedMemory } from "@treadle/task/shared";
import { describe, expect, it } from "vitest";
import { HandOff } from "../../src/hand-off.ts";
import { JobLine } from "../../src/job-line.ts";

const CAP = 1;
const ASKED = 1;
const TAKEN = 2;

/** A pool in a model: participant 0 is home, 1 a thread of the pool, 2 another one or another spawner. */
class World {
  readonly shared: SharedMemory;
  readonly handOff: HandOff;
  /** ASKED: how often home was asked; TAKEN: how often each job was taken, a byte for each. */
  readonly seen = new Int32Array(new SharedArrayBuffer(16));

  constructor(cap: number, limit = 0) {
    const segment = Segment.create({ limitBytes: 8192 * 4, participants: 3, workers: 0, ring: 2 });
    this.shared = new SharedMemory(segment, { slots: 4, cells: 1, arena: 32 });
    for (let i = 0; i < 3; i++) this.shared.participants.join(i, Role.BLOCKING);
    const words = new Int32Array(new SharedArrayBuffer(HandOff.size(3) * 4));
    this.handOff = new HandOff(words, 0, 3);
    this.handOff.setLimits(cap, limit);
  }

  line(self: number): JobLine {
    return new JobLine(this.shared, this.handOff, {
      self,
      call: (other) => this.shared.parks.unpark(other),
      askHome: () => void Atomics.add(this.seen, ASKED, 1),
      tellRoom: (other) => this.shared.parks.unpark(other),
    });
  }

  spawn(self: number, entry: number, line = this.line(self)): void {
    this.shared.jobs.push(self, entry);
    line.pushed();
  }

  taken(entry: number): void {
    const before = Atomics.add(this.seen, TAKEN, 1 << (8 * (entry - 1)));
    expect((before >> (8 * (entry - 1))) & 255).toBe(0);
  }

  /** As the loop of a thread: takes jobs, rests when there are none, until `enough`, or until its time is over. */
  live(
    self: number,
    enough: () => boolean,
    early = false,
    keepAlive = Number.POSITIVE_INFINITY,
  ): void {
    const { handOff } = this;
    const line = this.line(self);
    for (;;) {
      const announced = this.work(self, line, early);
      if (!announced || !handOff.isIdle(self)) {
        handOff.announce(self);
        if (line.hasJobs()) continue;
      }
      if (enough()) return;
      this.rest(self, keepAlive);
      if (keepAlive !== Number.POSITIVE_INFINITY && this.isOver(self, line)) return;
    }
  }

  /** Takes jobs as long as there are any; whether its bit was set after the last one. */
  private work(self: number, line: JobLine, early: boolean): boolean {
    const { handOff } = this;
    let announced = handOff.isIdle(self);
    for (let entry = line.take(); entry !== 0; entry = line.take()) {
      if (announced && !handOff.withdraw(self)) line.passOn();
      this.taken(entry);
      announced = early && !line.hasJobs();
      if (announced) handOff.announce(self);
    }
    return announced;
  }

  /** Its time is over, unless it was claimed or finds something at its last look. */
  private isOver(self: number, line: JobLine): boolean {
    return this.handOff.isIdle(self) && this.handOff.withdraw(self) && !line.hasJobs();
  }

  private rest(self: number, ms: number): void {
    const { parks } = this.shared;
    if (!parks.announce(self, Parked.BLOCKED)) return;
    parks.sleep(self, ms);
    parks.retire(self);
  }
}

const strict = { timeouts: "never", preemptionBound: 4 } as const;

describe("a job and the threads of a pool, in every interleaving,", { timeout: 120_000 }, () => {
  it("find each other though the thread is just going to sleep", () => {
    const report = model(() => {
      const world = new World(CAP);
      world.handOff.setThreads(1);
      const other = thread.spawn(() => world.live(1, () => Atomics.load(world.seen, TAKEN) === 1));
      world.spawn(0, 1);
      other.join();
      expect(world.seen[TAKEN]).toBe(1);
    }, strict);
    expect(report.complete).toBe(true);
  });

  it("find each other though the thread announces itself before its job has ended", () => {
    const report = model(() => {
      const world = new World(CAP);
      world.handOff.setThreads(1);
      const done = () => Atomics.load(world.seen, TAKEN) === 0x101;
      const other = thread.spawn(() => world.live(1, done, true));
      world.spawn(0, 1);
      world.spawn(0, 2);
      other.join();
      expect(world.seen[TAKEN]).toBe(0x101);
    }, strict);
    expect(report.complete).toBe(true);
  });

  it("miss each other only so that home sees it: the thread's time is over while the job comes", () => {
    const outcomes = new Set<string>();
    const report = model(
      () => {
        const world = new World(CAP);
        world.handOff.setThreads(1);
        const other = thread.spawn(() =>
          world.live(1, () => Atomics.load(world.seen, TAKEN) === 1, false, 10),
        );
        world.spawn(0, 1);
        other.join();
        // Home hears that the thread has gone, and looks.
        world.handOff.forget(1);
        world.handOff.setThreads(0);
        const left = world.line(0).hasJobs();
        const taken = world.seen[TAKEN] === 1;
        expect(left).toBe(!taken);
        outcomes.add(taken ? "taken" : "left");
      },
      { preemptionBound: 4 },
    );
    expect(report.complete).toBe(true);
    expect([...outcomes].sort()).toEqual(["left", "taken"]);
  });

  it("home is asked for a thread if one more is allowed and the only one goes", () => {
    const report = model(
      () => {
        const world = new World(2);
        world.handOff.setThreads(1);
        const other = thread.spawn(() =>
          world.live(1, () => Atomics.load(world.seen, TAKEN) === 1, false, 10),
        );
        world.spawn(0, 1);
        const asked = Atomics.load(world.seen, ASKED) > 0;
        other.join();
        expect(asked || world.seen[TAKEN] === 1).toBe(true);
      },
      { preemptionBound: 4 },
    );
    expect(report.complete).toBe(true);
  });

  it("two spawners and one thread lose nothing and run nothing twice", () => {
    const report = model(
      () => {
        const world = new World(CAP);
        world.handOff.setThreads(1);
        const done = () => Atomics.load(world.seen, TAKEN) === 0x101;
        const runs = thread.spawn(() => world.live(1, done), "pool");
        const spawns = thread.spawn(() => world.spawn(2, 2), "spawner");
        world.spawn(0, 1);
        spawns.join();
        runs.join();
        expect(world.seen[TAKEN]).toBe(0x101);
      },
      { ...strict, preemptionBound: 2 },
    );
    expect(report.complete).toBe(true);
  });

  it("a thread that takes a job and leaves another passes it on", () => {
    const report = model(
      () => {
        const world = new World(2);
        world.handOff.setThreads(2);
        const first = thread.spawn(() => {
          // Claimed for one job it announces itself once more, as who found nothing would, and is claimed for the other.
          const line = world.line(1);
          world.handOff.announce(1);
          world.handOff.announce(1);
          // It never comes back for what it leaves: it is busy with what it takes.
          let entry = line.take();
          // Nothing there: it goes, unless it was claimed.
          if (!world.handOff.withdraw(1)) {
            if (entry === 0) entry = line.take();
            else line.passOn();
          }
          if (entry !== 0) world.taken(entry);
          world.shared.parks.unpark(2);
        }, "busy");
        const second = thread.spawn(
          () => world.live(2, () => Atomics.load(world.seen, TAKEN) === 0x101),
          "idle",
        );
        world.spawn(0, 1);
        world.spawn(0, 2);
        first.join();
        second.join();
        expect(world.seen[TAKEN]).toBe(0x101);
      },
      { ...strict, preemptionBound: 2 },
    );
    expect(report.complete).toBe(true);
  });

  it("a thread is claimed by home or by a spawner, and knows by which", () => {
    const report = model(
      () => {
        const world = new World(CAP);
        const { handOff } = world;
        const called = new Int32Array(new SharedArrayBuffer(4));
        handOff.announce(1);
        const home = thread.spawn(() => {
          const sent = handOff.reserve(() => void Atomics.add(called, 0, 1));
          // What it then sends is not part of the model.
          if (sent >= 0) Atomics.add(world.seen, TAKEN, 1);
        });
        const claimed = handOff.claim() === 1;
        // The thread sees that its bit is gone.
        const expecting = !handOff.isIdle(1) && handOff.isReserved(1);
        home.join();
        expect(claimed).toBe(world.seen[TAKEN] === 0);
        // What it saw by mistake it is told of by another call.
        if (!claimed) expect(expecting).toBe(true);
        else if (expecting) expect(called[0]).toBe(1);
        expect(handOff.isReserved(1)).toBe(!claimed);
      },
      { preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });

  it("one who waits for room in the line is told when a job is taken", () => {
    const report = model(() => {
      const world = new World(CAP, 1);
      world.handOff.setThreads(1);
      const line = world.line(0);
      world.shared.jobs.push(0, 1);
      const other = thread.spawn(() => {
        expect(world.line(1).take()).toBe(1);
      });
      let mayGo = false;
      const onRoom = (): void => {
        mayGo = true;
      };
      while (!line.hasRoomFor(onRoom)) {
        line.waitForRoom(onRoom);
        if (mayGo) continue;
        if (!world.shared.parks.announce(0, Parked.BLOCKED)) continue;
        world.shared.parks.sleep(0, Number.POSITIVE_INFINITY);
        world.shared.parks.retire(0);
        line.roomCame();
      }
      line.stopWaiting(onRoom);
      other.join();
      expect(line.length).toBe(0);
    }, strict);
    expect(report.complete).toBe(true);
  });
});

describe("a job and a runtime that shuts down, in every interleaving,", {
  timeout: 120_000,
}, () => {
  it("the job is either seen by the last look of the pool or seen to be too late by its spawner", () => {
    const report = model(
      () => {
        const world = new World(CAP);
        const { participants } = world.shared;
        const other = thread.spawn(() => {
          // A thread that rests: it goes once the runtime is closed, after a last look at the line.
          participants.close();
          const line = world.line(1);
          for (let entry = line.take(); entry !== 0; entry = line.take()) world.taken(entry);
        });
        world.spawn(0, 1);
        const late = participants.isClosed;
        other.join();
        expect(late || world.seen[TAKEN] === 1).toBe(true);
      },
      { preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });
});
