// 1 000 pings at once: each is a task with a child, and the two talk through two oneshots.
import { effect4, effects, treadleRuntime } from "../lib/peers.mjs";

const PINGS = 1000;

/** `makePing(state)` answers a function from the last oneshot to the effect of one ping. */
function pingEffects({ Effect, Deferred, spawn }, makePing) {
  const state = { left: 0 };
  const ping = makePing(state);
  const main = Effect.gen(function* () {
    state.left = PINGS;
    const done = yield* Deferred.make();
    for (let i = 0; i < PINGS; i++) yield* spawn(ping(done));
    return yield* Deferred.await(done);
  });
  return () => Effect.runPromise(main);
}

/** Both generator functions made by `define`, which is `Effect.fn` or `Effect.fnUntraced`. */
function pingDefined(library, define) {
  const { Deferred, spawn } = library;
  const pong = define(function* (rx1, tx2) {
    yield* Deferred.succeed(tx2, 1 + (yield* Deferred.await(rx1)));
  });
  return pingEffects(library, (state) =>
    define(function* (done) {
      const first = yield* Deferred.make();
      const second = yield* Deferred.make();
      yield* spawn(pong(first, second));
      yield* Deferred.succeed(first, 1);
      const answer = yield* Deferred.await(second);
      state.left -= answer - 1;
      if (state.left === 0) yield* Deferred.succeed(done, PINGS);
    }),
  );
}

export const scenario = {
  name: "ping_pong",
  title: "1 000 pings: a task, its child and two oneshots, per ping",
  about:
    "Each ping spawns its pong, sends through one oneshot and waits at the other. An async function runs at once when it is" +
    " called and a promise stands in for a oneshot, so `native` has no task and no queue of its own. The pongs of Effection" +
    " are bound to their pings, and it has no hoisted form with arguments.",
  says: {
    treadle: "hoisted generator functions with arguments",
    native: "async functions and promises with their resolvers",
    effect4: "`Effect.gen(function* () { ... })` written where the task is forked",
    "effect4-fn": "hoisted `Effect.fn(function* (...) { ... })`",
    "effect4-untraced": "hoisted `Effect.fnUntraced(function* (...) { ... })`",
    "effect4-combinators": "`flatMap` and closures, no generator",
  },
  ops: PINGS,
  metrics: { wall: { unit: "ns", tokio: [728, 1503] } },
  goals: [
    { metric: "wall", against: "effect4", faster: 8 },
    { metric: "wall", against: "effect4-untraced", faster: 8, info: true },
  ],
  variants: {
    async treadle() {
      const { runtime, spawn, oneshot } = await treadleRuntime();
      let left = 0;
      function* pong(rx1, tx2) {
        tx2.send(1 + (yield* rx1));
      }
      function* ping(done) {
        const [tx1, rx1] = oneshot();
        const [tx2, rx2] = oneshot();
        spawn(pong, rx1, tx2);
        tx1.send(1);
        const answer = yield* rx2;
        left -= answer - 1;
        if (left === 0) done.send(PINGS);
      }
      function* pings(done) {
        for (let i = 0; i < PINGS; i++) spawn(ping, done);
      }
      function* main() {
        left = PINGS;
        const [done, finished] = oneshot();
        spawn(pings, done);
        return yield* finished;
      }
      return () => runtime.blockOn(main);
    },
    async native() {
      let left = 0;
      function oneshot() {
        let send;
        const received = new Promise((resolve) => {
          send = resolve;
        });
        return [send, received];
      }
      async function pong(rx1, tx2) {
        tx2(1 + (await rx1));
      }
      async function ping(done) {
        const [tx1, rx1] = oneshot();
        const [tx2, rx2] = oneshot();
        pong(rx1, tx2);
        tx1(1);
        const answer = await rx2;
        left -= answer - 1;
        if (left === 0) done(PINGS);
      }
      return async () => {
        left = PINGS;
        const [done, finished] = oneshot();
        for (let i = 0; i < PINGS; i++) ping(done);
        return await finished;
      };
    },
    ...effects((library) => {
      const { Effect, Deferred, spawn } = library;
      return pingEffects(
        library,
        (state) => (done) =>
          Effect.gen(function* () {
            const first = yield* Deferred.make();
            const second = yield* Deferred.make();
            yield* spawn(
              Effect.gen(function* () {
                yield* Deferred.succeed(second, 1 + (yield* Deferred.await(first)));
              }),
            );
            yield* Deferred.succeed(first, 1);
            const answer = yield* Deferred.await(second);
            state.left -= answer - 1;
            if (state.left === 0) yield* Deferred.succeed(done, PINGS);
          }),
      );
    }),
    ...effects((library) => pingDefined(library, library.Effect.fn), "-fn"),
    ...effects((library) => pingDefined(library, library.Effect.fnUntraced), "-untraced"),
    async "effect4-combinators"() {
      const library = await effect4();
      const { Effect, Deferred, spawn } = library;
      const pong = (rx1, tx2) =>
        Effect.flatMap(Deferred.await(rx1), (value) => Deferred.succeed(tx2, 1 + value));
      const pair = Effect.zip(Deferred.make(), Deferred.make());
      return pingEffects(library, (state) => (done) => {
        const end = (answer) => {
          state.left -= answer - 1;
          return state.left === 0 ? Deferred.succeed(done, PINGS) : Effect.void;
        };
        return Effect.flatMap(pair, ([first, second]) =>
          spawn(pong(first, second)).pipe(
            Effect.andThen(Deferred.succeed(first, 1)),
            Effect.andThen(Deferred.await(second)),
            Effect.flatMap(end),
          ),
        );
      });
    },
    async effection() {
      const { run, spawn, withResolvers } = await import("effection");
      let left = 0;
      function* ping(done) {
        const first = withResolvers();
        const second = withResolvers();
        yield* spawn(function* pong() {
          second.resolve(1 + (yield* first.operation));
        });
        first.resolve(1);
        const answer = yield* second.operation;
        left -= answer - 1;
        if (left === 0) done.resolve(PINGS);
      }
      function* main() {
        left = PINGS;
        const done = withResolvers();
        for (let i = 0; i < PINGS; i++) yield* spawn(() => ping(done));
        return yield* done.operation;
      }
      return () => run(main);
    },
  },
};
