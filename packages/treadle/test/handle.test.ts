import { Builder, Handle, pollFn, ready, spawn } from "treadle";
import { describe, expect, test } from "vitest";
import { currentThread, thrownBy } from "./support/runtimes.ts";

describe("a handle", () => {
  test("is current inside the runtime's tasks and roots, and nowhere else", async () => {
    using rt = Builder.newCurrentThread().name("here").build();
    const name = () => Handle.tryCurrent()?.name;
    expect(name()).toBe(undefined);
    expect(rt.blockOn(pollFn(name))).toBe("here");
    expect(rt.blockOn(rt.spawn(pollFn(name)))).toBe("here");
    expect(await rt.run(pollFn(name))).toBe("here");
    expect(name()).toBe(undefined);
  });

  test("shows what its runtime is", () => {
    using rt = currentThread();
    const handle = rt.handle();
    expect([handle.runtimeFlavor(), typeof handle.id, handle.name]).toEqual([
      "current_thread",
      "number",
      undefined,
    ]);
    expect(handle.metrics().numWorkers()).toBe(1);
    expect(rt.blockOn(pollFn(() => Handle.current()))).toBe(handle);
  });

  test("spawns by function and arguments, by future, and by async function", () => {
    using rt = currentThread();
    const handle = rt.handle();
    const add = function* (a: number, b: number) {
      return a + b;
    };
    expect(rt.blockOn(handle.spawn(add, 1, 2))).toBe(3);
    expect(rt.blockOn(handle.spawn(ready("ready")))).toBe("ready");
  });

  test("says that dumps are not built, and what to do instead", () => {
    using rt = currentThread();
    const handle = rt.handle();
    const error = thrownBy(() => handle.dump());
    expect(error.code).toBe("ERR_NOT_BUILT");
    expect(error.message).toContain("is not built into this version of Treadle: use ");
  });

  test("does not keep anything of a runtime that is shut down running", () => {
    const rt = currentThread();
    const handle = rt.handle();
    rt.shutdownBackground();
    const refused = handle.spawn(function* () {});
    expect(refused.isFinished()).toBe(true);
    using _ = handle.enter();
    expect(spawn(function* () {}).isFinished()).toBe(true);
  });

  test("refuses a promise, which runs already, and says how to wait for it", () => {
    using rt = currentThread();
    const error = thrownBy(() => rt.handle().spawn(Promise.resolve() as never));
    expect(error.code).toBe("ERR_INVALID_ARG");
    expect(error.message).toContain("fromPromise(promise)");
  });
});
