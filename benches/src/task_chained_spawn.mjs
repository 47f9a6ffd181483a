// A task that spawns the next, 1 000 deep.
import { effect4, effects, treadleRuntime } from "../lib/peers.mjs";

const DEPTH = 1000;

/** `link(done, depth)` makes an effect. */
function chainEffects({ Effect, Deferred, spawn }, link) {
  const main = Effect.gen(function* () {
    const done = yield* Deferred.make();
    yield* spawn(link(done, 1));
    return yield* Deferred.await(done);
  });
  return () => Effect.runPromise(main);
}

export const scenario = {
  name: "chained_spawn",
  title: "a task spawns the next, 1 000 deep, per task",
  about:
    "Nobody joins the links; the last one answers through a oneshot. A promise has no task that could be spawned: `native`" +
    " awaits once in each link, or the chain would be 1 000 nested calls. A task of Effection ends its children with itself," +
    " so there each link waits for the next one. Effect's documentation advises against a function that only returns" +
    " `Effect.gen`, which is what `effect4` is; `effect4-untraced` is what it recommends where speed matters.",
  says: {
    treadle: "`spawn(link, done, depth + 1)`",
    native: "an async function that calls itself after `await null`",
    effect4: "a function that returns `Effect.gen(function* () { ... })`",
    "effect4-fn": "a hoisted `Effect.fn(function* (done, depth) { ... })`",
    "effect4-untraced": "a hoisted `Effect.fnUntraced(function* (done, depth) { ... })`",
    "effect4-combinators": "`Effect.suspend(() => ...)`, no generator",
  },
  ops: DEPTH,
  metrics: { wall: { unit: "ns", tokio: [204, 441] } },
  goals: [
    { metric: "wall", against: "effect4", faster: 15 },
    { metric: "wall", against: "effect4-untraced", faster: 15, info: true },
  ],
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
    ...effects((library) => {
      const { Effect, Deferred, spawn } = library;
      const link = (done, depth) =>
        Effect.gen(function* () {
          if (depth === DEPTH) yield* Deferred.succeed(done, depth);
          else yield* spawn(link(done, depth + 1));
        });
      return chainEffects(library, link);
    }),
    ...effects((library) => {
      const { Effect, Deferred, spawn } = library;
      const link = Effect.fn(function* (done, depth) {
        if (depth === DEPTH) yield* Deferred.succeed(done, depth);
        else yield* spawn(link(done, depth + 1));
      });
      return chainEffects(library, link);
    }, "-fn"),
    ...effects((library) => {
      const { Effect, Deferred, spawn } = library;
      const link = Effect.fnUntraced(function* (done, depth) {
        if (depth === DEPTH) yield* Deferred.succeed(done, depth);
        else yield* spawn(link(done, depth + 1));
      });
      return chainEffects(library, link);
    }, "-untraced"),
    async "effect4-combinators"() {
      const library = await effect4();
      const { Effect, Deferred, spawn } = library;
      const link = (done, depth) =>
        Effect.suspend(() =>
          depth === DEPTH ? Deferred.succeed(done, depth) : spawn(link(done, depth + 1)),
        );
      return chainEffects(library, link);
    },
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
