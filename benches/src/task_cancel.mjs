// 10 000 tasks put to sleep, then cancelled; the `finally` of each must have run.
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { effects, treadleRuntime } from "../lib/peers.mjs";

const TASKS = 10_000;
const LONG = 1_000_000;

function nativeCancel(makeControllers) {
  let cleaned = 0;
  async function sleeper(signal) {
    try {
      await delay(LONG, undefined, { signal });
    } finally {
      cleaned++;
    }
  }
  return async () => {
    cleaned = 0;
    const { controllers, signalOf } = makeControllers();
    const promises = [];
    for (let i = 0; i < TASKS; i++) promises.push(sleeper(signalOf(i)));
    for (const controller of controllers) controller.abort();
    await Promise.allSettled(promises);
    return cleaned;
  };
}

export const scenario = {
  name: "cancel",
  title: "10 000 tasks started, asleep, cancelled, their `finally` run, joined, per task",
  about:
    "All tasks have begun to sleep before the first is cancelled, and the run counts that each one's clean-up ran. Effect does" +
    " not run a generator's `finally` when it interrupts, so its variants use `ensuring` round a sleep, which is less work. A" +
    " promise cannot be cancelled: `native` aborts the `setTimeout` of node:timers/promises.",
  says: {
    treadle: "`handle.abort()`, `finally` in the task",
    native: "an AbortController for each",
    "native-one-signal": "one AbortController for all",
    effect4: "`Fiber.interruptAll`, `Effect.ensuring` round one hoisted effect",
    effection: "`task.halt()` one after the other",
  },
  ops: TASKS,
  metrics: { wall: { unit: "ns" } },
  goals: [
    { metric: "wall", atMost: 2500 },
    { metric: "wall", against: "effect4", faster: 3 },
    { metric: "wall", against: "native", faster: 20 },
  ],
  variants: {
    async treadle() {
      const { runtime, spawn, sleep, yieldNow } = await treadleRuntime();
      let started = 0;
      let cleaned = 0;
      function* sleeper() {
        started++;
        try {
          yield* sleep(LONG);
        } finally {
          cleaned++;
        }
      }
      function* main() {
        started = 0;
        cleaned = 0;
        const handles = [];
        for (let i = 0; i < TASKS; i++) handles.push(spawn(sleeper));
        while (started < TASKS) yield* yieldNow();
        for (const handle of handles) handle.abort();
        for (const handle of handles) yield* handle.outcome();
        return cleaned;
      }
      return () => runtime.blockOn(main);
    },
    // An AbortController for each task.
    native: async () =>
      nativeCancel(() => {
        const controllers = Array.from({ length: TASKS }, () => new AbortController());
        return { controllers, signalOf: (i) => controllers[i].signal };
      }),
    "native-one-signal": async () =>
      nativeCancel(() => {
        const controller = new AbortController();
        setMaxListeners(0, controller.signal);
        return { controllers: [controller], signalOf: () => controller.signal };
      }),
    // Effect does not run a generator's `finally` when it interrupts; `ensuring` is its own way.
    ...effects(({ Effect, Fiber, spawn, yieldNow }) => {
      let cleaned = 0;
      const cleanUp = Effect.sync(() => {
        cleaned++;
      });
      const sleeper = Effect.ensuring(Effect.sleep(LONG), cleanUp);
      const main = Effect.gen(function* () {
        cleaned = 0;
        const fibers = [];
        for (let i = 0; i < TASKS; i++) fibers.push(yield* spawn(sleeper));
        yield* yieldNow;
        yield* Fiber.interruptAll(fibers);
        return cleaned;
      });
      return () => Effect.runPromise(main);
    }),
    async effection() {
      const { run, spawn, sleep, until } = await import("effection");
      let cleaned = 0;
      function* sleeper() {
        try {
          yield* sleep(LONG);
        } finally {
          cleaned++;
        }
      }
      function* main() {
        cleaned = 0;
        const tasks = [];
        for (let i = 0; i < TASKS; i++) tasks.push(yield* spawn(sleeper));
        yield* until(Promise.resolve());
        for (const task of tasks) yield* task.halt();
        return cleaned;
      }
      return () => run(main);
    },
  },
};
