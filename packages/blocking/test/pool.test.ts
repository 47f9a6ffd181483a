import { beforeEach, describe, expect, test, vi } from "vitest";
import { BlockingPool, HandOff, type PoolHome, type PoolThread } from "../src/index.ts";

/** A home without threads: what the pool asks for is noted, what threads do is said by the test. */
class FakeHome implements PoolHome {
  readonly log: string[] = [];
  readonly lives = new Map<number, number>();
  readonly exits = new Map<number, (why: string) => void>();
  readonly words = new Map<number, string>();
  readonly gone = new Set<number>();
  line: number[] = [];

  freePlace(isTaken: (index: number) => boolean): number {
    for (let index = 1; index < 9; index++) if (!isTaken(index)) return index;
    return -1;
  }

  start(index: number, onExit: (why: string) => void): PoolThread {
    this.log.push(`start ${index}`);
    this.exits.set(index, onExit);
    return {
      name: `thread ${index}`,
      terminate: async () => void this.log.push(`terminate ${index}`),
      looksGone: () => this.gone.has(index),
    };
  }

  lifeOf(index: number): number {
    return this.lives.get(index) ?? 0;
  }

  lastWords(index: number): string | undefined {
    return this.words.get(index);
  }

  lost(index: number, why: string): void {
    this.log.push(`lost ${index}: ${why}`);
  }

  jobsInLine(): number {
    return this.line.length;
  }

  takeJob(): number {
    return this.line.shift() ?? 0;
  }

  endUnstarted(entry: number, why: string | undefined): void {
    this.log.push(`end ${entry}: ${why ?? "cancelled"}`);
  }

  call(thread: number): void {
    this.log.push(`call ${thread}`);
  }

  send(entry: number, thread: number): void {
    this.log.push(`send ${entry} to ${thread}`);
  }

  changed(): void {}

  tellClosing(): void {}

  report(): void {}
}

let home: FakeHome;
let handOff: HandOff;
let pool: BlockingPool;

beforeEach(() => {
  vi.useFakeTimers();
  home = new FakeHome();
  handOff = new HandOff(new Int32Array(new SharedArrayBuffer(HandOff.size(16) * 4)), 0, 16);
  handOff.setLimits(3, 0);
  pool = new BlockingPool(home, handOff, { cap: 3, starting: 2 });
  return () => vi.useRealTimers();
});

/** The thread of a place has begun, and has taken a job. */
function begin(index: number): void {
  home.line.shift();
  handOff.begin(index);
  pool.look();
}

describe("growing", () => {
  test("starts no more threads at a time than may begin together, and none beyond the cap", () => {
    home.line = [1, 2, 3, 4, 5];
    pool.grow();
    expect(home.log).toEqual(["start 1", "start 2"]);
    // Whoever pushes now need not ask.
    expect(handOff.mayGrow).toBe(false);
    begin(1);
    expect(home.log).toEqual(["start 1", "start 2", "start 3"]);
    begin(2);
    begin(3);
    pool.grow();
    expect(home.log.length).toBe(3);
    expect(handOff.threads).toBe(3);
  });

  test("starts no thread for a job for which one is about to begin", () => {
    home.line = [1];
    pool.grow();
    pool.grow();
    expect(home.log).toEqual(["start 1"]);
  });

  test("calls an idle thread instead of starting one", () => {
    handOff.announce(7);
    home.line = [1];
    pool.grow();
    expect(home.log).toEqual(["call 7"]);
  });

  test("sends what home keeps to threads that are idle, and starts one for it", () => {
    pool.hold(5);
    expect(home.log).toEqual(["start 1"]);
    handOff.begin(1);
    handOff.announce(1);
    pool.look();
    expect(home.log).toEqual(["start 1", "send 5 to 1"]);
    expect(handOff.held).toBe(0);
  });
});

describe("the end of a thread", () => {
  test("makes room for another, when it left in good order", () => {
    home.line = [1];
    pool.grow();
    begin(1);
    home.lives.set(1, 1);
    pool.look();
    expect([handOff.threads, pool.running]).toEqual([0, 1]);
    home.exits.get(1)?.("it exited");
    expect([pool.running, pool.deaths]).toEqual([0, 0]);
    home.line = [2];
    pool.grow();
    expect(home.log).toEqual(["start 1", "start 1"]);
  });

  test("loses what it ran, and another takes its place if jobs wait", () => {
    home.line = [1];
    pool.grow();
    begin(1);
    home.line = [2];
    home.exits.get(1)?.("it exited with code 1");
    expect(home.log).toEqual(["start 1", "lost 1: it exited with code 1", "start 1"]);
    expect(pool.deaths).toBe(1);
  });

  test("fails the job that it was sent and had not started", () => {
    pool.hold(5);
    handOff.begin(1);
    handOff.announce(1);
    pool.look();
    home.exits.get(1)?.("gone");
    expect(home.log.slice(2)).toEqual(["lost 1: gone", "end 5: gone"]);
  });

  test("is seen by a blocked home, from time to time", () => {
    home.line = [1];
    pool.grow();
    begin(1);
    home.gone.add(1);
    vi.advanceTimersByTime(2000);
    pool.lookFromBlocked();
    expect(home.log[1]).toMatch(/lost 1: it was terminated/);
  });
});

test("after three threads that did not begin, the jobs in line fail with the reason", () => {
  home.line = [1];
  pool.grow();
  for (let i = 0; i < 3; i++) {
    home.exits.get(1)?.("no memory");
    vi.advanceTimersByTime(1000);
  }
  expect(home.log.filter((entry) => entry.startsWith("start")).length).toBe(3);
  expect(home.log.at(-2)).toBe("end 1: no thread could be started for it: no memory");
});

describe("closing", () => {
  test("cancels what is kept when a thread is idle, and what is in line when there is no thread", () => {
    pool = new BlockingPool(home, handOff, { cap: 1, starting: 1 });
    home.line = [1];
    pool.grow();
    begin(1);
    pool.hold(4);
    handOff.announce(1);
    pool.close();
    expect(home.log.at(-1)).toBe("end 4: cancelled");
    expect(pool.isAwaited()).toBe(true);
    home.line = [9];
    home.lives.set(1, 1);
    home.exits.get(1)?.("it exited");
    expect(home.log.at(-1)).toBe("end 9: cancelled");
    expect([pool.running, pool.isAwaited()]).toEqual([0, false]);
  });

  test("terminates what is left when asked, and names it", () => {
    home.line = [1];
    pool.grow();
    begin(1);
    pool.close();
    expect(pool.terminateAll()).toEqual(["blocking thread thread 1 (1)"]);
    expect(home.log).toContain("terminate 1");
    expect(pool.running).toBe(0);
  });
});
