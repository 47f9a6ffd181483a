// 1 000 pings at once: each is a task with a child, and the two talk through two oneshots.
import { effects, treadleRuntime } from "../lib/peers.mjs";

const PINGS = 1000;

export const scenario = {
  name: "ping_pong",
  title: "1 000 pings: a task, its child and two oneshots, per ping",
  ops: PINGS,
  metrics: { wall: { unit: "ns", tokio: [728, 1503] } },
  goals: [{ metric: "wall", against: "effect4", faster: 8 }],
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
    ...effects(({ Effect, Deferred, spawn }) => {
      let left = 0;
      const pong = (rx1, tx2) =>
        Effect.flatMap(Deferred.await(rx1), (value) => Deferred.succeed(tx2, 1 + value));
      const ping = (done) =>
        Effect.gen(function* () {
          const first = yield* Deferred.make();
          const second = yield* Deferred.make();
          yield* spawn(pong(first, second));
          yield* Deferred.succeed(first, 1);
          const answer = yield* Deferred.await(second);
          left -= answer - 1;
          if (left === 0) yield* Deferred.succeed(done, PINGS);
        });
      const main = Effect.gen(function* () {
        left = PINGS;
        const done = yield* Deferred.make();
        for (let i = 0; i < PINGS; i++) yield* spawn(ping(done));
        return yield* Deferred.await(done);
      });
      return () => Effect.runPromise(main);
    }),
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
