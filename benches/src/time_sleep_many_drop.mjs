// 100 000 sleeps alive at once, of 1 000 different lengths, then all dropped.
import { effects, treadleRuntime } from "../lib/peers.mjs";

const SLEEPS = 100_000;
const SLOW = 10_000;

const lengthOf = (i) => 60_000 + (i % 1000);

function nothing() {}

export const scenario = {
  name: "sleep_many_drop",
  title: "100 000 live sleeps, then all dropped, per sleep",
  about:
    "As sleep_drop, with all sleeps alive at once; again `native` is a bare timer, and the fibers and tasks of the others are" +
    " part of their figures.",
  says: {
    treadle: "`sleep(ms)`, one poll each, then `return()` each",
    native: "`setTimeout`, then `clearTimeout`",
    effect4: "a fiber each, then `Fiber.interruptAll`",
    effection: "a task each, then `halt()`",
  },
  ops: SLEEPS,
  metrics: { wall: { unit: "ns", tokio: [512, 896] } },
  goals: [],
  variants: {
    async treadle() {
      const { runtime, sleep } = await treadleRuntime();
      function* main() {
        const sleeps = [];
        let pending = 0;
        for (let i = 0; i < SLEEPS; i++) {
          const future = sleep(lengthOf(i));
          if (!future.next().done) pending++;
          sleeps.push(future);
        }
        for (const future of sleeps) future.return();
        return pending;
      }
      return () => runtime.blockOn(main);
    },
    async native() {
      return () => {
        const timers = [];
        for (let i = 0; i < SLEEPS; i++) timers.push(setTimeout(nothing, lengthOf(i)));
        for (const timer of timers) clearTimeout(timer);
        return timers.length;
      };
    },
    ...effects(({ Effect, Fiber, spawn, yieldNow }) => {
      const main = Effect.gen(function* () {
        const fibers = [];
        for (let i = 0; i < SLOW; i++) fibers.push(yield* spawn(Effect.sleep(lengthOf(i))));
        yield* yieldNow;
        yield* Fiber.interruptAll(fibers);
        return fibers.length;
      });
      return { iterate: () => Effect.runPromise(main), ops: SLOW };
    }),
    async effection() {
      const { run, spawn, sleep, until } = await import("effection");
      let started = 0;
      function* sleeper(i) {
        started++;
        yield* sleep(lengthOf(i));
      }
      function* main() {
        started = 0;
        const tasks = [];
        for (let i = 0; i < SLOW; i++) tasks.push(yield* spawn(() => sleeper(i)));
        yield* until(Promise.resolve());
        for (const task of tasks) yield* task.halt();
        return started;
      }
      return { iterate: () => run(main), ops: SLOW };
    },
  },
};
