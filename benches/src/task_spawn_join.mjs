// A task with an argument spawned and joined before the next one is spawned.
import { effect4, effects, treadleRuntime } from "../lib/peers.mjs";
import { oddOf, sumOf, work } from "../lib/work.mjs";

const TASKS = 1000;

/** `task(i)` makes an effect. */
function joinEffects({ Effect, Fiber, spawn }, task) {
  const main = Effect.gen(function* () {
    let sum = 0;
    for (let i = 0; i < TASKS; i++) sum += yield* Fiber.join(yield* spawn(task(i)));
    return sum;
  });
  return () => Effect.runPromise(main);
}

async function joinTreadle(make) {
  const treadle = await treadleRuntime();
  const { runtime, spawn } = treadle;
  const task = make(treadle);
  function* main() {
    let sum = 0;
    for (let i = 0; i < TASKS; i++) sum += yield* spawn(task, i);
    return sum;
  }
  return () => runtime.blockOn(main);
}

export const scenario = {
  name: "spawn_join",
  title: "spawn a task and join it, one by one",
  about:
    "As spawn_many, but each task is joined before the next is spawned, so the spawner waits and is woken every time. An" +
    " async function has ended when its call returns; `await` then costs one turn of the microtask queue, with no wake-up of" +
    " another task in it.",
  says: {
    treadle: "`yield* spawn(work, i)`",
    "treadle-fn": "the same, `work` defined by `fn`",
    native: "`await work(i)`",
    effect4: "`Effect.gen(function* () { ... })` written where the task is forked",
    "effect4-fn": "a hoisted `Effect.fn(function* (i) { ... })`",
    "effect4-untraced": "a hoisted `Effect.fnUntraced(function* (i) { ... })`",
    "effect4-combinators": "`Effect.sync(() => ...)`, no generator",
  },
  ops: TASKS,
  answer: sumOf(TASKS),
  metrics: { wall: { unit: "ns", tokio: [439, 682] } },
  goals: [],
  variants: {
    treadle: () => joinTreadle(() => work),
    "treadle-fn": () => joinTreadle(({ fn }) => fn(work)),
    async native() {
      const task = async (i) => oddOf(i);
      return async () => {
        let sum = 0;
        for (let i = 0; i < TASKS; i++) sum += await task(i);
        return sum;
      };
    },
    ...effects((library) => {
      const { Effect } = library;
      const task = (i) =>
        Effect.gen(function* () {
          return oddOf(i);
        });
      return joinEffects(library, task);
    }),
    ...effects((library) => joinEffects(library, library.Effect.fn(work)), "-fn"),
    ...effects((library) => joinEffects(library, library.Effect.fnUntraced(work)), "-untraced"),
    async "effect4-combinators"() {
      const library = await effect4();
      return joinEffects(library, (i) => library.Effect.sync(() => oddOf(i)));
    },
    async effection() {
      const { run, spawn } = await import("effection");
      function* main() {
        let sum = 0;
        for (let i = 0; i < TASKS; i++) sum += yield* yield* spawn(() => work(i));
        return sum;
      }
      return () => run(main);
    },
  },
};
