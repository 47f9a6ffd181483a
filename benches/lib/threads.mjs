// What the scenarios of many threads share: Treadle on two workers, and "so many calls at once" for each kind of pool.
import * as jobs from "../threads/sendables.mjs";
import { Bare } from "./bare-threads.mjs";
import { poolVariants } from "./pools.mjs";

/** What the variants of Treadle are. */
export const treadleSays = {
  treadle: "`blockOn` of a task that spawns and joins; two workers, time enabled",
  "treadle-hosted":
    "the same by Node's event loop, as the pools are used: `await runtime.run(...)`",
  "treadle-io": "as `treadle`, with `enableAll()`: threads are woken by the reactor",
};

/** Calls across threads take thousands until they are fast; many variants have to fit into a few minutes. */
export const SHORT = { warmupMs: 1000, budgetMs: 400, idleWarmupMs: 500 };

/** One call after the other runs through code that is only compiled after some thousand calls. */
export const ONE_BY_ONE = { ...SHORT, warmupMs: 3000 };

/** Where the payload counts and not the scheduling. */
export const FOR_PAYLOADS = {
  treadle: ["treadle", "treadle-hosted"],
  pools: ["ports", "piscina", "tinypool", "workerpool", "poolifier", "multithreading"],
};

/** A multi-thread runtime whose workers run. */
export async function team(threads = 2, configure = (builder) => builder.enableTime()) {
  const treadle = await import("treadle");
  const runtime = configure(treadle.Builder.newMultiThread().workerThreads(threads)).build();
  await runtime.ready();
  return { ...treadle, runtime, jobs };
}

const enterers = {
  treadle: { configure: (b) => b.enableTime(), enter: (runtime, main) => runtime.blockOn(main) },
  "treadle-hosted": {
    configure: (b) => b.enableTime(),
    enter: (runtime, main) => runtime.run(main),
  },
  "treadle-io": {
    configure: (b) => b.enableAll(),
    enter: (runtime, main) => runtime.blockOn(main),
  },
};

/** The variants of Treadle: `make(team)` answers the generator function that is entered in each iteration. */
export function treadleVariants(make, names = Object.keys(enterers)) {
  return Object.fromEntries(
    names.map((name) => [
      name,
      async () => {
        const { configure, enter } = enterers[name];
        const made = await team(2, configure);
        const main = make(made);
        return () => enter(made.runtime, main);
      },
    ]),
  );
}

/** Calls `values.length` jobs at once, then sums what they answer. */
export function gatherVariants(job, values, { chunk, pools, treadle } = {}) {
  return {
    ...treadleVariants(({ spawn, jobs }) => {
      const call = jobs[job];
      return function* main() {
        const handles = [];
        for (let i = 0; i < values.length; i++) handles.push(spawn(call(values[i])));
        let sum = 0;
        for (const handle of handles) sum += yield* handle;
        return sum;
      };
    }, treadle),
    async bare() {
      const bare = await Bare.start();
      return () => bare.run(job, chunk ?? 64, values.slice()).reduce((a, b) => a + b);
    },
    ...poolVariants(
      (pool) => async () => {
        const promises = [];
        for (let i = 0; i < values.length; i++) promises.push(pool.run(job, values[i]));
        let sum = 0;
        for (const answer of await Promise.all(promises)) sum += answer;
        return sum;
      },
      pools,
    ),
  };
}

/** Calls one after the other with `size` bytes each, which come back changed; `answer` counts those that did. */
export function echoVariants(size, calls, { moved = false, treadle, pools, bare = true } = {}) {
  return {
    ...treadleVariants(({ spawn, jobs, move }) => {
      const call = moved ? (bytes) => jobs.echoMoved(move(bytes)) : jobs.echo;
      return function* main() {
        const echoes = new Echoes(size);
        for (let i = 0; i < calls; i++) echoes.take(yield* spawn(call(echoes.next())));
        return echoes.good;
      };
    }, treadle),
    ...(bare ? bareEcho(size, calls) : {}),
    ...poolVariants((pool) => {
      const call = moved ? pool.move : (bytes) => pool.run("echo", bytes);
      return async () => {
        const echoes = new Echoes(size);
        for (let i = 0; i < calls; i++) echoes.take(await call(echoes.next()));
        return echoes.good;
      };
    }, pools),
  };
}

function bareEcho(size, calls) {
  return {
    async bare() {
      const bare = await Bare.start();
      return () => {
        const echoes = new Echoes(size);
        for (let i = 0; i < calls; i++) echoes.take(bare.echo(echoes.next()));
        return echoes.good;
      };
    },
  };
}

/** The bytes that go to and fro: what came back is what is sent next. */
class Echoes {
  constructor(size) {
    this.bytes = new Uint8Array(size);
    this.size = size;
    this.good = 0;
  }

  next() {
    this.expected = (this.bytes[0] + 1) & 255;
    return this.bytes;
  }

  take(bytes) {
    const last = bytes[this.size - 1];
    if (bytes.length === this.size && bytes[0] === this.expected && last === this.expected)
      this.good++;
    this.bytes = bytes;
  }
}
