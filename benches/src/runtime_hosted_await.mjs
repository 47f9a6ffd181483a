// From an async function into a task and back: `await` on a handle, one after the other.
import { treadleRuntime } from "../lib/peers.mjs";
import { oddOf, sumOf, work } from "../lib/work.mjs";

const TASKS = 1000;

/** Awaits `start(i)` for each i. */
async function awaitEach(start) {
  let sum = 0;
  for (let i = 0; i < TASKS; i++) sum += await start(i);
  return sum;
}

/** Starts all, then awaits one after the other. */
async function awaitAll(start) {
  const started = [];
  for (let i = 0; i < TASKS; i++) started.push(start(i));
  let sum = 0;
  for (const one of started) sum += await one;
  return sum;
}

const nativeTask = async (i) => oddOf(i);
const nativeTurn = (i) => new Promise((resolve) => setImmediate(resolve, oddOf(i)));

export const scenario = {
  name: "hosted_await",
  title: "an async function spawns a task and awaits its handle, per task",
  about:
    "A task that an async function spawns runs when the event loop comes to it, so each round trip of `treadle` is at least" +
    " one turn of that loop: `native-immediate`, a promise that `setImmediate` settles, is the like-for-like row. `native` has" +
    " no turn of the loop in it, an async function having ended when its call returns. The `-all` variants start all before" +
    " they await the first.",
  says: {
    treadle: "`await runtime.spawn(work, i)` from outside the runtime",
    "treadle-task": "`await spawn(work, i)` in an async function that is itself a task",
    "treadle-all": "1 000 handles, then awaited",
    native: "`await work(i)`",
    "native-immediate": "`await` of a promise settled by `setImmediate`",
    "native-all": "1 000 promises, then awaited",
    "native-immediate-all": "1 000 promises settled by `setImmediate`, then awaited",
  },
  ops: TASKS,
  answer: sumOf(TASKS),
  metrics: { wall: { unit: "ns" } },
  goals: [{ metric: "wall", against: "native-immediate", atMost: 2, info: true }],
  variants: {
    async treadle() {
      const { runtime } = await treadleRuntime();
      return () => awaitEach((i) => runtime.spawn(work, i));
    },
    async "treadle-task"() {
      const { runtime, spawn } = await treadleRuntime();
      return () => runtime.run(async () => await awaitEach((i) => spawn(work, i)));
    },
    async "treadle-all"() {
      const { runtime } = await treadleRuntime();
      return () => awaitAll((i) => runtime.spawn(work, i));
    },
    native: async () => () => awaitEach(nativeTask),
    "native-immediate": async () => () => awaitEach(nativeTurn),
    "native-all": async () => () => awaitAll(nativeTask),
    "native-immediate-all": async () => () => awaitAll(nativeTurn),
  },
};
