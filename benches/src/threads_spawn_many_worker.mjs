// 10 000 trivial tasks spawned by a task on a worker, joined one after the other.
import { SHORT, treadleVariants } from "../lib/threads.mjs";
import { sumOf } from "../lib/work.mjs";

const TASKS = 10_000;

export const scenario = {
  name: "threads_spawn_many_worker",
  title: "10 000 tasks spawned by a task on a worker and joined, per task",
  about:
    "A task on one of two workers spawns 10 000 and joins them; the other worker may take what has not begun. None of the" +
    " pools lets a job start another one in the same pool.",
  says: {
    treadle: "calls of a sendable function: whoever is free takes them",
    "treadle-here": "generator functions, which stay on their worker",
  },
  settings: SHORT,
  ops: TASKS,
  answer: sumOf(TASKS),
  metrics: {
    wall: { title: "time per task", unit: "ns", tokio: [553, 699] },
    cpu: { title: "CPU of all threads per task", unit: "ns" },
  },
  goals: [{ metric: "wall", atMost: 1000, info: true }],
  variants: {
    ...treadleVariants(
      ({ spawn, jobs }) =>
        function* main() {
          return yield* spawn(jobs.spawnMany(TASKS));
        },
      ["treadle"],
    ),
    "treadle-here": treadleVariants(
      ({ spawn, jobs }) =>
        function* main() {
          return yield* spawn(jobs.spawnManyHere(TASKS));
        },
      ["treadle"],
    ).treadle,
  },
};
