// What a thread takes that has run something and is idle.
import { Worker } from "node:worker_threads";
import { makePool, PACKAGED, poolSkips, poolsSay } from "../lib/pools.mjs";
import { team } from "../lib/threads.mjs";

const THREADS = 8;
const HOLD_MS = 300;

/** `make(threads)` answers a function that holds one thread for a while; the first set is for what all threads share. */
function growth(make) {
  return async () => async () => {
    await fill(await make(1), 1);
    await settle();
    const before = process.memoryUsage().rss;
    const start = performance.now();
    const held = await fill(await make(THREADS), THREADS);
    const ms = performance.now() - start - HOLD_MS;
    await settle();
    const mib = (process.memoryUsage().rss - before) / 2 ** 20;
    return { done: held, metrics: { memory: mib / THREADS, start: ms / THREADS } };
  };
}

async function fill(hold, count) {
  const held = await Promise.all(Array.from({ length: count }, () => hold(HOLD_MS)));
  return held.filter((ms) => ms === HOLD_MS).length;
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 300));

const treadle = (configure) =>
  growth(async (threads) => {
    const { runtime, jobs } = await team(threads, configure);
    return (ms) => runtime.spawn(jobs.hold(ms));
  });

const pool = (name) =>
  growth(async (threads) => {
    const { run } = await makePool(name, threads);
    return (ms) => run("hold", ms);
  });

const pools = ["ports", ...PACKAGED.filter((name) => !/stealing|multithreading/.test(name))];

export const scenario = {
  name: "threads_memory",
  title: "what a thread takes that has run a job and is idle",
  about:
    "Makes 8 threads beside one that is there already, holds all of them with a job, and divides what the process has grown by;" +
    " and the time until all have begun, likewise. multithreading has one pool in a process and is left out.",
  says: {
    ...poolsSay,
    treadle: "workers, time enabled",
    "treadle-io": "workers with `enableAll()`: each has a reactor",
    "treadle-blocking": "threads of the blocking pool",
    native: "`new Worker` with an empty message handler",
  },
  skips: poolSkips,
  ops: 1,
  answer: THREADS,
  measured: true,
  cold: true,
  samples: 1,
  rounds: 2,
  metrics: {
    memory: { title: "resident memory per thread", unit: "MiB" },
    start: { title: "time to begin per thread", unit: "ms" },
  },
  goals: [],
  variants: {
    treadle: treadle((builder) => builder.enableTime()),
    "treadle-io": treadle((builder) => builder.enableAll()),
    "treadle-blocking": growth(async (threads) => {
      const { Builder } = await import("treadle");
      const { hold } = await import("../threads/sendables.mjs");
      const runtime = Builder.newCurrentThread().maxBlockingThreads(threads).build();
      return (ms) => runtime.spawnBlocking(hold(ms));
    }),
    native: growth(async (threads) => {
      const code = `const { parentPort } = require("node:worker_threads");
        parentPort.on("message", (ms) => setTimeout(() => parentPort.postMessage(ms), ms));`;
      const workers = Array.from({ length: threads }, () => new Worker(code, { eval: true }));
      return (ms) =>
        new Promise((resolve) => {
          const worker = workers.pop();
          worker.once("message", resolve);
          worker.postMessage(ms);
        });
    }),
    ...Object.fromEntries(pools.map((name) => [name, pool(name)])),
  },
};
