import {
  type Async,
  Builder,
  fn,
  type JoinHandle,
  JoinSet,
  pending,
  select,
  spawn,
  yieldNow,
} from "treadle";
import { describe, expect, test } from "vitest";
import { child } from "./support/child.ts";
import { turns } from "./support/runtimes.ts";

const boom = new Error("boom");
const failing = fn(function* failing(): Async<void> {
  throw boom;
});

/** A runtime that keeps what it is told of unhandled failures. */
function telling() {
  const told: { error: unknown; name: string }[] = [];
  const rt = Builder.newCurrentThread()
    .enableAll()
    .unhandledFailure((error, { name }) => told.push({ error, name }))
    .build();
  return { rt, told };
}
const once = [{ error: boom, name: "failing" }];

describe("a failure that nobody looked at", () => {
  test("is told once when the runtime is shut down", () => {
    const { rt, told } = telling();
    const handle = rt.spawn(failing);
    rt.blockOn(yieldNow());
    expect(told).toEqual([]);
    rt.shutdownBackground();
    rt.shutdownBackground();
    expect(told).toEqual(once);
    expect(handle.isFinished()).toBe(true);
  });

  test("is told when it happens, if its handle was detached before", () => {
    const { rt, told } = telling();
    rt.spawn(failing).detach();
    rt.blockOn(yieldNow());
    expect(told).toEqual(once);
    rt.shutdownBackground();
    expect(told).toEqual(once);
  });

  test("is told when its handle is detached afterwards", () => {
    const { rt, told } = telling();
    const handle = rt.spawn(failing);
    rt.blockOn(yieldNow());
    handle.detach();
    expect(told).toEqual(once);
    rt.shutdownBackground();
    expect(told).toEqual(once);
  });

  test("is told although a joiner was woken, if the joiner was dropped before it looked", () => {
    const { rt, told } = telling();
    const joiner: JoinHandle<void> = rt.spawn(function* waits(): Async<void> {
      yield* spawn(function* failing(): Async<void> {
        yield* yieldNow();
        joiner.abort();
        throw boom;
      });
    });
    const outcome = rt.blockOn(joiner.outcome());
    expect([outcome.status, told]).toEqual(["cancelled", []]);
    rt.shutdownBackground();
    expect(told).toEqual(once);
  });

  test("is told if it is in a set of tasks that is never joined", () => {
    const { rt, told } = telling();
    rt.blockOn(function* () {
      new JoinSet<void>().spawn(failing);
      yield* yieldNow();
    });
    rt.shutdownBackground();
    expect(told).toEqual(once);
  });

  test("is told when its set is shut down or let go", () => {
    for (const end of ["shutdown", "detachAll"] as const) {
      const { rt, told } = telling();
      rt.blockOn(function* () {
        const set = new JoinSet<void>();
        set.spawn(failing);
        yield* yieldNow();
        if (end === "shutdown") yield* set.shutdown();
        else set.detachAll();
      });
      expect(told).toMatchObject([{ error: boom }]);
      rt.shutdownBackground();
      expect(told).toHaveLength(1);
    }
  });

  test("is not told once somebody has looked at it", async () => {
    const { rt, told } = telling();
    const looks: ((handle: ReturnType<typeof spawn<void>>) => unknown)[] = [
      (handle) => rt.run(handle).catch(() => {}),
      (handle) => rt.run(handle.outcome()),
      (handle) => handle.then(undefined, () => {}),
      (handle) => rt.run(select({ handle, never: pending() })).catch(() => {}),
    ];
    for (const look of looks) {
      for (const early of [true, false]) {
        const handle = rt.spawn(failing);
        if (!early) await turns();
        await look(handle);
        expect(handle.isFinished()).toBe(true);
      }
    }
    rt.shutdownBackground();
    expect(told).toEqual([]);
  });

  test("of two tasks is not told when they are awaited one after the other", async () => {
    const { rt, told } = telling();
    const caught: unknown[] = [];
    await rt.run(async () => {
      const one = spawn(failing);
      const two = spawn(failing);
      for (const handle of [one, two]) await handle.then(undefined, (e) => caught.push(e));
    });
    await turns(2);
    expect(caught).toEqual([boom, boom]);
    rt.shutdownBackground();
    expect(told).toEqual([]);
  });

  test("is told nobody with 'ignore'", () => {
    const { err, code } = child(`
      import { Builder, yieldNow } from "treadle";
      const rt = Builder.newCurrentThread().unhandledFailure("ignore").build();
      rt.spawn(function* bad() { throw new Error("boom"); });
      rt.blockOn(yieldNow());
      rt.shutdownBackground();
    `);
    expect([err, code]).toEqual(["", 0]);
  });
});

describe("the report on standard error", () => {
  const count = (text: string, part: string) => text.split(part).length - 1;
  const start = `
    import { Builder, spawn, yieldNow } from "treadle";
    const rt = Builder.newCurrentThread().build();
    const bad = function* bad() { throw new Error("boom"); };
  `;

  test("names the task and shows the error, once, at shutdown and not again at exit", () => {
    const { err, code } = child(`${start}
      const handle = rt.spawn(bad);
      rt.blockOn(yieldNow());
      rt.shutdownBackground();
      globalThis.kept = handle;
    `);
    expect(err).toMatch(
      /^treadle: task 1 \(bad\) failed and nobody looked at its result\nError: boom\n {4}at bad/,
    );
    expect([count(err, "boom"), code]).toEqual([1, 0]);
  });

  test("comes at the end of the process for a runtime that was never shut down", () => {
    const { err, out, code } = child(`${start}
      globalThis.kept = rt.spawn(bad);
      rt.blockOn(yieldNow());
      process.on("exit", () => console.log("exit"));
    `);
    expect([count(err, "boom"), out, code]).toEqual([1, ["exit"], 0]);
  });

  test("comes when the handle is collected", () => {
    const { err, out } = child(
      `${start}
      (() => { rt.spawn(bad); })();
      rt.blockOn(yieldNow());
      for (let i = 0; i < 20; i++) {
        gc();
        await new Promise((done) => setTimeout(done, 1));
      }
      process.stderr.write("still running\\n");
      rt.shutdownBackground();
      console.log("end");
    `,
      { node: ["--expose-gc"] },
    );
    expect([count(err, "boom"), out]).toEqual([1, ["end"]]);
    expect(err.indexOf("boom")).toBeLessThan(err.indexOf("still running"));
  });

  test("comes in order when process.exit() ends the process", () => {
    const { err, code } = child(`${start}
      globalThis.kept = rt.spawn(bad);
      rt.blockOn(yieldNow());
      process.exit(3);
    `);
    expect([count(err, "boom"), code]).toEqual([1, 3]);
  });

  test("does not come, nor does Node crash, when failures are awaited late", () => {
    const { err, out, code } = child(`${start}
      await rt.run(async () => {
        const one = spawn(bad);
        const two = spawn(bad);
        try { await one; } catch (e) { console.log(e.message); }
        await new Promise((done) => setTimeout(done, 5));
        try { await two; } catch (e) { console.log(e.message); }
      });
      rt.shutdownBackground();
    `);
    expect([err, out, code]).toEqual(["", ["boom", "boom"], 0]);
  });
});
