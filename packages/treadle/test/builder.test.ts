import { Builder, HistogramConfiguration } from "treadle";
import { describe, expect, test } from "vitest";
import { thrownBy } from "./support/runtimes.ts";

const message = (f: () => unknown, code = "ERR_INVALID_ARG") => {
  const error = thrownBy(f);
  expect(error.code).toBe(code);
  return error.message;
};
const builder = () => Builder.newCurrentThread();

describe("an option that counts something", () => {
  const options = [
    ["workerThreads", "Worker threads cannot be set to 0"],
    ["maxBlockingThreads", "Max blocking threads cannot be set to 0"],
    ["maxBlockingQueue", "Max blocking queue cannot be set to 0"],
    ["globalQueueInterval", "globalQueueInterval must be greater than 0"],
    ["eventInterval", "eventInterval must be greater than 0"],
    ["maxIoEventsPerTick", "maxIoEventsPerTick must be greater than 0"],
  ] as const;

  test.each(options)(
    "%s refuses 0, fractions, negative numbers and what is no number",
    (name, zero) => {
      expect(message(() => builder()[name](0))).toBe(zero);
      for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "3" as never]) {
        expect(message(() => builder()[name](bad))).toContain(
          `${name} must be a whole number above 0`,
        );
      }
      const made = builder();
      expect(made[name](3)).toBe(made);
    },
  );
});

describe("an option that is", () => {
  test("a duration refuses what is none, and takes Infinity", () => {
    for (const bad of [-1, Number.NaN, "1" as never]) {
      expect(message(() => builder().threadKeepAlive(bad))).toContain(
        "must be a number of milliseconds",
      );
    }
    expect(() => builder().threadKeepAlive(Number.POSITIVE_INFINITY)).not.toThrow();
  });

  test("a name refuses the empty and the blank one, and what is no string", () => {
    for (const bad of ["", " ", "\t\n"]) {
      expect(message(() => builder().name(bad))).toBe("runtime name shouldn't be empty");
    }
    expect(message(() => builder().name(3 as never))).toBe("name must be a string; it was given 3");
  });

  test("a flag refuses what is only taken for true or false", () => {
    for (const name of ["startPaused", "propagateAsyncContext"] as const) {
      for (const [bad, shown] of [
        ["5", '"5"'],
        ["", '""'],
        [0, "0"],
        [1, "1"],
        [null, "null"],
        [{}, "an object of class Object"],
      ]) {
        expect(message(() => builder()[name](bad as never))).toBe(
          `${name} must be true or false; it was given ${shown}`,
        );
      }
      const made = builder();
      expect(made[name](true)[name](false)).toBe(made);
    }
    expect(message(() => builder().startPaused(undefined as never))).toContain("given undefined");
    expect(() => builder().propagateAsyncContext()).not.toThrow();
  });

  test("a number of workers refuses more than the environment variable may say", () => {
    expect(message(() => builder().workerThreads(257))).toBe(
      "workerThreads must be a whole number from 1 to 256; it was given 257",
    );
    expect(() => builder().workerThreads(256)).not.toThrow();
  });

  test("a size of the shared memory refuses what is out of its range and no whole number", () => {
    for (const bad of [0, -1, 2 ** 20 - 1, 2 ** 31 + 1, 2 ** 20 + 0.5, "4194304", null]) {
      expect(message(() => builder().segmentLimit(bad as never))).toContain(
        "segmentLimit must be a whole number of bytes from 1048576 to 2147483648",
      );
    }
    expect(() => builder().segmentLimit(2 ** 20)).not.toThrow();
  });

  test("a limit of threads' memory refuses wrong names and numbers", () => {
    const limit = (bad: unknown) => message(() => builder().resourceLimits(bad as never));
    for (const bad of [undefined, null, 64, "64"])
      expect(limit(bad)).toContain("must be an object");
    expect(limit({ maxOldSpaceMb: 64 })).toContain(
      "must have no keys but maxYoungGenerationSizeMb, maxOldGenerationSizeMb, codeRangeSizeMb, stackSizeMb; " +
        'it was given "maxOldSpaceMb"',
    );
    for (const bad of ["64", -1, Number.NaN, Number.POSITIVE_INFINITY, null]) {
      expect(limit({ stackSizeMb: bad })).toContain(
        "resourceLimits.stackSizeMb must be a number of megabytes, 0 or more",
      );
    }
    const good = { maxOldGenerationSizeMb: 64, stackSizeMb: undefined } as never;
    expect(() => builder().resourceLimits(good)).not.toThrow();
  });

  test("a callback refuses what cannot be called", () => {
    const names = [
      "onThreadStart",
      "onThreadStop",
      "onThreadPark",
      "onThreadUnpark",
      "onTaskSpawn",
      "onBeforeTaskPoll",
      "onAfterTaskPoll",
      "onTaskTerminate",
    ] as const;
    for (const name of names) {
      expect(message(() => builder()[name](7 as never))).toBe(
        `${name} must be a function; it was given 7`,
      );
    }
  });

  test("a policy refuses what is none", () => {
    expect(message(() => builder().unhandledFailure("shutdown" as never))).toBe(
      'unhandledFailure must be "report", "ignore", "shutdownRuntime" or a function; it was given "shutdown"',
    );
  });

  test("a policy that ends the runtime refuses many threads", () => {
    const many = Builder.newMultiThread();
    expect(message(() => many.unhandledFailure("shutdownRuntime"))).toMatch(
      /^unhandledFailure\("shutdownRuntime"\) is only supported in current thread runtime/,
    );
    expect(() => many.unhandledFailure("ignore")).not.toThrow();
  });

  test("a seed refuses what is no seed when it is set", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, "seed" as never, undefined as never]) {
      expect(message(() => builder().rngSeed(bad))).toContain("seed must be");
    }
    for (const seed of [0, -1, 1.5, 2n ** 80n, new Uint8Array(0)]) {
      expect(() => builder().rngSeed(seed).build()).not.toThrow();
    }
  });

  test("a thread's name refuses what is neither a string nor a function", () => {
    expect(message(() => builder().threadName(3 as never))).toContain("threadName must be");
    expect(() => builder().threadName(() => "worker")).not.toThrow();
    const many = Builder.newMultiThread().threadName(() => 3 as never);
    expect(message(() => many.build())).toBe(
      "the function given to threadName() must return a string; it was given 3",
    );
  });

  test("a histogram's configuration refuses anything else", () => {
    expect(message(() => builder().metricsPollTimeHistogramConfiguration({} as never))).toContain(
      "metricsPollTimeHistogramConfiguration must be a HistogramConfiguration",
    );
    const configuration = HistogramConfiguration.linear(1, 2);
    expect(() => builder().metricsPollTimeHistogramConfiguration(configuration)).not.toThrow();
  });
});

