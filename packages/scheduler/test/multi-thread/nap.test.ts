import { describe, expect, it } from "vitest";
import { Nap } from "../../src/multi-thread/nap.ts";

/** A thread that waits for results, and the time between its sleeps. */
class Waiting {
  private ms = 1;
  readonly nap = new Nap({ now: () => this.ms });

  /** `results` come within `ms`, `pending` are still to come: whether it naps then. */
  after(ms: number, results: number, pending: number): boolean {
    this.ms += ms;
    for (let i = 0; i < results; i++) this.nap.came();
    return this.nap.isDue(pending);
  }

  /** The same `times` times: how often it napped. */
  often(times: number, ms: number, results: number, pending: number): number {
    let naps = 0;
    for (let i = 0; i < times; i++) if (this.after(ms, results, pending)) naps++;
    return naps;
  }
}

describe("napping while results come in a stream", () => {
  it("tries at the fourth sleep of a stream that goes on, and stays with it while naps gather results", () => {
    const waiting = new Waiting();
    const naps = [1, 2, 3, 4].map(() => waiting.after(0.01, 1, 10_000));
    expect(naps).toEqual([false, false, false, true]);
    expect(waiting.often(100, 0.2, 20, 10_000)).toBe(100);
  });

  it("never naps with one call after the other, however many", () => {
    expect(new Waiting().often(10_000, 0.01, 1, 0)).toBe(0);
    expect(new Waiting().often(10_000, 0.01, 1, 3)).toBe(0);
  });

  it("does not nap when what is to come takes no longer than a few naps", () => {
    // 64 tasks, one result in a microsecond.
    expect(new Waiting().often(1000, 0.004, 4, 64)).toBe(0);
  });

  it("goes on at once when the end of the stream is near", () => {
    const waiting = new Waiting();
    waiting.often(10, 0.2, 20, 10_000);
    expect(waiting.after(0.2, 20, 50)).toBe(false);
  });

  it("doubles the sleeps between trials that gather nothing, beside many tasks that wait for something else", () => {
    const waiting = new Waiting();
    const at: number[] = [];
    for (let i = 1; i <= 1000; i++) if (waiting.after(0.01, 1, 1000)) at.push(i);
    const between = at.slice(1).map((sleep, i) => sleep - (at[i] as number));
    expect(at[0]).toBe(4);
    // One more each: the sleep after the nap, at which it sees that there was little.
    expect(between).toEqual([9, 17, 33, 65, 129, 257, 257]);
  });

  it("starts with short trials again once a nap was worth it", () => {
    const waiting = new Waiting();
    waiting.often(100, 0.01, 1, 1000);
    while (!waiting.after(0.01, 1, 1000));
    expect(waiting.after(0.2, 20, 1000)).toBe(true);
    expect(waiting.after(0.2, 1, 1000)).toBe(false);
    expect(waiting.often(9, 0.01, 1, 1000)).toBe(1);
  });

  it("naps longer, up to a millisecond, while results come as fast as before and nothing else is waited for", () => {
    const waiting = new Waiting();
    const lengths: number[] = [];
    waiting.often(4, 0.01, 1, 10_000);
    for (let i = 0; i < 4; i++) {
      lengths.push(waiting.nap.length(true));
      expect(waiting.nap.length(false)).toBe(0.2);
      waiting.after(0.2, 20, 10_000);
    }
    expect(lengths).toEqual([0.2, 0.4, 0.8, 1]);
  });

  it("naps no longer than a 32nd of what is still to come", () => {
    const waiting = new Waiting();
    waiting.often(10, 0.2, 20, 10_000);
    expect(waiting.nap.length(true)).toBe(1);
    waiting.after(0.2, 20, 1600);
    expect(waiting.nap.length(true)).toBeCloseTo(0.5);
    waiting.after(0.2, 20, 200);
    expect(waiting.nap.length(true)).toBe(0.2);
  });

  it("goes back to short naps when a longer one gathers no more, and tries again ever more seldom", () => {
    const waiting = new Waiting();
    waiting.often(4, 0.01, 1, 1000);
    const longer: number[] = [];
    for (let i = 1; i <= 1000; i++) {
      expect(waiting.after(waiting.nap.length(true), 4, 1000)).toBe(true);
      if (waiting.nap.length(true) > 0.2) longer.push(i);
    }
    const between = longer.slice(1).map((nap, i) => nap - (longer[i] as number));
    expect(longer[0]).toBe(1);
    expect(between).toEqual([6, 10, 18, 34, 66, 130, 258, 258]);
  });

  it("does not nap when nothing has come since", () => {
    const waiting = new Waiting();
    waiting.often(10, 0.2, 20, 10_000);
    expect(waiting.after(0.2, 0, 10_000)).toBe(false);
  });
});
