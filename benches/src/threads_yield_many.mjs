// 200 tasks on two workers that yield 1 000 times each.
import { poolsSay } from "../lib/pools.mjs";
import { gatherVariants, SHORT } from "../lib/threads.mjs";

const TASKS = 200;
const YIELDS = 1000;

export const scenario = {
  name: "threads_yield_many",
  title: "200 tasks on two workers yield 1 000 times each, per yield",
  about:
    "The main thread spawns 200 tasks, each yields 1 000 times and answers how often it did. In the pool written by hand a yield" +
    " is `await null`, which lets nothing but microtasks run; the packaged pools give a thread one job at a time, so that" +
    " nothing could take turns.",
  says: { treadle: "`yield* yieldNow()`", ports: `${poolsSay.ports}; \`await null\`` },
  settings: SHORT,
  ops: TASKS * YIELDS,
  metrics: {
    wall: { title: "time per yield", unit: "ns", tokio: [63, 137] },
    cpu: { title: "CPU of all threads per yield", unit: "ns" },
  },
  goals: [],
  variants: (() => {
    const names = { pools: ["ports"], treadle: ["treadle"] };
    const { bare: _, ...variants } = gatherVariants("yields", Array(TASKS).fill(YIELDS), names);
    return variants;
  })(),
};
