/** Channel ends and tokens on several threads of a runtime. */
import {
  Builder,
  CancellationToken,
  move,
  mpsc,
  oneshot,
  type Runtime,
  spawn,
  spawnLocal,
} from "treadle";
import { afterAll, beforeAll, expect, test } from "vitest";
import { conforms } from "../support/conforms.ts";
import * as tasks from "./fixtures/channels.mjs";

let rt: Runtime;

beforeAll(async () => {
  rt = Builder.newMultiThread().workerThreads(2).enableAll().build();
  await rt.ready();
});

afterAll(async () => {
  expect(await rt.shutdownTimeout(5000)).toBe(true);
});

test("two workers send through a bounded channel that home receives from", () => {
  const result = rt.blockOn(function* () {
    const [tx, rx] = mpsc.channel<number>(4);
    const one = spawn(tasks.produce(tx.clone(), 0, 500));
    const two = spawn(tasks.produce(tx, 1000, 500));
    const got: number[] = [];
    for (let n = yield* rx.recv(); n !== undefined; n = yield* rx.recv()) got.push(n);
    yield* one;
    yield* two;
    return got;
  });
  expect(result.filter((n) => n < 1000)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  expect(result.filter((n) => n >= 1000)).toEqual(Array.from({ length: 500 }, (_, i) => 1000 + i));
});

test("a sender that was sent is closed here, and the channel ends when the other thread closes it", () => {
  rt.blockOn(function* () {
    const [tx, rx] = mpsc.unbounded<{ n: number }>();
    tx.send({ n: -1 });
    const done = spawn(tasks.pour(tx, 3));
    expect(() => tx.send({ n: 0 })).toThrow(
      expect.objectContaining({ code: "ERR_CHANNEL_CLOSED" }),
    );
    yield* done;
    expect(rx.len).toBe(4);
    expect(yield* rx.recvMany(10)).toEqual([{ n: -1 }, { n: 0 }, { n: 1 }, { n: 2 }]);
    expect(yield* rx.recv()).toBeUndefined();
  });
});

test("a weak sender gives one while a sender or a permit is left on some thread, and none any more after that", () => {
  rt.blockOn(function* () {
    const [tx, rx] = mpsc.channel<number>(4);
    const weak = tx.downgrade();
    const permit = yield* tx.reserve();
    const done = spawn(tasks.produce(tx, 0, 2));
    weak.upgrade()?.close();
    yield* done;
    const again = weak.upgrade();
    expect(again?.senderCount).toBe(1);
    again?.close();
    permit.send(2);
    // Values wait, but nobody can send any more.
    expect([weak.upgrade(), rx.len]).toEqual([undefined, 3]);
    expect(yield* rx.recvMany(4)).toEqual([0, 1, 2]);
    expect([yield* rx.recv(), weak.upgrade()]).toEqual([undefined, undefined]);
  });
});

test("a weak sender on a thread that has no end any more gives none", () => {
  rt.blockOn(function* () {
    const [tx, rx] = mpsc.channel<number>(4);
    const weak = tx.downgrade();
    const got = spawn(tasks.collect(rx));
    const poured = spawn(tasks.produce(tx, 1, 2));
    expect(weak.upgrade()).toBe(undefined);
    yield* poured;
    expect(yield* got).toEqual([2, 3]);
    expect(weak.upgrade()).toBe(undefined);
  });
});

test("the receiver goes to another thread with what is queued, home waits for places", () => {
  const got = rt.blockOn(function* () {
    const [tx, rx] = mpsc.channel<number>(2);
    yield* tx.send(1);
    const sum = spawn(tasks.collect(rx));
    for (let i = 2; i <= 200; i++) yield* tx.send(i);
    tx.close();
    return yield* sum;
  });
  expect(got).toEqual([200, 20_100]);
});

test("a value that cannot be sent costs the channel no place, and the receiver sees the end", () => {
  const bad = (() => 1) as never;
  const refused = expect.objectContaining({ code: "ERR_NOT_SEND", path: "the value" });
  const got = rt.blockOn(function* () {
    const [tx, rx] = mpsc.channel<number>(1);
    const sum = spawn(tasks.collect(rx));
    for (let i = 0; i < 3; i++) {
      const permit = yield* tx.reserve();
      expect(() => permit.send(bad)).toThrow(refused);
      const outcome = yield* spawnLocal(tx.send(bad)).outcome();
      expect(outcome).toMatchObject({
        status: "failed",
        error: { code: "ERR_NOT_SEND", path: "the value" },
      });
    }
    yield* tx.send(5);
    tx.close();
    return yield* sum;
  });
  expect(got).toEqual([1, 5]);
});

test("a value that can only go by message port is refused, and the ends in it are closed", () => {
  rt.blockOn(function* () {
    const [tx, rx] = mpsc.unbounded<unknown>();
    const sum = spawn(tasks.collect(rx as never));
    const [reply, answer] = oneshot<number>();
    expect(() => tx.send([reply, move(new ArrayBuffer(8))])).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG" }),
    );
    const outcome = yield* spawnLocal(answer).outcome();
    expect(outcome).toMatchObject({ status: "failed", error: { code: "ERR_CHANNEL_CLOSED" } });
    tx.close();
    expect(yield* sum).toEqual([0, 0]);
  });
});

