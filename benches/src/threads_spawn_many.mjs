// 10 000 trivial tasks from outside, joined one after the other.
import { MESSAGE_A_CALL, PACKAGED, poolSkips, poolsSay } from "../lib/pools.mjs";
import { gatherVariants, SHORT, treadleSays } from "../lib/threads.mjs";
import { sumOf } from "../lib/work.mjs";

const TASKS = 10_000;

export const scenario = {
  name: "threads_spawn_many",
  title: "10 000 tasks spawned from outside the workers and joined, per task",
  about:
    "The main thread hands 10 000 numbers to two threads at once and takes back a number for each; their sum is checked.",
  says: { ...treadleSays, ...poolsSay },
  skips: poolSkips,
  settings: SHORT,
  ops: TASKS,
  answer: sumOf(TASKS),
  metrics: {
    wall: { title: "time per task", unit: "ns", tokio: [537, 1184] },
    cpu: { title: "CPU of all threads per task", unit: "ns" },
  },
  goals: [
    { metric: "wall", atMost: 1000 },
    { metric: "wall", againstBest: PACKAGED, faster: 8 },
    { metric: "wall", againstBest: MESSAGE_A_CALL, faster: 3 },
    { metric: "wall", against: "ports-batched", faster: 3, info: true },
    { metric: "wall", of: "treadle-hosted", againstBest: PACKAGED, faster: 8, info: true },
  ],
  variants: gatherVariants(
    "odd",
    Array.from({ length: TASKS }, (_, i) => i),
  ),
};
