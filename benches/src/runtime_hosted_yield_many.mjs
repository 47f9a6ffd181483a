// 200 tasks that yield 1 000 times each, by Node's event loop: does it cost more than in blockOn?
import { gatherHosted, gatherPromises, gatherTreadle } from "../lib/gather.mjs";
import { treadleRuntime } from "../lib/peers.mjs";

const TASKS = 200;
const YIELDS = 1000;

async function treadleYields(gather) {
  const treadle = await treadleRuntime();
  const { yieldNow } = treadle;
  function* task() {
    let yields = 0;
    for (; yields < YIELDS; yields++) yield* yieldNow();
    return yields;
  }
  return gather(treadle, task, TASKS);
}

export const scenario = {
  name: "hosted_yield_many",
  title: "yield_many by Node's event loop, per yield",
  about:
    "The program of yield_many through `await runtime.run(main)`: the runtime works in slices and returns to the event loop in" +
    " between, so Node's own callbacks run too. `treadle-block-on` is the same program in `runtime.blockOn(main)`.",
  says: {
    treadle: "`await runtime.run(main)`",
    "treadle-block-on": "`runtime.blockOn(main)`",
    native: "`await null`",
  },
  ops: TASKS * YIELDS,
  metrics: { wall: { unit: "ns" } },
  goals: [{ metric: "wall", against: "treadle-block-on", atMost: 1.2, info: true }],
  variants: {
    treadle: () => treadleYields(gatherHosted),
    "treadle-block-on": () => treadleYields(gatherTreadle),
    async native() {
      async function task() {
        let yields = 0;
        for (; yields < YIELDS; yields++) await null;
        return yields;
      }
      return gatherPromises(task, TASKS);
    },
  },
};
