import { AsyncLocalStorage } from "node:async_hooks";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import {
  type Async,
  Builder,
  consumeBudget,
  fn,
  fromPromise,
  Handle,
  type JoinHandle,
  oneshot,
  pending,
  pollFn,
  ready,
  sleep,
  spawn,
  tryTaskId,
  yieldNow,
} from "treadle";
import { describe, expect, test } from "vitest";
import { child } from "./support/child.ts";
import { currentThread, requeue, Stuck, thrownBy, turns } from "./support/runtimes.ts";

describe("a hosted runtime and the process", () => {
  const start = `
    import { Builder, fromPromise, pending, sleep } from "treadle";
    const rt = Builder.newCurrentThread().enableAll().build();
    process.on("exit", (code) => console.log("exit", code));
  `;
  const run = (source: string) => child(start + source);

  test("a sleeping task keeps the process alive until it has ended", () => {
    const { out, code } = run(`
      rt.spawn(function* () { yield* sleep(20); console.log("slept"); });
    `);
    expect([out, code]).toEqual([["slept", "exit 0"], 0]);
  });

  test("a runtime with nothing to do does not", () => {
    expect(run("rt.blockOn(sleep0()); function* sleep0() {}").out).toEqual(["exit 0"]);
  });

  test("a task that nothing can wake does not", () => {
    expect(run("rt.spawn(pending()); rt.spawn(() => sleep(0));").out).toEqual(["exit 0"]);
  });

  test("a sleep whose task was cancelled, or whose runtime is gone, does not", () => {
    const { out } = run(`
      const long = rt.spawn(function* () { yield* sleep(1e9); });
      rt.blockOn(function* () { yield* sleep(1); });
      long.abort();
      const other = Builder.newCurrentThread().enableAll().build();
      other.spawn(function* () { yield* sleep(1e9); });
      setTimeout(() => { other.shutdownBackground(); console.log("gone"); }, 5);
    `);
    expect(out).toEqual(["gone", "exit 0"]);
  });

  test("run() that can never end rejects when the event loop runs dry, after its clean-up", () => {
    const { out, code } = run(`
      const root = rt.run(function* waits() {
        try { yield* pending(); } finally { yield* sleep(1); console.log("cleaned up"); }
      });
      await root.catch((error) => console.log(error.code, error.message));
    `);
    expect(out).toEqual([
      "cleaned up",
      "ERR_DEADLOCK run(waits) can never end: it waits, and no timer, task or other source is left that could wake it",
      "exit 0",
    ]);
    expect(code).toBe(0);
  });

  test("run() that waits for a promise that never settles rejects too", () => {
    const { out } = run(`
      await rt.run(fromPromise(new Promise(() => {}))).catch((error) => console.log(error.code));
      console.log(await rt.run(function* () { return "goes on"; }));
    `);
    expect(out).toEqual(["ERR_DEADLOCK", "goes on", "exit 0"]);
  });

  test("run() whose clean-up can never end rejects at last", () => {
    const { out } = run(`
      const root = rt.run(function* () { try { yield* pending(); } finally { yield* pending(); } });
      await root.catch((error) => console.log(error.code));
    `);
    expect(out).toEqual(["ERR_DEADLOCK", "exit 0"]);
  });

  test("a timer set from outside its turns wakes it in time", () => {
    const { out } = run(`
      rt.spawn(function* () { yield* sleep(100_000); });
      setTimeout(() => {
        const guard = rt.enter();
        const nap = sleep(5);
        guard[Symbol.dispose]();
        rt.spawn(nap).then(() => { console.log("short nap"); rt.shutdownBackground(); });
      }, 5);
    `);
    expect(out).toEqual(["short nap", "exit 0"]);
  });
});

