// 10 000 tasks spawned, then joined one after the other.
import {
  gatherBare,
  gatherEffect,
  gatherEffection,
  gatherPromises,
  gatherTreadle,
} from "../lib/gather.mjs";
import { effect4, effects, treadleRuntime } from "../lib/peers.mjs";
import { Ring } from "../lib/ring.mjs";

const TASKS = 10_000;

function* one() {
  return 1;
}

export const scenario = {
  name: "spawn_many",
  title: "spawn 10 000 tasks and join them, per task",
  ops: TASKS,
  metrics: { wall: { unit: "ns", tokio: [333, 567] } },
  goals: [
    { metric: "wall", against: "bare", atMost: 2 },
    { metric: "wall", against: "effect4", faster: 15 },
  ],
  variants: {
    treadle: async () => gatherTreadle(await treadleRuntime(), one, TASKS),
    bare: async () => gatherBare(() => new Ring(16_384), one, TASKS),
    native: async () => gatherPromises(async () => 1, TASKS),
    ...effects((library) => gatherEffect(library, library.Effect.gen(one), TASKS)),
    async "effect4-sync"() {
      const library = await effect4();
      const task = library.Effect.sync(() => 1);
      return gatherEffect(library, task, TASKS);
    },
    effection: async () => gatherEffection(await import("effection"), one, TASKS),
  },
};
