// 1 000 pings at once on a worker: each is a task with a child, and the two talk through two oneshots.
import { SHORT, treadleVariants } from "../lib/threads.mjs";

const PINGS = 1000;

export const scenario = {
  name: "threads_ping_pong",
  title: "1 000 pings on a runtime of two workers: a task, its child and two oneshots, per ping",
  about:
    "A task on a worker spawns 1 000 pings; each spawns its pong, sends through one oneshot and waits at the other. Tokio may" +
    " move a pong to another thread; here tasks that hold a oneshot stay on the thread of their spawner. No pool has tasks" +
    " that talk to each other.",
  says: { treadle: "generator functions spawned by a task on a worker" },
  settings: SHORT,
  ops: PINGS,
  metrics: {
    wall: { title: "time per ping", unit: "ns", tokio: [938, 1578] },
    cpu: { title: "CPU of all threads per ping", unit: "ns" },
  },
  goals: [],
  variants: treadleVariants(
    ({ spawn, jobs }) =>
      function* main() {
        return yield* spawn(jobs.pingPong(PINGS));
      },
    ["treadle"],
  ),
};