describe("a busy hosted runtime", () => {
  const LIMIT = 3_000_000;
  const waits: Record<string, () => Async<void>> = {
    yields: function* () {
      yield* yieldNow();
    },
    "wakes itself": function* () {
      yield* requeue();
    },
    "spends its budget": function* () {
      for (let i = 0; i < 256; i++) yield* consumeBudget();
    },
    "joins ready tasks": function* () {
      yield* spawn(ready(0));
    },
  };

  test.each(Object.keys(waits))(
    "whose task %s lets foreign timers and promises through",
    async (name) => {
      using rt = currentThread();
      const seen = { timers: 0, immediates: 0, promises: 0 };
      const interval = setInterval(() => {
        seen.timers++;
        void Promise.resolve().then(() => seen.promises++);
        setImmediate(() => seen.immediates++);
      }, 1);
      const once = fn(waits[name] as () => Async<void>);
      const rounds = await rt.run(function* () {
        for (let i = 0; i < LIMIT; i++) {
          if (seen.timers >= 3 && seen.immediates >= 2) return i;
          yield* once();
        }
        return LIMIT;
      });
      clearInterval(interval);
      expect(rounds).toBeLessThan(LIMIT);
      expect(seen.promises).toBe(seen.timers);
    },
  );

  test("with a thousand tasks that are always ready lets the event loop turn", async () => {
    using rt = currentThread();
    let polls = 0;
    const busy = fn(function* busy(): Async<void> {
      for (let i = 0; i < LIMIT / 1_000; i++) {
        polls++;
        yield* requeue();
      }
    });
    for (let i = 0; i < 1_000; i++) rt.spawn(busy);
    await turns(5);
    expect(polls).toBeGreaterThan(0);
    expect(polls).toBeLessThan(LIMIT);
  });
});

describe("a hosted task", () => {
  test("waits for Node's own promises", async () => {
    using rt = currentThread();
    const own = fileURLToPath(import.meta.url);
    const text = await rt.run(function* () {
      return yield* fromPromise(readFile(own, "utf8"));
    });
    expect(text).toContain("waits for Node's own promises");
  });

  test("waits for fetch, beside a server of the same process", async () => {
    using rt = currentThread();
    const server = createServer((_, response) => response.end("hello"));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as AddressInfo;
    const get = fn(function* get(): Async<string> {
      const response = yield* fromPromise(fetch(`http://127.0.0.1:${port}/`));
      return yield* fromPromise(response.text());
    });
    const both = rt.run(function* () {
      const [one, two] = [spawn(get), spawn(get)];
      return [yield* one, yield* two];
    });
    expect(await both).toEqual(["hello", "hello"]);
    await new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  });

  test("gets the rejection of a promise as it was", async () => {
    using rt = currentThread();
    const boom = new Error("boom");
    await expect(rt.run(fromPromise(Promise.reject(boom)))).rejects.toBe(boom);
  });
});

describe("blockOn", () => {
  test("says that a native promise cannot settle meanwhile, after its clean-up", () => {
    using rt = currentThread();
    let cleaned = false;
    const error = thrownBy(() =>
      rt.blockOn(function* waiter() {
        try {
          yield* fromPromise(Promise.resolve(1));
        } finally {
          yield* sleep(1);
          cleaned = true;
        }
      }),
    );
    expect(error.code).toBe("ERR_FOREIGN_PROMISE");
    expect(error.message).toContain("blockOn(waiter) waits for a native promise");
    expect(error.message).toContain("await runtime.run(...)");
    expect(cleaned).toBe(true);
    expect(rt.blockOn(ready("goes on"))).toBe("goes on");
  });

  test("says so too when a task that it waits for waits for a promise", () => {
    using rt = currentThread();
    const task = rt.spawn(async () => 1);
    expect(thrownBy(() => rt.blockOn(task)).code).toBe("ERR_FOREIGN_PROMISE");
  });

  test("does not give up while a timer can still wake something", () => {
    using rt = currentThread();
    const [tx, rx] = oneshot<string>();
    rt.spawn(function* () {
      yield* sleep(2);
      tx.send("woken");
    });
    expect(rt.blockOn(rx)).toBe("woken");
  });

  test("throws when nothing can ever wake it, after its clean-up", () => {
    using rt = currentThread();
    let cleaned = false;
    const error = thrownBy(() =>
      rt.blockOn(function* waiter() {
        try {
          yield* pending();
        } finally {
          yield* sleep(1);
          cleaned = true;
        }
      }),
    );
    expect(error.code).toBe("ERR_DEADLOCK");
    expect(error.message).toContain("blockOn(waiter) can never end");
    expect(cleaned).toBe(true);
    expect(rt.blockOn(ready("goes on"))).toBe("goes on");
  });

  test("throws when even its clean-up can never end", () => {
    using rt = currentThread();
    const hangs = function* () {
      try {
        yield* pending();
      } finally {
        yield* pending();
      }
    };
    expect(thrownBy(() => rt.blockOn(hangs)).code).toBe("ERR_DEADLOCK");
  });

  test("gives the error of clean-up that fails", () => {
    using rt = currentThread();
    const boom = new Error("clean-up");
    const root = new Stuck(() => {
      throw boom;
    });
    expect(thrownBy(() => rt.blockOn(root))).toBe(boom);
  });

  test("inside itself, a task or a hook throws; the outer one goes on", () => {
    let inHook: unknown;
    using rt = Builder.newCurrentThread()
      .onTaskSpawn(() => {
        inHook = thrownBy(() => rt.blockOn(ready(0))).code;
      })
      .build();
    const nested = () => pollFn(() => thrownBy(() => rt.blockOn(ready(0))).code);
    expect(rt.blockOn(nested())).toBe("ERR_NESTED_RUNTIME");
    expect(rt.blockOn(rt.spawn(nested()))).toBe("ERR_NESTED_RUNTIME");
    expect(inHook).toBe("ERR_NESTED_RUNTIME");
  });

  test("works while the runtime is hosted, and what is left goes on by the event loop", async () => {
    using rt = currentThread();
    const log: string[] = [];
    const slow = rt.spawn(function* () {
      for (let i = 0; i < 3; i++) {
        yield* sleep(2);
        log.push(`nap ${i}`);
      }
    });
    await turns(2);
    rt.blockOn(function* () {
      while (log.length === 0) yield* sleep(1);
    });
    expect(log.length).toBeLessThan(3);
    await slow;
    expect(log).toEqual(["nap 0", "nap 1", "nap 2"]);
  });
});

