// An async function of another thread called synchronously.
import { fileURLToPath } from "node:url";
import { Bare } from "./bare-threads.mjs";
import { SHORT, team } from "./threads.mjs";

const synckitWorker = fileURLToPath(new URL("../threads/synckit.mjs", import.meta.url));

/** The variants: `calls` calls with a string of `size` characters that comes back. */
export function syncCall(size, calls, own) {
  const value = "x".repeat(size);
  const count = (call) => () => {
    let good = 0;
    for (let i = 0; i < calls; i++) if (call(value).length === size) good++;
    return good;
  };
  return {
    says: {
      treadle: "multi-thread: `runtime.blockOn(runtime.spawn(f(x)))`",
      "treadle-blocking": "current-thread: `runtime.blockOn(runtime.spawnBlocking(f(x)))`",
      synckit: "`createSyncFn(file)(x)`",
      bare: "`Atomics` and shared memory, as many bytes",
    },
    settings: SHORT,
    ops: calls,
    metrics: {
      wall: { title: "time per call", unit: "ns" },
      cpu: { title: "CPU of all threads per call", unit: "ns" },
    },
    goals: [{ metric: "wall", against: "synckit", atMost: 1, info: true }],
    variants: {
      async treadle() {
        const { runtime, jobs } = await team(1);
        return count((text) => runtime.blockOn(runtime.spawn(jobs.same(text))));
      },
      async "treadle-blocking"() {
        const { Builder } = await import("treadle");
        const { same } = await import("../threads/sendables.mjs");
        const runtime = Builder.newCurrentThread().build();
        return count((text) => runtime.blockOn(runtime.spawnBlocking(same(text))));
      },
      async synckit() {
        const { createSyncFn } = await import("synckit");
        return count(createSyncFn(synckitWorker));
      },
      async bare() {
        const bare = await Bare.start(1);
        const bytes = new Uint8Array(size);
        return count(() => bare.echo(bytes));
      },
    },
    ...own,
  };
}
