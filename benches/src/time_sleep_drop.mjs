// A sleep made, polled once and dropped, one after the other: what every timeout that is not reached costs.
import { effects, treadleRuntime } from "../lib/peers.mjs";

const SLEEPS = 100_000;
const SLOW = 10_000;

function nothing() {}

export const scenario = {
  name: "sleep_drop",
  title: "a sleep made, polled once and dropped, 100 000 times",
  about:
    "What a timeout costs that is never reached. `native` sets and clears a bare `setTimeout`. A sleep of Effect or Effection" +
    " begins in a fiber or task only, so their figures hold a spawn and an interruption as well.",
  says: {
    treadle: "`sleep(1000)`, one poll, `return()`",
    native: "`setTimeout`, `clearTimeout`",
    effect4: "a fiber forked and interrupted",
    effection: "a task spawned and halted",
  },
  ops: SLEEPS,
  metrics: { wall: { unit: "ns", tokio: [329, 600] } },
  goals: [
    { metric: "wall", atMost: 200 },
    { metric: "wall", against: "native", faster: 3 },
  ],
  variants: {
    async treadle() {
      const { runtime, sleep } = await treadleRuntime();
      function* main() {
        let pending = 0;
        for (let i = 0; i < SLEEPS; i++) {
          const future = sleep(1000);
          if (!future.next().done) pending++;
          future.return();
        }
        return pending;
      }
      return () => runtime.blockOn(main);
    },
    async native() {
      return () => {
        let set = 0;
        for (let i = 0; i < SLEEPS; i++) {
          const timer = setTimeout(nothing, 1000);
          set++;
          clearTimeout(timer);
        }
        return set;
      };
    },
    ...effects(({ Effect, Fiber, spawnNow }) => {
      const main = Effect.gen(function* () {
        let interrupted = 0;
        for (let i = 0; i < SLOW; i++) {
          const fiber = yield* spawnNow(Effect.sleep(1000));
          yield* Fiber.interrupt(fiber);
          interrupted++;
        }
        return interrupted;
      });
      return { iterate: () => Effect.runPromise(main), ops: SLOW };
    }),
    async effection() {
      const { run, spawn, sleep, until } = await import("effection");
      let started = 0;
      function* sleeper() {
        started++;
        yield* sleep(1000);
      }
      function* main() {
        started = 0;
        for (let i = 0; i < SLOW; i++) {
          const task = yield* spawn(sleeper);
          yield* until(Promise.resolve());
          yield* task.halt();
        }
        return started;
      }
      return { iterate: () => run(main), ops: SLOW };
    },
  },
};