describe("async functions as tasks", () => {
  const two = () => {
    const one = Builder.newCurrentThread().enableAll().name("one").build();
    const other = Builder.newCurrentThread().enableAll().name("other").build();
    return [one, other] as const;
  };

  test("find their own runtime and task again after every await", async () => {
    const [one, other] = two();
    const work = async () => {
      const id = tryTaskId();
      const seen = [];
      for (let i = 0; i < 5; i++) {
        await (i % 2 === 0 ? sleep(1) : Promise.resolve());
        const inner = await spawn(pollFn(() => Handle.current().name));
        seen.push(Handle.current().name, inner, tryTaskId() === id);
      }
      return { id, seen };
    };
    const handles = [one.spawn(work), other.spawn(work)] as const;
    const [a, b] = [await handles[0], await handles[1]];
    expect(a.id).toBe(handles[0].id);
    expect(b.id).toBe(handles[1].id);
    expect(new Set(a.seen)).toEqual(new Set(["one", true]));
    expect(new Set(b.seen)).toEqual(new Set(["other", true]));
    expect(Handle.tryCurrent()).toBe(undefined);
    one.shutdownBackground();
    other.shutdownBackground();
  });

  test("are told of an abort by their signal, and end when their promise does", async () => {
    using rt = currentThread();
    const log: string[] = [];
    const handle = rt.spawn(async ({ signal }) => {
      signal.addEventListener("abort", () => log.push("signal"));
      try {
        await new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      } finally {
        await new Promise((done) => setTimeout(done, 2));
        log.push("cleaned up");
      }
    });
    await turns(2);
    handle.abort();
    const outcome = await rt.run(handle.outcome());
    expect([outcome.status, log]).toEqual(["cancelled", ["signal", "cleaned up"]]);
  });

  test("that never look at their signal are let go at once", async () => {
    using rt = currentThread();
    const handle = rt.spawn(async () => {
      await new Promise(() => {});
    });
    await turns(2);
    handle.abort();
    expect((await rt.run(handle.outcome())).status).toBe("cancelled");
  });
});

describe("propagateAsyncContext", () => {
  const storage = new AsyncLocalStorage<string>();
  const seenBy = async (on: boolean) => {
    using rt = Builder.newCurrentThread().enableAll().propagateAsyncContext(on).build();
    const work = fn(function* work(): Async<unknown[]> {
      const before = storage.getStore();
      yield* sleep(1);
      const after = storage.getStore();
      const nested = yield* spawn(pollFn(() => storage.getStore() ?? null));
      return [before, after, nested];
    });
    const a = storage.run("a", () => rt.spawn(work));
    const b = storage.run("b", () => rt.spawn(work));
    return [await rt.run(a), await rt.run(b)];
  };

  test("carries the spawner's storage into every poll", async () => {
    expect(await seenBy(true)).toEqual([
      ["a", "a", "a"],
      ["b", "b", "b"],
    ]);
  });

  test("is off unless it is asked for", async () => {
    const seen = (await seenBy(false)).flat();
    expect(seen).not.toContain("b");
  });
});

