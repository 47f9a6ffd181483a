// What an idle runtime or pool of two threads costs.
import { poolsSay, startPool } from "../lib/pools.mjs";
import { team } from "../lib/threads.mjs";

const SECONDS = 5;

/** Percent of one processor, over some seconds, one second after the last work. */
async function idle() {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const before = process.cpuUsage();
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const { user, system } = process.cpuUsage(before);
  const ms = performance.now() - start;
  return { done: 1, metrics: { cpu: (user + system) / (ms * 10) } };
}

const treadle = (configure) => async () => {
  const { runtime, jobs } = await team(2, configure);
  return async () => {
    await Promise.all(Array.from({ length: 1000 }, (_, i) => runtime.spawn(jobs.odd(i))));
    return idle();
  };
};

const pool = (name) => async () => {
  const { run } = await startPool(name);
  return async () => {
    await Promise.all(Array.from({ length: 1000 }, (_, i) => run("odd", i)));
    return idle();
  };
};

const pools = ["ports", "piscina"];

export const scenario = {
  name: "threads_idle",
  title: "CPU over 5 s with two idle workers, in percent of one processor",
  about: "Runs 1 000 tasks, waits for a second, then looks at the CPU of all threads for five.",
  says: { ...poolsSay, treadle: "time enabled", "treadle-io": "`enableAll()`" },
  ops: 1,
  measured: true,
  cold: true,
  samples: 1,
  rounds: 1,
  metrics: { cpu: { title: "CPU while idle", unit: "%" } },
  goals: [
    { metric: "cpu", atMost: 0.5 },
    { metric: "cpu", of: "treadle-io", atMost: 0.5 },
  ],
  variants: {
    treadle: treadle((builder) => builder.enableTime()),
    "treadle-io": treadle((builder) => builder.enableAll()),
    ...Object.fromEntries(pools.map((name) => [name, pool(name)])),
  },
};
