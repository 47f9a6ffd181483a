// Entering the runtime for something that is ready at once. Only Treadle and Effect answer synchronously.
import { effects, treadleRuntime } from "../lib/peers.mjs";

const CALLS = 1000;

function* one() {
  return 1;
}

export const scenario = {
  name: "block_on_ready",
  title: "blockOn a task that is ready at once",
  ops: CALLS,
  metrics: { wall: { unit: "ns", tokio: [190, 359] } },
  goals: [],
  variants: {
    async treadle() {
      const { runtime } = await treadleRuntime();
      return () => {
        let sum = 0;
        for (let i = 0; i < CALLS; i++) sum += runtime.blockOn(one);
        return sum;
      };
    },
    async native() {
      const task = async () => 1;
      return async () => {
        let sum = 0;
        for (let i = 0; i < CALLS; i++) sum += await task();
        return sum;
      };
    },
    ...effects(({ Effect }) => {
      const task = Effect.gen(one);
      return () => {
        let sum = 0;
        for (let i = 0; i < CALLS; i++) sum += Effect.runSync(task);
        return sum;
      };
    }),
    async effection() {
      const { run } = await import("effection");
      return async () => {
        let sum = 0;
        for (let i = 0; i < CALLS; i++) sum += await run(one);
        return sum;
      };
    },
  },
};
