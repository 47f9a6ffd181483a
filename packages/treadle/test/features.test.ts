import { Builder, type Runtime, sleep, timeout } from "treadle";
import { describe, expect, test } from "vitest";
import { child } from "./support/child.ts";
import { thrownBy } from "./support/runtimes.ts";

describe("a runtime without timers", () => {
  test("has no timer methods in its type, and they throw the flag's name at run time", () => {
    using rt = Builder.newCurrentThread().build();
    const calls = [
      // @ts-expect-error sleep needs enableTime()
      () => rt.sleep(1),
      // @ts-expect-error timeout needs enableTime()
      () => rt.timeout(1, function* () {}),
      // @ts-expect-error interval needs enableTime()
      () => rt.interval(1),
    ];
    for (const call of calls) {
      const error = thrownBy(call);
      expect(error.code).toBe("ERR_TIME_DISABLED");
      expect(error.message).toContain("timers are disabled");
      expect(error.message).toContain("enableTime");
    }
  });

  test("throws the flag's name from the free functions", () => {
    using rt = Builder.newCurrentThread().build();
    using _ = rt.enter();
    for (const call of [() => sleep(1), () => timeout(1, function* () {})]) {
      expect(thrownBy(call).code).toBe("ERR_TIME_DISABLED");
    }
  });

  test("cannot stand for one with them in a signature", () => {
    const takesTimers = (rt: Runtime): unknown => rt.metrics();
    using off = Builder.newCurrentThread().build();
    using on = Builder.newCurrentThread().enableTime().enableIo().enableSignal().build();
    // @ts-expect-error the runtime has no timers
    takesTimers(off);
    takesTimers(on);
    const takesAny = (rt: Runtime<object>): number => rt.metrics().numWorkers();
    expect([takesAny(off), takesAny(on)]).toEqual([1, 1]);
  });
});

describe("a runtime with timers", () => {
  test("has the timer methods, by enableTime and by enableAll", () => {
    for (const builder of [
      Builder.newCurrentThread().enableTime(),
      Builder.newCurrentThread().enableAll(),
    ]) {
      using rt = builder.startPaused(true).build();
      expect(rt.blockOn(rt.sleep(1_000))).toBe(undefined);
      expect(rt.blockOn(rt.timeout(10, rt.sleep(1)))).toBe(undefined);
    }
  });
});

describe("what is loaded", () => {
  const packages = (source: string) => {
    const { modules, code, err } = child(source, { modules: true });
    expect([code, err]).toEqual([0, ""]);
    const found = modules.map((url) => /\/packages\/([^/]+)\/dist\//.exec(url)?.[1]);
    return [...new Set(found)].filter((name) => name !== undefined).sort();
  };

  test("by treadle/builder: neither timers nor channels, until a flag asks for them", () => {
    const source = (flags: string) => `
      import { Builder } from "treadle/builder";
      const rt = Builder.newCurrentThread()${flags}.build();
      rt.blockOn(function* () {});
    `;
    expect(packages(source(""))).toEqual([
      "blocking",
      "core",
      "metrics",
      "scheduler",
      "task",
      "treadle",
    ]);
    expect(packages(source(".enableTime()"))).toEqual([
      "blocking",
      "core",
      "metrics",
      "scheduler",
      "task",
      "time",
      "treadle",
    ]);
    expect(packages(source(".enableSignal()"))).toEqual([
      "blocking",
      "core",
      "io",
      "metrics",
      "scheduler",
      "signal",
      "task",
      "treadle",
    ]);
  });

  test("by treadle and treadle/builder together: one copy of each", () => {
    const { out, modules } = child(
      `
      import { Builder } from "treadle/builder";
      import * as treadle from "treadle";
      const rt = Builder.newCurrentThread().enableTime().build();
      console.log(Builder === treadle.Builder);
      console.log(rt.blockOn(function* () { yield* treadle.sleep(1); return "slept"; }));
    `,
      { modules: true },
    );
    expect(out).toEqual(["true", "slept"]);
    expect(modules.filter((url) => /packages\/time\/dist\/.*\.js$/.test(url))).toHaveLength(1);
  });
});
