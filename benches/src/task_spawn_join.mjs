// A task spawned and joined before the next one is spawned.
import { effects, treadleRuntime } from "../lib/peers.mjs";

const TASKS = 1000;

function* one() {
  return 1;
}

export const scenario = {
  name: "spawn_join",
  title: "spawn a task and join it, one by one",
  ops: TASKS,
  metrics: { wall: { unit: "ns", tokio: [439, 682] } },
  goals: [],
  variants: {
    async treadle() {
      const { runtime, spawn } = await treadleRuntime();
      function* main() {
        let sum = 0;
        for (let i = 0; i < TASKS; i++) sum += yield* spawn(one);
        return sum;
      }
      return () => runtime.blockOn(main);
    },
    async native() {
      const task = async () => 1;
      return async () => {
        let sum = 0;
        for (let i = 0; i < TASKS; i++) sum += await task();
        return sum;
      };
    },
    ...effects(({ Effect, Fiber, spawn }) => {
      const task = Effect.gen(one);
      const main = Effect.gen(function* () {
        let sum = 0;
        for (let i = 0; i < TASKS; i++) sum += yield* Fiber.join(yield* spawn(task));
        return sum;
      });
      return () => Effect.runPromise(main);
    }),
    async effection() {
      const { run, spawn } = await import("effection");
      function* main() {
        let sum = 0;
        for (let i = 0; i < TASKS; i++) sum += yield* yield* spawn(one);
        return sum;
      }
      return () => run(main);
    },
  },
};
