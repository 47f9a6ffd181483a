// 10 000 tasks with an argument spawned, then joined one after the other.
//
// `bare` is a queue of generators and a loop that calls `next()` and adds up what they return: no task, no handle, no join.
// `bare-joined` is the same with one object for each task, where its result waits until the joiner reads it: what any spawn
// with a join does at least.
import {
  gatherBare,
  gatherEffect,
  gatherEffection,
  gatherJoined,
  gatherPromises,
  gatherTreadle,
} from "../lib/gather.mjs";
import { effect4, effects, treadleRuntime } from "../lib/peers.mjs";
import { Ring } from "../lib/ring.mjs";
import { oddOf, sumOf, work } from "../lib/work.mjs";

const TASKS = 10_000;
const ring = () => new Ring(16_384);

function* one() {
  return 1;
}

export const scenario = {
  name: "spawn_many",
  title: "spawn 10 000 tasks and join them, per task",
  about:
    "Each task is given a number and returns another that depends on it; the sum of all is checked. Tokio's tasks capture the" +
    " number in a closure, ours is a hoisted generator function with an argument. An async function has run to its end when" +
    " its call returns, so `native` never queues anything: it is a lower bound, not the same work. A spawned task of" +
    " Effection is bound to its parent. `effect4` evaluates one generator function for each task, which costs more in V8 than" +
    " the fiber; Effect's documentation prefers `fnUntraced` where speed matters, so that row is the one to read for Effect.",
  says: {
    treadle: "`spawn(work, i)`, a hoisted generator function",
    "treadle-fn": "the same, `work` defined by `fn`",
    bare: "a queue of generators polled round and round; no task, no join",
    "bare-joined": "the same, each result kept in an object of its task that the joiner reads",
    native: "an async function called, awaited later",
    effect4: "`Effect.gen(function* () { ... })` written where the task is forked",
    "effect4-fn": "a hoisted `Effect.fn(function* (i) { ... })`",
    "effect4-untraced": "a hoisted `Effect.fnUntraced(function* (i) { ... })`",
    "effect4-combinators": "`Effect.sync(() => ...)`, no generator",
    "effect4-constant": "one effect for all tasks, without an argument: not the same work",
    "effect4-for-each":
      '`Effect.forEach` with `concurrency: "unbounded"` over `fnUntraced`: each fiber runs as soon as it is made, so one that' +
      " never waits is never queued",
  },
  ops: TASKS,
  answer: sumOf(TASKS),
  metrics: { wall: { unit: "ns", tokio: [333, 567] } },
  goals: [
    { metric: "wall", against: "bare", atMost: 2 },
    { metric: "wall", against: "bare-joined", atMost: 2, info: true },
    { metric: "wall", against: "effect4", faster: 15 },
    { metric: "wall", against: "effect4-untraced", faster: 15, info: true },
  ],
  variants: {
    treadle: async () => gatherTreadle(await treadleRuntime(), work, TASKS),
    async "treadle-fn"() {
      const treadle = await treadleRuntime();
      return gatherTreadle(treadle, treadle.fn(work), TASKS);
    },
    bare: async () => gatherBare(ring, work, TASKS),
    "bare-joined": async () => gatherJoined(ring, work, TASKS),
    native: async () => gatherPromises(async (i) => oddOf(i), TASKS),
    ...effects((library) => {
      const { Effect } = library;
      const task = (i) =>
        Effect.gen(function* () {
          return oddOf(i);
        });
      return gatherEffect(library, task, TASKS);
    }),
    ...effects((library) => gatherEffect(library, library.Effect.fn(work), TASKS), "-fn"),
    ...effects(
      (library) => gatherEffect(library, library.Effect.fnUntraced(work), TASKS),
      "-untraced",
    ),
    ...effects((library) => {
      const task = library.Effect.gen(one);
      return { iterate: gatherEffect(library, () => task, TASKS), answer: TASKS };
    }, "-constant"),
    async "effect4-combinators"() {
      const library = await effect4();
      return gatherEffect(library, (i) => library.Effect.sync(() => oddOf(i)), TASKS);
    },
    async "effect4-for-each"() {
      const { Effect } = await effect4();
      const task = Effect.fnUntraced(work);
      const numbers = Array.from({ length: TASKS }, (_, i) => i);
      const main = Effect.gen(function* () {
        const values = yield* Effect.forEach(numbers, task, { concurrency: "unbounded" });
        return values.reduce((sum, value) => sum + value, 0);
      });
      return () => Effect.runPromise(main);
    },
    effection: async () => gatherEffection(await import("effection"), work, TASKS),
  },
};
