// Entering the runtime for something that is ready at once. Only Treadle and Effect answer synchronously.
import { effects, treadleRuntime } from "../lib/peers.mjs";

const CALLS = 1000;

function* one() {
  return 1;
}

export const scenario = {
  name: "block_on_ready",
  title: "blockOn a task that is ready at once",
  about:
    "Only Treadle and Effect have a synchronous entry (`Effect.runSync`), which is what is compared; `native` and `effection`" +
    " have to await, so theirs is not a blocking call. `runSync` of Effect cannot wait; `blockOn` can.",
  says: {
    treadle: "`runtime.blockOn(one)`",
    native: "`await` of an async function",
    effect4: "`Effect.runSync` of one effect",
    effection: "`await run(one)`",
  },
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
