// A timeout round something that is ready at once.
import { effects, treadleRuntime } from "../lib/peers.mjs";

const CALLS = 1000;

export const scenario = {
  name: "timeout_ready",
  title: "timeout round a future that is ready",
  about:
    "Treadle, as Tokio, polls what is inside first and sets no timer when it is ready. `native` is the usual helper of" +
    " `Promise.race` and `clearTimeout`; a promise cannot be asked, so a timer is set each time.",
  says: {
    treadle: "`timeout(1000, ready(1))`",
    native: "`Promise.race` with a timer that is cleared",
    effect4: "`Effect.timeout(Effect.succeed(1), 1000)`",
    effection: "`race([one(), sleep(1000)])`",
  },
  ops: CALLS,
  metrics: { wall: { unit: "ns", tokio: [51, 95] } },
  goals: [],
  variants: {
    async treadle() {
      const { runtime, timeout, ready } = await treadleRuntime();
      function* main() {
        let sum = 0;
        for (let i = 0; i < CALLS; i++) sum += yield* timeout(1000, ready(1));
        return sum;
      }
      return () => runtime.blockOn(main);
    },
    async native() {
      function withTimeout(ms, promise) {
        let timer;
        const late = new Promise((_, reject) => {
          timer = setTimeout(() => reject(new Error("timed out")), ms);
        });
        return Promise.race([promise, late]).finally(() => clearTimeout(timer));
      }
      return async () => {
        let sum = 0;
        for (let i = 0; i < CALLS; i++) sum += await withTimeout(1000, Promise.resolve(1));
        return sum;
      };
    },
    ...effects(({ Effect }) => {
      const main = Effect.gen(function* () {
        let sum = 0;
        for (let i = 0; i < CALLS; i++) sum += yield* Effect.timeout(Effect.succeed(1), 1000);
        return sum;
      });
      return () => Effect.runPromise(main);
    }),
    async effection() {
      const { run, race, sleep, lift } = await import("effection");
      const one = lift(() => 1);
      function* main() {
        let sum = 0;
        for (let i = 0; i < CALLS; i++) sum += yield* race([one(), sleep(1000)]);
        return sum;
      }
      return () => run(main);
    },
  },
};
