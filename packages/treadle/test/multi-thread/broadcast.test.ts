/** Broadcast channels and barriers on several threads of a runtime. */
import {
  Barrier,
  Builder,
  broadcast,
  CancellationToken,
  mpsc,
  oneshot,
  type Runtime,
  spawn,
  yieldNow,
} from "treadle";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import * as tasks from "./fixtures/sync.mjs";

let rt: Runtime;

beforeAll(async () => {
  rt = Builder.newMultiThread().workerThreads(2).enableAll().build();
  await rt.ready();
});

afterAll(async () => {
  expect(await rt.shutdownTimeout(5000)).toBe(true);
});

const closed = expect.objectContaining({ code: "ERR_CHANNEL_CLOSED" });
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe("broadcast", () => {
  conforms(
    ["sync/tests/loom_broadcast::broadcast_send", "sync/tests/loom_broadcast::broadcast_two"],
    "each receiver on each thread gets each value, in order, and then the end",
    () => {
      rt.blockOn(function* () {
        const [tx, rx] = broadcast.channel<number>(512);
        const others = [1, 2, 3].map(() => spawn(tasks.receiveAll(tx.subscribe())));
        for (let i = 0; i < 500; i++) expect(tx.send(i)).toBe(4);
        tx.close();
        for (const other of others) expect(yield* other).toEqual(upTo(500));
        for (let i = 0; i < 500; i++) expect(rx.tryRecv()).toBe(i);
        expect(() => rx.tryRecv()).toThrow(closed);
      });
    },
  );

  test("senders of several threads send to all; those of one thread keep their order", () => {
    rt.blockOn(function* () {
      const [tx, rx] = broadcast.channel<number>(1024);
      const there = spawn(tasks.receiveAll(tx.subscribe()));
      const senders = [0, 1, 2].map((k) => spawn(tasks.sendMany(tx.clone(), k * 1000, 200)));
      tx.close();
      const got: number[] = [];
      for (let i = 0; i < 600; i++) got.push(yield* rx.recv());
      for (const sender of senders) expect(yield* sender).toEqual(Array(200).fill(2));
      expect(yield* there).toEqual(got);
      for (const k of [0, 1, 2]) {
        const own = got.filter((n) => Math.floor(n / 1000) === k);
        expect(own).toEqual(upTo(200).map((i) => k * 1000 + i));
      }
      expect([rx.isClosed, rx.isEmpty]).toEqual([true, true]);
    });
  });

  conforms(
    [
      "sync/tests/loom_broadcast::broadcast_wrap",
      "sync/tests/loom_broadcast::drop_multiple_rx_with_overflow",
    ],
    "a receiver that is too slow is told how many it has missed, on whatever thread it is",
    () => {
      rt.blockOn(function* () {
        const buffers = [1, 2].map(() => new SharedArrayBuffer(8));
        const busy = buffers.map((buffer) => spawn(tasks.occupy(buffer)));
        for (const buffer of buffers) Atomics.wait(new Int32Array(buffer), 1, 0, 1000);
        const [tx, slow] = broadcast.channel<number>(4);
        const late = tx.subscribe();
        tx.send(0);
        const lag = spawn(tasks.receiveAll(slow));
        for (let i = 1; i < 10; i++) tx.send(i);
        expect([late.len, tx.len]).toEqual([10, 4]);
        expect(() => late.tryRecv()).toThrow(
          expect.objectContaining({ code: "ERR_LAGGED", missed: 6 }),
        );
        expect([late.len, late.tryRecv()]).toEqual([4, 6]);
        late.close();
        tx.close();
        for (const buffer of buffers) {
          Atomics.store(new Int32Array(buffer), 0, 1);
          Atomics.notify(new Int32Array(buffer), 0);
        }
        for (const one of busy) yield* one;
        expect(yield* lag).toEqual([-6, 6, 7, 8, 9]);
      });
    },
  );

  test("what a receiver has not read goes with it, and what was sent before a subscription is not seen", () => {
    rt.blockOn(function* () {
      const [tx, rx] = broadcast.channel<number>(8);
      tx.send(1);
      tx.send(2);
      expect(rx.tryRecv()).toBe(1);
      const [told, tells] = mpsc.unbounded<number>();
      const there = spawn(tasks.receiveAll(rx, told.clone()));
      expect(yield* tells.recv()).toBe(1);
      expect(() => rx.tryRecv()).toThrow(closed);
      const newer = spawn(tasks.subscribeThere(tx.clone(), told.clone()));
      expect(yield* tells.recv()).toBe(0);
      expect([tx.receiverCount, tx.send(3)]).toEqual([2, 2]);
      expect(yield* newer).toEqual([3, undefined]);
      expect([tx.receiverCount, tx.senderCount, tx.send(4)]).toEqual([1, 1, 1]);
      tx.close();
      expect(yield* there).toEqual([2, 3, 4]);
    });
  });

  test("both ends come as a result; the lag of a receiver travels with it", () => {
    rt.blockOn(function* () {
      const [tx, rx] = yield* spawn(tasks.makesBroadcast());
      expect([rx.len, tx.len, tx.receiverCount, tx.senderCount]).toEqual([3, 2, 1, 1]);
      expect(() => rx.tryRecv()).toThrow(expect.objectContaining({ missed: 1 }));
      expect([rx.tryRecv(), rx.tryRecv(), rx.tryRecv()]).toEqual([1, 2, undefined]);
      const second = rx.resubscribe();
      expect([tx.send(9), second.tryRecv(), rx.len, tx.isEmpty]).toEqual([2, 9, 1, false]);
      second.close();
      rx.close();
      yield* tx.closed();
      expect(() => tx.send(1)).toThrow(closed);
      const again = tx.subscribe();
      expect([tx.send(2), again.tryRecv()]).toEqual([1, 2]);
    });
  });

  test("waits that were there before it was sent are woken, by whatever thread", () => {
    rt.blockOn(function* () {
      const [tx, rx] = broadcast.channel<number>(4);
      const [told, tells] = mpsc.unbounded<number>();
      const wait = spawn(function* () {
        return yield* rx.recv();
      });
      const abandoned = spawn(function* () {
        yield* tx.closed();
        return tx.receiverCount;
      });
      yield* yieldNow();
      expect(yield* spawn(tasks.sendMany(tx.clone(), 5, 1))).toEqual([1]);
      expect(yield* wait).toBe(5);
      const there = spawn(tasks.subscribeThere(tx.clone(), told));
      expect(yield* tells.recv()).toBe(0);
      rx.close();
      expect([abandoned.isFinished(), tx.send(6)]).toEqual([false, 1]);
      expect(yield* there).toEqual([6, undefined]);
      expect(yield* abandoned).toBe(0);
    });
  });

  test("the ends of a thread that dies are closed, and nobody keeps values for it", () => {
    rt.blockOn(function* () {
      const [tx, rx] = broadcast.channel<number>(8);
      const mine = tx.subscribe();
      const [far, near] = broadcast.channel<number>(8);
      tx.send(1);
      const [begun, hasBegun] = oneshot<boolean>();
      const lost = spawn(tasks.dieWith(begun, [rx, far]));
      yield* hasBegun;
      const end = spawn(function* () {
        return yield* near.recv();
      });
      expect(yield* end.outcome()).toMatchObject({ status: "failed", error: closed });
      expect((yield* lost.outcome()).status).toBe("failed");
      expect([tx.receiverCount, mine.tryRecv(), tx.len, tx.send(2)]).toEqual([1, 1, 0, 1]);
      mine.close();
      yield* tx.closed();
    });
  });

  test("a value that can be received once is refused", () => {
    rt.blockOn(function* () {
      const [tx, rx] = broadcast.channel<unknown>(2);
      const there = spawn(tasks.receiveAll(rx as broadcast.Receiver<number>));
      expect(() => tx.send({ token: new CancellationToken() })).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG" }),
      );
      tx.close();
      expect(yield* there).toEqual([]);
    });
  });
});

