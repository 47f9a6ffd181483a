// 10 000 tasks with an argument spawned and joined, by Node's event loop: does it cost more than in blockOn?
import { gatherHosted, gatherPromises, gatherTreadle } from "../lib/gather.mjs";
import { treadleRuntime } from "../lib/peers.mjs";
import { oddOf, sumOf, work } from "../lib/work.mjs";

const TASKS = 10_000;

export const scenario = {
  name: "hosted_spawn_many",
  title: "spawn_many by Node's event loop, per task",
  about:
    "The program of spawn_many through `await runtime.run(main)`; `treadle-block-on` is the same program in" +
    " `runtime.blockOn(main)`.",
  says: {
    treadle: "`await runtime.run(main)`",
    "treadle-block-on": "`runtime.blockOn(main)`",
    native: "an async function called, awaited later",
  },
  ops: TASKS,
  answer: sumOf(TASKS),
  metrics: { wall: { unit: "ns" } },
  goals: [{ metric: "wall", against: "treadle-block-on", atMost: 1.2, info: true }],
  variants: {
    treadle: async () => gatherHosted(await treadleRuntime(), work, TASKS),
    "treadle-block-on": async () => gatherTreadle(await treadleRuntime(), work, TASKS),
    native: async () => gatherPromises(async (i) => oddOf(i), TASKS),
  },
};