describe("build", () => {
  const notBuilt = (f: () => unknown) => message(f, "ERR_NOT_BUILT");

  test("says of each part that this version does not have what to do instead", () => {
    const texts = [notBuilt(() => builder().enableIoUring().build())];
    for (const text of texts) expect(text).toContain("is not built into this version of Treadle: ");
    expect(texts[0]).toContain("enableIoUring");
  });

  test("refuses what needs another flavor", () => {
    expect(message(() => Builder.newMultiThread().buildLocal())).toBe(
      "multi_thread is not supported for LocalRuntime",
    );
    expect(
      message(() => Builder.newMultiThread().enableTime().startPaused(true).build()),
    ).toContain("current_thread");
  });

  test("refuses a paused clock without timers", () => {
    expect(message(() => builder().startPaused(true).build())).toBe(
      "startPaused(true) needs enableTime()",
    );
  });

  test("makes a runtime of its own each time", () => {
    const made = builder().name("twin");
    using one = made.build();
    using two = made.build();
    expect(one.handle().id).not.toBe(two.handle().id);
    expect([one.handle().name, two.handle().name]).toEqual(["twin", "twin"]);
  });

  test("fixes the options: what is set afterwards is for later runtimes only", () => {
    let spawned = 0;
    const made = builder().name("before");
    using one = made.build();
    made.name("after").onTaskSpawn(() => spawned++);
    one.spawn(function* () {});
    expect([one.handle().name, spawned]).toEqual(["before", 0]);
  });

  test("takes the options in any order", () => {
    using rt = builder().enableTime().rngSeed(1).enableAll().eventInterval(7).build();
    expect(rt.blockOn(rt.sleep(0))).toBe(undefined);
  });
});
