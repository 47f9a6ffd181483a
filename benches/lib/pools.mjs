// The pools beside Treadle behind one face: `run(job, value)`, and `move(bytes)` for the echo of bytes that are given away.
import { fileURLToPath } from "node:url";
import { PortPool } from "./ports.mjs";

const url = (name) => new URL(`../threads/${name}.mjs`, import.meta.url);
const path = (name) => fileURLToPath(url(name));

/** The pools that come as packages. */
export const PACKAGED = [
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
  "poolifier-stealing",
  "multithreading",
];

/** How the pool written by hand is used: a message for each call, to all in turn or to whoever is idle; or many in one. */
export const BY_HAND = ["ports", "ports-idle", "ports-batched"];

/** Those that send a message for each call, as one writes it by hand. */
export const MESSAGE_A_CALL = ["ports", "ports-idle"];

/** What the variants are. */
export const poolsSay = {
  bare: "two workers on `Atomics` and shared memory: no promise, no codec, one kind of job",
  ports: "a pool written by hand: a message for each call, to the workers in turn",
  "ports-idle": "the same, to whoever is idle",
  "ports-batched":
    "the same, up to 256 calls in a message, two messages ahead: a mark of what ports can do",
  piscina: "piscina, two threads",
  tinypool: "tinypool, two threads",
  workerpool: "workerpool, two threads",
  poolifier: "poolifier, a fixed pool of two",
  "poolifier-stealing": "poolifier, a dynamic pool of one to two with queues and task stealing",
  multithreading: "multithreading, two workers; its functions travel as text",
};

/** Why a pool is not measured here. */
export const poolSkips =
  typeof Promise.withResolvers === "function" && globalThis.navigator !== undefined
    ? {}
    : { multithreading: "needs Node 22 or newer" };

const starters = {
  ports: async (threads) => byHand(new PortPool(threads, { batch: 1, ahead: Infinity })),
  "ports-idle": async (threads) => byHand(new PortPool(threads, { batch: 1, ahead: 1 })),
  "ports-batched": async (threads) => byHand(new PortPool(threads, { batch: 256, ahead: 2 })),
  async piscina(threads) {
    const { Piscina, move } = await import("piscina");
    const filename = url("piscina").href;
    const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads });
    return {
      run: (name, value) => pool.run(value, { name }),
      move: (bytes) => pool.run(move(bytes), { name: "echoMoved" }),
    };
  },
  async tinypool(threads) {
    const { Tinypool } = await import("tinypool");
    const filename = url("tinypool").href;
    const pool = new Tinypool({ filename, minThreads: threads, maxThreads: threads });
    return {
      run: (name, value) => pool.run(value, { name }),
      move: (bytes) => pool.run(Tinypool.move(bytes), { name: "echoMoved" }),
    };
  },
  async workerpool(threads) {
    const { default: workerpool } = await import("workerpool");
    const options = { minWorkers: threads, maxWorkers: threads, workerType: "thread" };
    const pool = workerpool.pool(path("workerpool"), options);
    return {
      run: (name, value) => pool.exec(name, [value]),
      move: (bytes) => pool.exec("echoMoved", [bytes], { transfer: [bytes.buffer] }),
    };
  },
  async poolifier(threads) {
    const { FixedThreadPool } = await import("poolifier");
    return poolifier(new FixedThreadPool(threads, path("poolifier")));
  },
  async "poolifier-stealing"(threads) {
    const { DynamicThreadPool } = await import("poolifier");
    const options = { enableTasksQueue: true, tasksQueueOptions: { taskStealing: true } };
    return poolifier(new DynamicThreadPool(1, threads, path("poolifier"), options));
  },
  async multithreading(threads) {
    const { initRuntime, move, spawn } = await import("multithreading");
    initRuntime({ maxWorkers: threads });
    const call = async (name, value) => {
      const result = await spawn(move(value), AS_TEXT[name]).join();
      if (!result.ok) throw result.error;
      return result.value;
    };
    // What can be transferred always is, so a copy is made first.
    const run = (name, value) => call(name, ArrayBuffer.isView(value) ? value.slice() : value);
    return { run, move: (bytes) => call("echo", bytes) };
  },
};

/** The jobs once more, for they are sent as their text. */
const AS_TEXT = {
  odd: (i) => 2 * i + 1,
  spin: (us) => {
    const end = performance.now() + us / 1000;
    while (performance.now() < end);
    return us;
  },
  echo: (bytes) => {
    bytes[0]++;
    bytes[bytes.length - 1]++;
    return bytes;
  },
  hold: (ms) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    return ms;
  },
};

function byHand(pool) {
  return {
    run: (name, value) => pool.run(name, value),
    move: (bytes) => pool.move("echo", bytes),
  };
}

/** It gives away what a call takes; a result comes back as a copy. */
function poolifier(pool) {
  return {
    run: (name, value) => pool.execute(value, name),
    move: (bytes) => pool.execute(bytes, "echo", undefined, [bytes.buffer]),
  };
}

/** A pool whose threads have all run something. */
export async function startPool(name, threads = 2) {
  const pool = await starters[name](threads);
  const calls = Array.from({ length: threads }, () => pool.run("hold", 100));
  for (const held of await Promise.all(calls)) if (held !== 100) throw new Error("held not");
  return pool;
}

/** A pool that has just been made; nothing may run yet. */
export const makePool = (name, threads = 2) => starters[name](threads);

/** A variant for each of the pools `names`: `make(pool)` answers what the variant iterates. */
export function poolVariants(make, names = [...BY_HAND, ...PACKAGED]) {
  return Object.fromEntries(names.map((name) => [name, async () => make(await startPool(name))]));
}
