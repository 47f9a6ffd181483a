import { type Async, fn, Instant, interval, pause, sleep, spawn, timeout } from "treadle";
import { describe, expect, test } from "vitest";
import { child } from "./support/child.ts";
import { currentThread, pausedThread, turns } from "./support/runtimes.ts";

/** A turn of the event loop's timers. */
const timersTurn = () => new Promise((done) => setTimeout(done, 2));

describe("timers by the event loop", () => {
  test("wait as long as they say though no single setTimeout can", async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on("warning", warned);
    await using rt = currentThread();
    const naps = [3 * 2 ** 30, 2 ** 40, Number.MAX_VALUE, Number.POSITIVE_INFINITY].map((ms) =>
      rt.spawn(() => sleep(ms)),
    );
    for (let i = 0; i < 3; i++) {
      await turns(2);
      await timersTurn();
    }
    process.off("warning", warned);
    expect(naps.map((nap) => nap.isFinished())).toEqual(naps.map(() => false));
    expect(warnings).toEqual([]);
    for (const nap of naps) nap.abort();
    await turns(2);
    expect(naps.map((nap) => nap.isFinished())).toEqual(naps.map(() => true));
  });

  test("a task spawned by a Node callback gets its timer though the runtime sleeps for longer", async () => {
    await using rt = currentThread();
    const long = rt.spawn(() => sleep(60_000));
    await timersTurn();
    const began = performance.now();
    const took = await new Promise<number>((done) => {
      setImmediate(() => {
        rt.spawn(function* () {
          yield* sleep(2);
          done(performance.now() - began);
        });
      });
    });
    expect(took).toBeGreaterThanOrEqual(2);
    expect(took).toBeLessThan(30_000);
    expect(long.isFinished()).toBe(false);
  });

  test("a sleep reset to earlier by a Node callback ends earlier", async () => {
    await using rt = currentThread();
    const nap = rt.sleep(60_000);
    const handle = rt.spawn(nap);
    await timersTurn();
    nap.reset(Instant.now().add(2));
    await handle;
    expect(nap.isElapsed()).toBe(true);
  });

  test("go on when blockOn returns, and while it runs", async () => {
    await using rt = currentThread();
    const ended: string[] = [];
    const nap = fn(function* nap(ms: number, name: string): Async<void> {
      yield* sleep(ms);
      ended.push(name);
    });
    rt.spawn(nap(1, "during"));
    const after = rt.spawn(nap(300, "after"));
    rt.blockOn(function* () {
      // On a late machine the task may begin its sleep after the root has ended one.
      while (ended.length === 0) yield* sleep(5);
    });
    expect(ended).toEqual(["during"]);
    await after;
    expect(ended).toEqual(["during", "after"]);
  });

  test("a clock paused by one task is everybody's on that runtime, and nobody's elsewhere", async () => {
    await using rt = currentThread();
    await using other = currentThread();
    await rt.run(async () => {
      pause();
      const start = Instant.now();
      await spawn(() => sleep(3_600_000));
      expect(start.elapsed()).toBe(3_600_000);
    });
    const outside = await other.run(async () => {
      const start = Instant.now();
      await sleep(1);
      return start.elapsed();
    });
    expect(outside).toBeLessThan(60_000);
  });
});

describe("a paused clock under async functions", () => {
  test("for await over an interval takes no time", async () => {
    await using rt = pausedThread();
    const seen = await rt.run(async () => {
      const start = Instant.now();
      const seen: number[] = [];
      for await (const moment of interval(3_600_000)) {
        seen.push(moment.since(start));
        if (seen.length === 3) break;
      }
      return seen;
    });
    expect(seen).toEqual([0, 3_600_000, 7_200_000]);
  });

  test("time does not move past what an async function does next", async () => {
    await using rt = pausedThread();
    await rt.run(async () => {
      const start = Instant.now();
      const far = spawn(() => sleep(1_000));
      for (let i = 1; i <= 10; i++) {
        await sleep(10);
        // Several turns of promises, as a call of other people's code takes.
        for (let hop = 0; hop < 20; hop++) await null;
        expect(start.elapsed()).toBe(i * 10);
      }
      await far;
      expect(start.elapsed()).toBe(1_000);
    });
  });

  test("a timeout aborts the signal of an async function", async () => {
    await using rt = pausedThread();
    const reason: unknown = await rt.run(async () => {
      let aborted = false;
      const stuck = async ({ signal }: { signal: AbortSignal }) => {
        await new Promise<void>((done) => signal.addEventListener("abort", () => done()));
        aborted = true;
      };
      const error: unknown = await timeout(1_000, stuck).then(null, (thrown) => thrown);
      expect(aborted).toBe(true);
      return error;
    });
    expect(reason).toMatchObject({ code: "ERR_ELAPSED" });
  });
});

describe("a process", () => {
  const start = `
    import { Builder, sleep, sleepUntil, Instant, DelayQueue, timeout, pending } from "treadle";
    const rt = Builder.newCurrentThread().enableTime().build();
    process.on("exit", () => console.log("exit"));
  `;

  test("stays while a task sleeps, and exits after that", () => {
    const { out, code } = child(`${start}
      rt.spawn(function* () { yield* sleep(5); console.log("slept"); });
    `);
    expect([out, code]).toEqual([["slept", "exit"], 0]);
  });

  test("stays for the last of several sleeps, the timeout among them", () => {
    const { out, code } = child(`${start}
      rt.spawn(function* () { yield* sleep(1); console.log("short"); });
      rt.run(function* () { yield* timeout(10, pending()); })
        .catch((error) => console.log(error.code));
    `);
    expect([out, code]).toEqual([["short", "ERR_ELAPSED", "exit"], 0]);
  });

  test("exits when no timer waits: unpolled, dropped, infinite, or in a queue nobody waits for", () => {
    const { out, code } = child(`${start}
      rt.sleep(60_000);
      rt.spawn(function* () { yield* sleep(Infinity); });
      const nap = rt.spawn(() => sleep(60_000));
      setImmediate(() => nap.abort());
      const entered = rt.enter();
      new DelayQueue().insert("value", 60_000);
      entered[Symbol.dispose]();
    `);
    expect([out, code]).toEqual([["exit"], 0]);
  });
});
