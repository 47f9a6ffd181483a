// 10 000 tasks that each keep a thread busy for 20 µs.
import { againstIdeal, measured } from "../lib/ideal.mjs";
import { PACKAGED, poolSkips, poolsSay } from "../lib/pools.mjs";
import { gatherVariants, SHORT, treadleSays } from "../lib/threads.mjs";

const TASKS = 10_000;
const MICROSECONDS = 20;
const THREADS = 2;
const total = TASKS * MICROSECONDS;

export const scenario = {
  name: "threads_tasks_20us",
  title: "10 000 tasks of 20 µs each on two workers",
  about:
    "Each task spins until `performance.now()` has gone on by 20 µs, so two threads need 100 ms at least. The main thread" +
    " spawns and joins meanwhile, on a processor that one of the two would have; work by the clock goes on while a thread" +
    " waits for a processor.",
  says: { ...treadleSays, ...poolsSay },
  skips: poolSkips,
  settings: SHORT,
  ops: 1,
  measured: true,
  samples: 3,
  metrics: {
    ideal: { title: "time, as a multiple of the ideal", unit: "x ideal" },
    cpu: { title: "CPU of all threads per task", unit: "ns" },
  },
  goals: [
    { metric: "ideal", atMost: 1 / 0.93, wording: "at least 0.93 of the ideal speed-up: 1.08x" },
    { metric: "ideal", of: "treadle-hosted", atMost: 1 / 0.93, wording: "1.08x", info: true },
    {
      metric: "ideal",
      against: "bare",
      atMost: 1 / 0.93,
      wording: "at most 1.08x bare",
      info: true,
    },
    { metric: "ideal", againstBest: PACKAGED, atMost: 1, info: true },
  ],
  variants: measured(
    gatherVariants("spin", Array(TASKS).fill(MICROSECONDS), {
      treadle: ["treadle", "treadle-hosted"],
    }),
    (iterate) => againstIdeal(iterate, total, TASKS, total / THREADS / 1000),
  ),
};
