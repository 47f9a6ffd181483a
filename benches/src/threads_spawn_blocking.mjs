// 10 000 jobs for the blocking pool.
import { poolsSay, poolVariants } from "../lib/pools.mjs";
import { SHORT } from "../lib/threads.mjs";
import { sumOf } from "../lib/work.mjs";

const JOBS = 10_000;

function blocking(configure) {
  return async () => {
    const { Builder } = await import("treadle");
    const { oddPlain } = await import("../threads/sendables.mjs");
    const runtime = configure(Builder.newCurrentThread()).build();
    function* main() {
      const handles = [];
      for (let i = 0; i < JOBS; i++) handles.push(runtime.spawnBlocking(oddPlain(i)));
      let sum = 0;
      for (const handle of handles) sum += yield* handle;
      return sum;
    }
    return () => runtime.blockOn(main);
  };
}

export const scenario = {
  name: "threads_spawn_blocking",
  title: "10 000 trivial jobs for the blocking pool, per job",
  about:
    "The main thread spawns 10 000 plain functions on the pool for work that blocks and joins them; the sum is checked. The pools" +
    " of others have no second kind of thread: theirs are the figures of threads_spawn_many.",
  says: {
    treadle: "at most two threads",
    "treadle-default": "as many threads as the machine's memory and processors allow by default",
    ports: poolsSay.ports,
    piscina: poolsSay.piscina,
  },
  settings: SHORT,
  ops: JOBS,
  answer: sumOf(JOBS),
  metrics: {
    wall: { title: "time per job", unit: "ns", tokio: [520, 11_800] },
    cpu: { title: "CPU of all threads per job", unit: "ns" },
  },
  goals: [],
  variants: {
    treadle: blocking((builder) => builder.maxBlockingThreads(2)),
    "treadle-default": blocking((builder) => builder),
    ...poolVariants(
      (pool) => async () => {
        const promises = [];
        for (let i = 0; i < JOBS; i++) promises.push(pool.run("odd", i));
        let sum = 0;
        for (const answer of await Promise.all(promises)) sum += answer;
        return sum;
      },
      ["ports", "piscina"],
    ),
  },
};
