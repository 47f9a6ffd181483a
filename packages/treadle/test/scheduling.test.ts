/** In what order things run; each order is what Tokio's current-thread scheduler does, observed by running it. */
import { type Async, Builder, fn, sleep, spawn, yieldNow } from "treadle";
import { describe, expect, test } from "vitest";
import { currentThread, requeue } from "./support/runtimes.ts";

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

/** A task that notes its name and ends. */
const note = fn(function* note(log: unknown[], name: unknown): Async<void> {
  log.push(name);
});

describe("the order of tasks", () => {
  test("inside is that of their spawns, before those spawned from outside", () => {
    using rt = currentThread();
    const log: string[] = [];
    for (const i of upTo(3)) rt.spawn(note, log, `outside ${i}`);
    rt.blockOn(function* () {
      log.push("root");
      for (const i of upTo(5)) spawn(note, log, `inside ${i}`);
      yield* yieldNow();
      log.push("end");
    });
    expect(log).toEqual([
      "root",
      ...upTo(5).map((i) => `inside ${i}`),
      ...upTo(3).map((i) => `outside ${i}`),
      "end",
    ]);
  });

  test("puts one from outside at the 31st place of a long queue", () => {
    for (const [interval, place] of [
      [undefined, 31],
      [5, 5],
      [1, 1],
    ] as const) {
      const builder = Builder.newCurrentThread();
      if (interval !== undefined) builder.globalQueueInterval(interval);
      using rt = builder.build();
      const log: unknown[] = [];
      rt.spawn(note, log, "outside");
      rt.blockOn(function* () {
        for (const i of upTo(100)) spawn(note, log, i);
        for (let i = 0; i < 3; i++) yield* yieldNow();
      });
      expect(log.indexOf("outside") + 1).toBe(place);
      expect(log.filter((name) => name !== "outside")).toEqual(upTo(100));
    }
  });

  test("of a task that is woken in its own poll is at the back of the queue", () => {
    using rt = currentThread();
    const log: string[] = [];
    rt.blockOn(function* () {
      const busy = spawn(function* () {
        log.push("first poll");
        yield* requeue();
        log.push("second poll");
      });
      spawn(note, log, "other");
      yield* busy;
    });
    expect(log).toEqual(["first poll", "other", "second poll"]);
  });

  test("of yielding tasks turns round with every round", () => {
    using rt = currentThread();
    const log: string[] = [];
    rt.blockOn(function* () {
      const tasks = ["A", "B", "C"].map((name) =>
        spawn(function* () {
          for (let i = 0; i < 4; i++) {
            log.push(`${name}${i}`);
            yield* yieldNow();
          }
        }),
      );
      for (const task of tasks) yield* task;
    });
    expect(log.join(" ")).toBe("A0 B0 C0 C1 B1 A1 A2 B2 C2 C3 B3 A3");
  });

  test("of many yielding tasks turns round by batches of the event interval", () => {
    const polls: number[] = [];
    using rt = currentThread();
    rt.blockOn(function* () {
      const tasks = upTo(200).map((i) =>
        spawn(function* () {
          for (let n = 0; n < 2; n++) {
            polls.push(i);
            yield* yieldNow();
          }
        }),
      );
      for (const task of tasks) yield* task;
    });
    expect(polls.slice(0, 200)).toEqual(upTo(200));
    // The root was polled first and is one of the first batch's 61.
    expect(polls.slice(200, 203)).toEqual([
      polls[200],
      Number(polls[200]) - 1,
      Number(polls[200]) - 2,
    ]);
    expect([59, 60]).toContain(polls[200]);
    expect([...polls.slice(200)].sort((a, b) => a - b)).toEqual(upTo(200));
  });
});

describe("the event interval", () => {
  test("is how many polls there are between two looks at the root", () => {
    using rt = Builder.newCurrentThread().eventInterval(10).build();
    let polls = 0;
    const seen = rt.blockOn(function* () {
      for (let i = 0; i < 100; i++) {
        spawn(function* () {
          polls++;
        });
      }
      const seen: number[] = [];
      for (let i = 0; i < 5; i++) {
        yield* yieldNow();
        seen.push(polls);
      }
      return seen;
    });
    const steps = seen.map((n, i) => n - (seen[i - 1] ?? 0));
    for (const step of steps) expect([9, 10]).toContain(step);
  });

  test("is how long a timer that is due may have to wait", () => {
    using rt = Builder.newCurrentThread().enableTime().eventInterval(7).build();
    let polls = 0;
    let fired = -1;
    rt.blockOn(function* () {
      spawn(function* () {
        yield* sleep(1);
        fired = polls;
      });
      yield* yieldNow();
      const due = performance.now() + 3;
      while (performance.now() < due);
      const busy = spawn(function* () {
        while (fired < 0 && polls < 10_000) {
          polls++;
          yield* requeue();
        }
      });
      yield* busy;
    });
    expect(fired).toBeGreaterThanOrEqual(0);
    expect(fired).toBeLessThanOrEqual(14);
  });
});

describe("a root", () => {
  test("that was woken goes before the tasks", () => {
    using rt = currentThread();
    const log: string[] = [];
    rt.blockOn(function* () {
      spawn(note, log, "task");
      yield* requeue();
      log.push("root again");
      yield* yieldNow();
    });
    // A root is polled once per round, so the task of this round comes first.
    expect(log).toEqual(["task", "root again"]);
  });

  test("of run() is one of several, each polled when it is woken", async () => {
    using rt = currentThread();
    const log: string[] = [];
    const root = (name: string) =>
      rt.run(function* () {
        for (let i = 0; i < 2; i++) {
          log.push(`${name}${i}`);
          yield* yieldNow();
        }
      });
    await Promise.all([root("a"), root("b")]);
    expect(log.slice(0, 2)).toEqual(["a0", "b0"]);
    expect(log.slice(2).sort()).toEqual(["a1", "b1"]);
  });
});
