// 200 tasks that yield 1 000 times each.
import { setImmediate as macrotask } from "node:timers/promises";
import {
  gatherBare,
  gatherEffect,
  gatherEffection,
  gatherPromises,
  gatherTreadle,
} from "../lib/gather.mjs";
import { effects, treadleRuntime } from "../lib/peers.mjs";
import { Ring } from "../lib/ring.mjs";

const TASKS = 200;
const YIELDS = 1000;

export const scenario = {
  name: "yield_many",
  title: "200 tasks yield 1 000 times each, per yield",
  ops: TASKS * YIELDS,
  metrics: { wall: { unit: "ns", tokio: [59, 139] } },
  goals: [
    { metric: "wall", against: "bare", atMost: 1.5 },
    { metric: "wall", against: "native", atMost: 1.2 },
    { metric: "wall", against: "effect4", faster: 5 },
  ],
  variants: {
    async treadle() {
      const treadle = await treadleRuntime();
      const { yieldNow } = treadle;
      function* task() {
        let yields = 0;
        for (; yields < YIELDS; yields++) yield* yieldNow();
        return yields;
      }
      return gatherTreadle(treadle, task, TASKS);
    },
    async bare() {
      function* task() {
        let yields = 0;
        for (; yields < YIELDS; yields++) yield;
        return yields;
      }
      return gatherBare(() => new Ring(256), task, TASKS);
    },
    async native() {
      async function task() {
        let yields = 0;
        for (; yields < YIELDS; yields++) await null;
        return yields;
      }
      return gatherPromises(task, TASKS);
    },
    // Unlike `await null` this lets timers and I/O run in between, as Treadle's yield does.
    async "native-immediate"() {
      async function task() {
        let yields = 0;
        for (; yields < YIELDS; yields++) await macrotask();
        return yields;
      }
      return gatherPromises(task, TASKS);
    },
    ...effects((library) => {
      const { Effect, yieldNow } = library;
      const task = Effect.gen(function* () {
        let yields = 0;
        for (; yields < YIELDS; yields++) yield* yieldNow;
        return yields;
      });
      return gatherEffect(library, task, TASKS);
    }),
    async effection() {
      const effection = await import("effection");
      // It has no yield of its own; a settled promise is the nearest (sleep(0) would wait for a millisecond).
      function* task() {
        let yields = 0;
        for (; yields < YIELDS; yields++) yield* effection.until(Promise.resolve());
        return yields;
      }
      return gatherEffection(effection, task, TASKS);
    },
  },
};