describe("Barrier", () => {
  test("tasks of all threads meet, round after round, and each round has one leader", () => {
    const words = new SharedArrayBuffer(4);
    rt.blockOn(function* () {
      const barrier = new Barrier(6);
      const all = Array.from({ length: 5 }, () => spawn(tasks.meetOften(barrier, words, 100, 6)));
      const here = spawn(function* () {
        return yield* tasks.meetOften(barrier, words, 100, 6);
      });
      let led = yield* here;
      for (const one of all) led += yield* one;
      expect(led).toBe(100);
    });
    expect(new Int32Array(words)[0]).toBe(600);
  });

  test("who waited before it was sent counts, and who gives up does not", () => {
    rt.blockOn(function* () {
      const barrier = new Barrier(3);
      const here = spawn(function* () {
        return (yield* barrier.wait()).isLeader;
      });
      yield* yieldNow();
      const [told, tells] = mpsc.unbounded<number>();
      const gone = spawn(tasks.comeTelling(barrier, told.clone()));
      expect(yield* tells.recv()).toBe(1);
      gone.abort();
      expect((yield* gone.outcome()).status).toBe("cancelled");
      const there = spawn(tasks.comeTelling(barrier, told.clone()));
      expect(yield* tells.recv()).toBe(1);
      yield* yieldNow();
      expect([here.isFinished(), there.isFinished()]).toEqual([false, false]);
      expect((yield* barrier.wait()).isLeader).toBe(true);
      expect([yield* here, yield* there]).toEqual([false, false]);
    });
  });

  test("the arrival of a thread that dies is taken back: others take its place", () => {
    rt.blockOn(function* () {
      const barrier = new Barrier(3);
      const [told, tells] = mpsc.unbounded<number>();
      const lost = spawn(tasks.comeAndDie(barrier, told.clone()));
      expect(yield* tells.recv()).toBe(1);
      expect((yield* lost.outcome()).status).toBe("failed");
      const others = [1, 2].map(() => spawn(tasks.comeTelling(barrier, told.clone())));
      for (const _ of others) expect(yield* tells.recv()).toBe(1);
      expect(others.some((other) => other.isFinished())).toBe(false);
      expect((yield* barrier.wait()).isLeader).toBe(true);
      for (const other of others) expect(yield* other).toBe(false);
    });
  });
});
