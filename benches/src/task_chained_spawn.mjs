// A task that spawns the next, 1 000 deep.
import { effects, treadleRuntime } from "../lib/peers.mjs";

const DEPTH = 1000;

export const scenario = {
  name: "chained_spawn",
  title: "a task spawns the next, 1 000 deep, per task",
  ops: DEPTH,
  metrics: { wall: { unit: "ns", tokio: [204, 441] } },
  goals: [{ metric: "wall", against: "effect4", faster: 15 }],
  variants: {
    async treadle() {
      const { runtime, spawn, oneshot } = await treadleRuntime();
      function* link(done, depth) {
        if (depth === DEPTH) done.send(depth);
        else spawn(link, done, depth + 1);
      }
      function* main() {
        const [done, finished] = oneshot();
        spawn(link, done, 1);
        return yield* finished;
      }
      return () => runtime.blockOn(main);
    },
    async native() {
      // An async function runs at once when called: without the `await` this would be 1 000 nested calls.
      async function link(done, depth) {
        await null;
        if (depth === DEPTH) done(depth);
        else link(done, depth + 1);
      }
      return () => new Promise((resolve) => link(resolve, 1));
    },
    ...effects(({ Effect, Deferred, spawn }) => {
      const link = (done, depth) =>
        Effect.gen(function* () {
          if (depth === DEPTH) yield* Deferred.succeed(done, depth);
          else yield* spawn(link(done, depth + 1));
        });
      const main = Effect.gen(function* () {
        const done = yield* Deferred.make();
        yield* spawn(link(done, 1));
        return yield* Deferred.await(done);
      });
      return () => Effect.runPromise(main);
    }),
    async effection() {
      const { run, spawn } = await import("effection");
      // A task ends its children when it ends, so each waits for the next.
      function* link(depth) {
        if (depth === DEPTH) return depth;
        const next = yield* spawn(() => link(depth + 1));
        return yield* next;
      }
      return () => run(() => link(1));
    },
  },
};