test("where a queued value keeps a channel from being sent, the ends in those before it are closed and not lost", () => {
  rt.blockOn(function* () {
    const [reply, answer] = oneshot<number>();
    const [tx, rx] = mpsc.channel<unknown>(2);
    yield* tx.send(reply);
    yield* tx.send(() => 1);
    expect(() => spawn(tasks.collect(rx as never))).toThrow(
      expect.objectContaining({ code: "ERR_NOT_SEND" }),
    );
    const outcome = yield* spawnLocal(answer).outcome();
    expect(outcome).toMatchObject({ status: "failed", error: { code: "ERR_CHANNEL_CLOSED" } });
  });
});

test("a receiver that closes on its thread fails the sends that wait here", () => {
  rt.blockOn(function* () {
    const [tx, rx] = mpsc.channel<number>(1);
    const got = spawn(tasks.closeAfter(rx, 2));
    let error: unknown;
    try {
      for (let i = 0; ; i++) yield* tx.send(i);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
    yield* tx.closed();
    expect(yield* got).toEqual([0, 1]);
  });
});

test("a receiver comes as a result, and senders travel inside of values", () => {
  rt.blockOn(function* () {
    const rx = yield* spawn(tasks.makes());
    expect(yield* rx.recv()).toBe("first");
    expect(yield* rx.recv()).toBe("second");
    expect(yield* rx.recv()).toBeUndefined();
    const [ask, questions] = mpsc.unbounded<{ n: number; reply: mpsc.UnboundedSender<number> }>();
    const server = spawn(tasks.serve(questions));
    for (let n = 1; n <= 20; n++) {
      const [reply, answer] = mpsc.unbounded<number>();
      ask.send({ n, reply });
      expect(yield* answer.recv()).toBe(n * 2);
      expect(yield* answer.recv()).toBeUndefined();
    }
    ask.close();
    yield* server;
  });
});

conforms(
  "sync/tests/loom_cancellation_token::cancel_with_child",
  "a token is awaited on a worker and cancelled at home",
  () => {
    rt.blockOn(function* () {
      const parent = new CancellationToken();
      const token = parent.childToken();
      const waits = [spawn(tasks.waitFor(token)), spawn(tasks.passOn(token))];
      parent.cancel();
      for (const wait of waits) expect(yield* wait).toBeGreaterThan(0);
    });
  },
);

test("a token is cancelled on a worker and awaited at home", () => {
  rt.blockOn(function* () {
    const token = new CancellationToken();
    const child = token.childToken();
    const { signal } = token.childToken();
    spawn(tasks.cancelIt(token));
    yield* child.cancelled();
    expect(token.isCancelled).toBe(true);
    expect(signal.aborted).toBe(true);
  });
});

test("a loop that never yields sees the cancellation", async () => {
  const token = new CancellationToken();
  const ready = new SharedArrayBuffer(4);
  const done = rt.spawn(tasks.spinUntil(token, ready));
  while (Atomics.load(new Int32Array(ready), 0) === 0) await new Promise((go) => setImmediate(go));
  token.cancel();
  expect(await done).toBe(true);
});

test("the senders of a thread that dies count as dropped", () => {
  rt.blockOn(function* () {
    const [tx, rx] = mpsc.channel<string>(4);
    const lost = spawn(tasks.holdAndExit(tx));
    expect(yield* rx.recv()).toBe("alive");
    expect(yield* rx.recv()).toBeUndefined();
    expect((yield* lost.outcome()).status).toBe("failed");
  });
});

test("a receiver on a thread that dies fails the senders", () => {
  rt.blockOn(function* () {
    const [tx, rx] = mpsc.channel<number>(1);
    const lost = spawn(tasks.receiveAndExit(rx));
    yield* tx.send(1);
    yield* tx.closed();
    expect(tx.isClosed).toBe(true);
    expect((yield* lost.outcome()).status).toBe("failed");
  });
});
