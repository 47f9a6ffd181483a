// A task that spawns the next where any worker may take it, 1 000 deep.
import { SHORT, treadleVariants } from "../lib/threads.mjs";

const DEPTH = 1000;

export const scenario = {
  name: "threads_chained_spawn",
  title: "a task spawns the next for any worker, 1 000 deep, per task",
  about:
    "Each link spawns the next one as a call that any of two workers may take, and joins it; the answer counts the links." +
    " Tokio's benchmark does not join the links. No pool lets a job start another one.",
  says: { treadle: "`1 + (yield* spawn(chain(depth - 1)))`" },
  settings: SHORT,
  ops: DEPTH,
  metrics: {
    wall: { title: "time per task", unit: "ns", tokio: [334, 486] },
    cpu: { title: "CPU of all threads per task", unit: "ns" },
  },
  goals: [],
  variants: treadleVariants(
    ({ spawn, jobs }) =>
      function* main() {
        return yield* spawn(jobs.chain(DEPTH));
      },
    ["treadle"],
  ),
};
