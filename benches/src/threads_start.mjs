// From nothing to the first result of a worker.
import { BY_HAND, makePool, PACKAGED, poolSkips, poolsSay } from "../lib/pools.mjs";

const THREADS = 2;
const packages = {
  ports: null,
  "ports-idle": null,
  "ports-batched": null,
  "poolifier-stealing": "poolifier",
};

/** The time of the import, then that from the call that makes two threads to the first result. */
function starting(load, first) {
  return async () => {
    const began = performance.now();
    await load();
    const loaded = performance.now() - began;
    return async () => {
      const start = performance.now();
      const answer = await first();
      const ms = performance.now() - start;
      return { done: answer, metrics: { first: ms, load: loaded } };
    };
  };
}

function treadle(configure) {
  return starting(
    async () => {
      await import("treadle");
      await import("../threads/sendables.mjs");
    },
    async () => {
      const { Builder } = await import("treadle");
      const { odd } = await import("../threads/sendables.mjs");
      const runtime = configure(Builder.newMultiThread().workerThreads(THREADS)).build();
      return runtime.spawn(odd(1));
    },
  );
}

const pool = (name) =>
  starting(
    async () => {
      const package_ = packages[name] === undefined ? name : packages[name];
      if (package_ !== null) await import(package_);
    },
    async () => (await makePool(name, THREADS)).run("odd", 1),
  );

const pools = [BY_HAND[0], ...PACKAGED];

export const scenario = {
  name: "threads_start",
  title: "start-up: from making two threads to the first result",
  about:
    "Builds a runtime or pool of two threads, asks for one number and waits for it, once in each process; importing the library" +
    " into the main thread is shown apart.",
  says: {
    ...poolsSay,
    treadle: "`build()` and `await runtime.spawn(odd(1))`, time enabled",
    "treadle-io": "the same with `enableAll()`",
  },
  skips: poolSkips,
  ops: 1,
  answer: 3,
  measured: true,
  cold: true,
  samples: 1,
  metrics: {
    first: { title: "to the first result", unit: "ms" },
    load: { title: "import before that", unit: "ms" },
  },
  goals: [],
  variants: {
    treadle: treadle((builder) => builder.enableTime()),
    "treadle-io": treadle((builder) => builder.enableAll()),
    ...Object.fromEntries(pools.map((name) => [name, pool(name)])),
  },
};
