// 200 tasks that yield 1 000 times each.
//
// `bare` is a queue of generators that say plain `yield`: the least that JavaScript can do, for V8 makes the answer itself.
// `bare-leaf` says `yield* new BareLeaf()`, an object whose `next()` is pending once: the cheapest form of the same program,
// in which what is waited for is an object that could be anything else. `bare-deferred` adds what any runtime needs beyond a
// loop: the waiting object keeps a waker, and 61 polls later the wakers put their tasks into the queue.
import { setImmediate as macrotask } from "node:timers/promises";
import {
  gatherBare,
  gatherEffect,
  gatherEffection,
  gatherPromises,
  gatherTreadle,
} from "../lib/gather.mjs";
import { effects, treadleRuntime } from "../lib/peers.mjs";
import { BareLeaf, DeferringLeaf, DeferringRing, Ring } from "../lib/ring.mjs";

const TASKS = 200;
const YIELDS = 1000;

export const scenario = {
  name: "yield_many",
  title: "200 tasks yield 1 000 times each, per yield",
  about:
    "A yield of Treadle, Tokio and Effect goes to the back of the queue and lets timers and I/O have their turn now and then;" +
    " `await null` goes through the microtask queue, which lets nothing else run until it is empty, and `setImmediate` lets" +
    " them run every time. Effection has no yield: a settled promise is the nearest, since its `sleep(0)` waits for a" +
    " millisecond.",
  says: {
    treadle: "`yield* yieldNow()`",
    bare: "a queue of generators, plain `yield`",
    "bare-leaf": "the same, `yield*` of a new object that is pending once",
    "bare-deferred": "the same, the object keeps a waker, which puts its task back into the queue",
    native: "`await null`",
    "native-immediate": "`await setImmediate()`: timers and I/O may run in between",
    effect4: "`yield* Effect.yieldNow`",
    effection: "`yield*` of a settled promise",
  },
  ops: TASKS * YIELDS,
  metrics: { wall: { unit: "ns", tokio: [59, 139] } },
  goals: [
    { metric: "wall", against: "bare", atMost: 1.5 },
    { metric: "wall", against: "bare-leaf", atMost: 1.5, info: true },
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
    async "bare-leaf"() {
      function* task() {
        let yields = 0;
        for (; yields < YIELDS; yields++) yield* new BareLeaf();
        return yields;
      }
      return gatherBare(() => new Ring(256), task, TASKS);
    },
    async "bare-deferred"() {
      const ring = new DeferringRing(256);
      function* task() {
        let yields = 0;
        for (; yields < YIELDS; yields++) yield* new DeferringLeaf(ring);
        return yields;
      }
      return () => {
        for (let i = 0; i < TASKS; i++) ring.spawn(task());
        return ring.runDeferring();
      };
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
      return gatherEffect(library, () => task, TASKS);
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