describe("shutdown", () => {
  const cleanUp = fn(function* cleanUp(log: string[], ms: number): Async<void> {
    try {
      yield* pending();
    } finally {
      yield* sleep(ms);
      log.push("cleaned up");
    }
  });

  test("waits for clean-up that sleeps, and answers true", async () => {
    const rt = currentThread();
    const log: string[] = [];
    rt.spawn(cleanUp, log, 3);
    rt.blockOn(yieldNow());
    expect(await rt.shutdownTimeout(5_000)).toBe(true);
    expect(log).toEqual(["cleaned up"]);
  });

  test("`await using` waits for clean-up, `using` lets it go on", async () => {
    const log: string[] = [];
    {
      await using rt = currentThread();
      rt.spawn(cleanUp, log, 2);
      rt.blockOn(yieldNow());
    }
    expect(log).toEqual(["cleaned up"]);
    let handle: JoinHandle<void>;
    {
      using rt = currentThread();
      handle = rt.spawn(cleanUp, log, 2);
      rt.blockOn(yieldNow());
    }
    expect([log.length, handle.isFinished()]).toEqual([1, false]);
    await expect(handle.then()).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
    expect(log).toHaveLength(2);
  });

  test("asked for again gives the same answer, also during clean-up and after the end", async () => {
    const rt = currentThread();
    const log: string[] = [];
    rt.spawn(cleanUp, log, 3);
    rt.blockOn(yieldNow());
    rt.shutdownBackground();
    const answers = [rt.shutdownTimeout(5_000), rt.shutdownTimeout(5_000)];
    rt.shutdownBackground();
    expect(await Promise.all(answers)).toEqual([true, true]);
    expect(await rt.shutdownTimeout(0)).toBe(true);
    expect(log).toEqual(["cleaned up"]);
  });

  test("by a task of its own ends that task as well, after its poll", async () => {
    const rt = currentThread();
    const log: string[] = [];
    const handle = rt.spawn(function* () {
      try {
        rt.shutdownBackground();
        log.push("poll goes on");
        yield* yieldNow();
        log.push("never");
      } finally {
        log.push("cleaned up");
      }
    });
    await expect(handle.then()).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
    expect(log).toEqual(["poll goes on", "cleaned up"]);
    expect(await rt.shutdownTimeout(0)).toBe(true);
  });

  test("by the first poll of a task reaches the tasks that were never polled, and none of them runs", async () => {
    const rt = currentThread();
    const polled: string[] = [];
    const work = function* (name: string): Async<void> {
      polled.push(name);
      yield* yieldNow();
    };
    let inner: JoinHandle<void> | undefined;
    const first = rt.spawn(function* () {
      inner = spawn(work, "local");
      rt.shutdownBackground();
      yield* yieldNow();
    });
    const outer = rt.spawn(work, "inject");
    expect(rt.metrics().numAliveTasks()).toBe(2);
    await expect(first.then()).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
    await expect(outer.then()).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
    expect([inner?.isFinished(), polled, rt.metrics().numAliveTasks()]).toEqual([true, [], 0]);
  });

  test("by a hook before the first poll drops the task unpolled", async () => {
    let polls = 0;
    const rt = Builder.newCurrentThread()
      .onBeforeTaskPoll(() => rt.shutdownBackground())
      .build();
    const handle = rt.spawn(function* () {
      polls++;
      yield* yieldNow();
    });
    await expect(handle.then()).rejects.toMatchObject({ code: "ERR_TASK_CANCELLED" });
    expect(polls).toBe(0);
  });

  test("by the root of blockOn makes that blockOn throw", () => {
    const rt = currentThread();
    const error = thrownBy(() =>
      rt.blockOn(function* () {
        rt.shutdownBackground();
        yield* yieldNow();
      }),
    );
    expect(error.code).toBe("ERR_RUNTIME_SHUTDOWN");
  });

  test("settles every handle and every run(), whatever each was doing", async () => {
    const rt = currentThread();
    const log: string[] = [];
    const handles: Record<string, JoinHandle<unknown>> = {
      waiting: rt.spawn(pending()),
      sleeping: rt.spawn(() => sleep(1e9)),
      yielding: rt.spawn(function* () {
        for (;;) yield* yieldNow();
      }),
      joining: rt.spawn(function* (): Async<unknown> {
        return yield* handles["waiting"] as JoinHandle<unknown>;
      }),
      cleaning: rt.spawn(cleanUp, log, 2),
      promised: rt.spawn(() => fromPromise(new Promise(() => {}))),
      asynchronous: rt.spawn(async () => {
        await new Promise(() => {});
      }),
      listening: rt.spawn(async ({ signal }) => {
        await new Promise<void>((done) => signal.addEventListener("abort", () => done()));
      }),
    };
    await turns(3);
    handles["cleaning"]?.abort();
    await turns(1);
    handles["unpolled"] = rt.spawn(pending());
    const root = rt.run(pending());
    const settled = Promise.allSettled([root, ...Object.values(handles).map((h) => h.then())]);
    expect(await rt.shutdownTimeout(5_000)).toBe(true);
    const codes = (await settled).map((result) =>
      result.status === "rejected" ? (result.reason as { code: string }).code : "fulfilled",
    );
    const [first, ...others] = codes;
    expect(first).toBe("ERR_RUNTIME_SHUTDOWN");
    expect(new Set(others)).toEqual(new Set(["ERR_TASK_CANCELLED"]));
    expect(log).toEqual(["cleaned up"]);
    expect(rt.metrics().numAliveTasks()).toBe(0);
  });

  test("finds the living tasks whatever each is doing: queued, running, waiting, ended", () => {
    const rt = currentThread();
    const alive: number[] = [];
    const count = (): number => alive.push(rt.metrics().numAliveTasks());
    rt.blockOn(function* () {
      const ended = spawn(function* () {
        count();
      });
      const waiting = spawn(pending());
      count();
      yield* ended;
      count();
      waiting.abort();
      yield* waiting.outcome();
      count();
    });
    expect(alive).toEqual([2, 2, 1, 0]);
  });

  test("refuses what comes afterwards", async () => {
    const rt = currentThread();
    rt.shutdownBackground();
    expect(thrownBy(() => rt.blockOn(ready(1))).code).toBe("ERR_RUNTIME_SHUTDOWN");
    await expect(rt.run(ready(1))).rejects.toMatchObject({ code: "ERR_RUNTIME_SHUTDOWN" });
    expect(rt.spawn(ready(1)).isFinished()).toBe(true);
  });

  test("names on standard error what it gave up, and never again", () => {
    const { out, err, code } = child(`
      import { Builder, pending, yieldNow } from "treadle";
      const rt = Builder.newCurrentThread().enableAll().build();
      const hangs = (name) => Object.defineProperty(function* () {
        try { yield* pending(); } finally { yield* pending(); }
      }, "name", { value: name });
      const handles = ["one", "two"].map((name) => rt.spawn(hangs(name)));
      const root = rt.run(hangs("root")).catch((error) => error.code);
      await new Promise((done) => setTimeout(done, 2));
      console.log(await rt.shutdownTimeout(2), await rt.shutdownTimeout(2), await root);
      for (const handle of handles) console.log((await handle.then(null, (e) => e.code)));
    `);
    expect(out).toEqual([
      "false false ERR_RUNTIME_SHUTDOWN",
      "ERR_TASK_CANCELLED",
      "ERR_TASK_CANCELLED",
    ]);
    expect(err).toBe(
      "treadle: shutdown within 2 ms gave up what was still running: one (task 1), two (task 2), root\n",
    );
    expect(code).toBe(0);
  });

  test("names of very many that it gave up the first and the last, and how many are between", () => {
    const { err } = child(`
      import { Builder, pending, yieldNow } from "treadle";
      const rt = Builder.newCurrentThread().enableAll().build();
      const hangs = function* hangs() { try { yield* pending(); } finally { yield* pending(); } };
      for (let i = 0; i < 1000; i++) rt.spawn(hangs).detach();
      // All of them begin.
      rt.blockOn(function* () { for (let i = 0; i < 1000; i++) yield* yieldNow(); });
      await rt.shutdownTimeout(2);
    `);
    const names = (from: number): string =>
      Array.from({ length: 10 }, (_, i) => `hangs (task ${from + i})`).join(", ");
    expect(err).toBe(
      `treadle: shutdown within 2 ms gave up what was still running: ${names(1)}, 980 others, ${names(991)}\n`,
    );
  });

  test("refuses a time that is none", () => {
    using rt = currentThread();
    for (const bad of [-1, Number.NaN, "5" as never]) {
      expect(thrownBy(() => rt.shutdownTimeout(bad)).code).toBe("ERR_INVALID_ARG");
    }
  });
});
