/** Oneshot channels, Notify, semaphores and watch channels on several threads of a runtime. */
import {
  Builder,
  CancellationToken,
  mpsc,
  Notify,
  type OneshotSender,
  oneshot,
  type Runtime,
  Semaphore,
  spawn,
  watch,
  yieldNow,
} from "treadle";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as tasks from "./fixtures/sync.mjs";

type Reply = OneshotSender<number>;

let rt: Runtime;

beforeAll(async () => {
  rt = Builder.newMultiThread().workerThreads(2).enableAll().build();
  await rt.ready();
});

afterAll(async () => {
  expect(await rt.shutdownTimeout(5000)).toBe(true);
});

const closed = expect.objectContaining({ code: "ERR_CHANNEL_CLOSED" });

describe("oneshot", () => {
  test("a worker answers what it is asked, each question with its own sender", () => {
    rt.blockOn(function* () {
      const [ask, questions] = mpsc.unbounded<{ n: number; reply: Reply }>();
      const server = spawn(tasks.answerAll(questions));
      const answers = [];
      for (let n = 0; n < 200; n++) {
        const [reply, answer] = oneshot<number>();
        ask.send({ n, reply });
        answers.push(answer);
      }
      for (let n = 0; n < 200; n++) expect(yield* answers[n]!).toBe(n * 2);
      ask.close();
      expect(yield* server).toBe(200);
    });
  });

  test("a receiver goes to a worker, before the value is sent and after", () => {
    rt.blockOn(function* () {
      const [before, late] = oneshot<number>();
      const one = spawn(tasks.receive(late));
      yield* yieldNow();
      expect(before.send(7)).toBe(true);
      expect(before.send(8)).toBe(false);
      const [tx, early] = oneshot<number>();
      tx.send(9);
      const two = spawn(tasks.receive(early));
      expect([yield* one, yield* two]).toEqual([7, 9]);
      expect(tx.isClosed).toBe(false);
      expect(() => early.tryRecv()).toThrow();
    });
  });

  test("what is sent is as closed here, and what was used cannot be sent", () => {
    rt.blockOn(function* () {
      const [tx, rx] = oneshot<number>();
      const answered = spawn(tasks.answer(tx, 5));
      expect(tx.send(6)).toBe(false);
      expect(() => spawn(tasks.answer(tx, 5))).toThrow(
        expect.objectContaining({ code: "ERR_FUTURE_STATE" }),
      );
      expect(yield* rx).toBe(5);
      expect(yield* answered).toBe(true);
      expect(rx.isTerminated).toBe(true);
      expect(() => spawn(tasks.receive(rx))).toThrow(
        expect.objectContaining({ code: "ERR_FUTURE_STATE" }),
      );
    });
  });

  test("a sender that is closed on a worker fails the receiver, a receiver that is closed tells the sender", () => {
    rt.blockOn(function* () {
      const [tx, rx] = oneshot<number>();
      spawn(tasks.closeSender(tx));
      const error = yield* spawn(function* () {
        return yield* rx;
      }).outcome();
      expect(error).toMatchObject({ status: "failed", error: closed });
      const [sender, receiver] = oneshot<number>();
      spawn(tasks.closeReceiver(receiver));
      yield* sender.closed();
      expect([sender.isClosed, sender.send(1)]).toEqual([true, false]);
      const [far, near] = oneshot<number>();
      const [begun, hasBegun] = oneshot<boolean>();
      const waits = spawn(tasks.waitClosed(far, begun));
      yield* hasBegun;
      near.close();
      expect(yield* waits).toEqual([true, false]);
      expect(() => near.tryRecv()).toThrow(closed);
    });
  });

  test("an end whose thread dies is as closed", () => {
    rt.blockOn(function* () {
      const [tx, rx] = oneshot<number>();
      const [farTx, farRx] = oneshot<number>();
      const [begun, hasBegun] = oneshot<boolean>();
      const lost = spawn(tasks.dieWith(begun, [tx, farRx]));
      yield* hasBegun;
      const waits = spawn(function* () {
        return yield* rx;
      });
      yield* farTx.closed();
      expect(farTx.isClosed).toBe(true);
      expect(yield* waits.outcome()).toMatchObject({ status: "failed", error: closed });
      expect((yield* lost.outcome()).status).toBe("failed");
    });
  });

  test("a receiver comes back as a result with its value", () => {
    rt.blockOn(function* () {
      const rx = yield* spawn(tasks.makesOneshot());
      expect(yield* rx).toBe("made there");
    });
  });
});

describe("Notify", () => {
  test("each notifyOne from any thread wakes one wait, on any thread", () => {
    rt.blockOn(function* () {
      const notify = new Notify();
      const [begun, begins] = mpsc.unbounded<number>();
      const waits = Array.from({ length: 30 }, (_, i) =>
        spawn(tasks.waitNotified(notify, begun.clone(), i)),
      );
      for (let i = 0; i < 30; i++) yield* begins.recv();
      for (let i = 0; i < 10; i++) notify.notifyOne();
      yield* spawn(tasks.notifyOneOf(notify, 20));
      const ended = [];
      for (const wait of waits) ended.push(yield* wait);
      expect(ended).toEqual(Array.from({ length: 30 }, (_, i) => i));
      // None was left over.
      expect(notify.notified().enable()).toBe(false);
    });
  });

  test("one permit is kept, however often it is given, and crosses", () => {
    rt.blockOn(function* () {
      const notify = new Notify();
      notify.notifyOne();
      notify.notifyOne();
      const [told, tells] = mpsc.unbounded<number>();
      const taker = spawn(tasks.takeNotified(notify, told));
      expect(yield* tells.recv()).toBe(1);
      notify.notifyOne();
      expect(yield* tells.recv()).toBe(1);
      taker.abort();
      expect((yield* taker.outcome()).status).toBe("cancelled");
      expect(tells.isEmpty).toBe(true);
      yield* spawn(tasks.notifyOneOf(notify, 3));
      yield* notify.notified();
      expect(notify.notified().enable()).toBe(false);
    });
  });

  test("notifyWaiters on a worker wakes all that wait, and those made before", () => {
    rt.blockOn(function* () {
      const notify = new Notify();
      const [begun, begins] = mpsc.unbounded<number>();
      const waits = Array.from({ length: 20 }, (_, i) =>
        spawn(tasks.waitNotified(notify, begun.clone(), i)),
      );
      for (let i = 0; i < 20; i++) yield* begins.recv();
      const made = notify.notified();
      yield* spawn(tasks.notifyAllOf(notify));
      expect(made.enable()).toBe(true);
      for (const wait of waits) yield* wait;
      expect(notify.notified().enable()).toBe(false);
    });
  });

  test("waits that were there before it was sent keep their order", () => {
    rt.blockOn(function* () {
      const notify = new Notify();
      const order: number[] = [];
      const waits = [0, 1, 2].map((i) =>
        spawn(function* () {
          yield* notify.notified();
          order.push(i);
        }),
      );
      yield* yieldNow();
      yield* spawn(tasks.notifyOneOf(notify, 1));
      yield* waits[0]!;
      yield* spawn(tasks.notifyOneOf(notify, 2));
      for (const wait of waits) yield* wait;
      expect(order).toEqual([0, 1, 2]);
    });
  });

  test("a wait whose thread dies takes no notification with it", () => {
    rt.blockOn(function* () {
      const notify = new Notify();
      const [begun, begins] = mpsc.unbounded<number>();
      const lost = spawn(tasks.dieWaiting(notify, begun));
      yield* begins.recv();
      const wait = notify.notified();
      wait.enable();
      expect((yield* lost.outcome()).status).toBe("failed");
      notify.notifyOne();
      yield* wait;
    });
  });
});

describe("Semaphore", () => {
  test("one permit keeps tasks of all threads apart", () => {
    const sum = new SharedArrayBuffer(4);
    rt.blockOn(function* () {
      const semaphore = new Semaphore(1);
      const all = Array.from({ length: 6 }, () => spawn(tasks.addUnder(semaphore, sum, 200)));
      yield* spawn(function* () {
        yield* tasks.addUnder(semaphore, sum, 200);
      });
      for (const one of all) yield* one;
      expect(semaphore.availablePermits).toBe(1);
    });
    expect(new Int32Array(sum)[0]).toBe(7 * 200);
  });

  test("who asks first gets first, whatever thread asks and however many it asks for", () => {
    rt.blockOn(function* () {
      const semaphore = new Semaphore(3);
      const held = yield* semaphore.acquire(3);
      const [told, tells] = mpsc.unbounded<string>();
      const all = [];
      for (const [name, count] of [
        ["a", 2],
        ["b", 3],
        ["c", 1],
        ["d", 1],
      ] as const) {
        all.push(spawn(tasks.standInLine(semaphore, count, told.clone(), name)));
        expect(yield* tells.recv()).toBe(`${name} waits`);
      }
      held.release();
      for (const one of all) yield* one;
      const order: (string | undefined)[] = [];
      for (let i = 0; i < 4; i++) order.push(yield* tells.recv());
      // c and d have no order: their permits come together.
      expect(order.slice(0, 2)).toEqual(["a has 2", "b has 3"]);
      expect(order.slice(2).sort()).toEqual(["c has 1", "d has 1"]);
      expect(semaphore.availablePermits).toBe(3);
    });
  });

  test("nobody overtakes who waits, and who gives up lets the next go", () => {
    rt.blockOn(function* () {
      const semaphore = new Semaphore(2);
      const held = yield* semaphore.acquire(1);
      const [told, tells] = mpsc.unbounded<string>();
      const large = spawn(tasks.standInLine(semaphore, 2, told.clone(), "large"));
      expect(yield* tells.recv()).toBe("large waits");
      expect(semaphore.availablePermits).toBe(0);
      expect(semaphore.tryAcquire()).toBeUndefined();
      const small = spawn(tasks.standInLine(semaphore, 1, told.clone(), "small"));
      expect(yield* tells.recv()).toBe("small waits");
      large.abort();
      expect(yield* tells.recv()).toBe("small has 1");
      yield* small;
      expect(semaphore.availablePermits).toBe(1);
      held.release();
      expect(semaphore.availablePermits).toBe(2);
    });
  });

  test("waits and permits that were there before it was sent keep their places", () => {
    rt.blockOn(function* () {
      const semaphore = new Semaphore(2);
      const held = yield* semaphore.acquire(2);
      const order: string[] = [];
      const here = [2, 1].map((count) =>
        spawn(function* () {
          const permit = yield* semaphore.acquire(count);
          order.push(`here ${count}`);
          permit.release();
        }),
      );
      yield* yieldNow();
      const [told, tells] = mpsc.unbounded<string>();
      const far = spawn(tasks.standInLine(semaphore, 2, told, "far"));
      expect(yield* tells.recv()).toBe("far waits");
      expect(order).toEqual([]);
      const half = held.split(1);
      held.release();
      half?.release();
      yield* far;
      for (const one of here) yield* one;
      expect(order).toEqual(["here 2", "here 1"]);
      expect(semaphore.availablePermits).toBe(2);
    });
  });

  test("close() fails who waits on other threads, and what was handed out stays good", () => {
    rt.blockOn(function* () {
      const semaphore = new Semaphore(1);
      const held = yield* semaphore.acquire();
      const [told, tells] = mpsc.unbounded<string>();
      const waits = [1, 2].map(() => spawn(tasks.acquireFails(semaphore, told.clone())));
      for (const _ of waits) expect(yield* tells.recv()).toBe("waits");
      semaphore.close();
      for (const wait of waits) expect(yield* wait).toEqual(["ERR_SEMAPHORE_CLOSED", true]);
      held.release();
      expect(semaphore.availablePermits).toBe(1);
      expect(() => semaphore.tryAcquire()).toThrow(
        expect.objectContaining({ code: "ERR_SEMAPHORE_CLOSED" }),
      );
    });
  });

  test("permits that are added, forgotten and taken out are counted for all", () => {
    rt.blockOn(function* () {
      const semaphore = new Semaphore(5);
      const [told, tells] = mpsc.unbounded<string>();
      const holder = spawn(tasks.holdPermits(semaphore, 2, told));
      yield* tells.recv();
      expect(semaphore.availablePermits).toBe(3);
      semaphore.addPermits(4);
      expect(semaphore.forgetPermits(1)).toBe(1);
      semaphore.tryAcquire(2)?.forget();
      expect(semaphore.availablePermits).toBe(4);
      expect(() => semaphore.addPermits(2 ** 30)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG" }),
      );
      holder.abort();
      yield* holder.outcome();
      // The permit of a task that was aborted was nobody's to release.
      expect(semaphore.availablePermits).toBe(4);
      expect(() => spawn(tasks.holdPermits(new Semaphore(2 ** 31), 1, told))).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG" }),
      );
    });
  });

  test("the permits of a thread that dies come back", () => {
    rt.blockOn(function* () {
      const semaphore = new Semaphore(3);
      const [told, tells] = mpsc.unbounded<string>();
      const lost = spawn(tasks.takePermitsAndDie(semaphore, 2, told));
      expect(yield* tells.recv()).toBe("has them");
      const all = yield* semaphore.acquire(3);
      expect((yield* lost.outcome()).status).toBe("failed");
      all.release();
      expect(semaphore.availablePermits).toBe(3);
    });
  });
});

describe("watch", () => {
  test("workers see changes in order, and the last one always", () => {
    rt.blockOn(function* () {
      const [tx, rx] = watch.channel({ n: 0 });
      const followers = [1, 2, 3].map(() => spawn(tasks.follow(rx.clone(), 500)));
      for (let n = 1; n <= 500; n++) {
        tx.send({ n });
        if (n % 50 === 0) yield* yieldNow();
      }
      for (const follower of followers) {
        const seen = yield* follower;
        expect(seen.at(-1)).toBe(500);
        expect(seen).toEqual([...seen].sort((a, b) => a - b));
        expect(new Set(seen).size).toBe(seen.length);
      }
      expect(tx.receiverCount).toBe(4);
    });
  });

  test("senders of several threads change the value one after the other", () => {
    rt.blockOn(function* () {
      const [tx, rx] = watch.channel(0);
      const counters = [1, 2, 3].map(() => spawn(tasks.countUp(tx.clone(), 200)));
      const there = spawn(tasks.untilValue(rx.clone(), 600));
      for (const counter of counters) yield* counter;
      expect(yield* there).toBe(600);
      expect(rx.hasChanged()).toBe(true);
      expect(rx.borrowAndUpdate()).toBe(600);
      expect(rx.hasChanged()).toBe(false);
      expect([tx.senderCount, tx.sendReplace(1)]).toEqual([1, 600]);
    });
  });

  test("the end is told to receivers with the last value, and senders learn that all receivers are gone", () => {
    rt.blockOn(function* () {
      const [tx, rx] = watch.channel(0);
      const end = spawn(tasks.untilEnd(rx));
      expect(() => rx.hasChanged()).toThrow(closed);
      tx.send(5);
      tx.close();
      expect(yield* end).toEqual(["ERR_CHANNEL_CLOSED", 5]);
      const [sender, receiver] = watch.channel(0);
      const done = spawn(tasks.untilValue(receiver, 1));
      sender.send(1);
      expect(yield* done).toBe(1);
    });
  });

  test("both ends come as a result; the news that a receiver has not seen travels with it", () => {
    rt.blockOn(function* () {
      const [tx, rx] = yield* spawn(tasks.makesWatch());
      expect(rx.hasChanged()).toBe(true);
      yield* rx.changed();
      expect(rx.value).toBe("second");
      expect([tx.receiverCount, tx.senderCount]).toEqual([1, 1]);
      rx.close();
      yield* tx.closed();
      expect(() => tx.send("third")).toThrow(closed);
      expect(tx.sendReplace("third")).toBe("second");
    });
  });

  test("the ends of a thread that dies are closed", () => {
    rt.blockOn(function* () {
      const [tx, rx] = watch.channel(1);
      const [sender, receiver] = watch.channel(2);
      const [begun, hasBegun] = oneshot<boolean>();
      const lost = spawn(tasks.dieWith(begun, [tx, receiver]));
      yield* hasBegun;
      yield* sender.closed();
      expect(sender.receiverCount).toBe(0);
      const wait = spawn(function* () {
        yield* rx.changed();
      });
      expect(yield* wait.outcome()).toMatchObject({ status: "failed", error: closed });
      expect(rx.value).toBe(1);
      expect((yield* lost.outcome()).status).toBe("failed");
    });
  });

  test("an end that was sent or closed makes no others, for the channel's memory may be gone", () => {
    rt.blockOn(function* () {
      const [tx, rx] = watch.channel(0);
      const here = rx.clone();
      const there = spawn(tasks.untilValue(rx, 1));
      expect(() => rx.clone()).toThrow(closed);
      const counter = spawn(tasks.countUp(tx, 1));
      expect(() => tx.subscribe()).toThrow(closed);
      here.close();
      expect(yield* there).toBe(1);
      yield* counter;
      for (const clone of [() => rx.clone(), () => here.clone(), () => tx.subscribe()]) {
        expect(clone).toThrow(closed);
      }
    });
  });

  test("a value that can be received once is refused", () => {
    rt.blockOn(function* () {
      const [tx, rx] = watch.channel<unknown>(0);
      const follower = spawn(tasks.untilEnd(rx as watch.Receiver<number>));
      expect(() => tx.send({ token: new CancellationToken() })).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG" }),
      );
      tx.close();
      expect(yield* follower).toEqual(["ERR_CHANNEL_CLOSED", 0]);
    });
  });
});

describe("what nobody reads is given back", () => {
  test("the ends among the arguments of a call that was aborted before it began are closed", () => {
    rt.blockOn(function* () {
      const buffers = [1, 2].map(() => new SharedArrayBuffer(8));
      const busy = buffers.map((buffer) => spawn(tasks.occupy(buffer)));
      for (const buffer of buffers) Atomics.wait(new Int32Array(buffer), 1, 0, 1000);
      const [tx, rx] = mpsc.channel<number>(1);
      const [reply, answer] = oneshot<number>();
      const [sender, receiver] = watch.channel(0);
      const calls = [
        spawn(tasks.never(tx)),
        spawn(tasks.answer(reply, 1)),
        spawn(tasks.untilValue(receiver, 1)),
      ];
      for (const call of calls) call.abort();
      for (const buffer of buffers) {
        Atomics.store(new Int32Array(buffer), 0, 1);
        Atomics.notify(new Int32Array(buffer), 0);
      }
      for (const one of busy) yield* one;
      for (const call of calls) expect((yield* call.outcome()).status).toBe("cancelled");
      expect(yield* rx.recv()).toBeUndefined();
      expect(() => answer.tryRecv()).toThrow(closed);
      expect(sender.receiverCount).toBe(0);
    });
  });

  test("the ends in values of a channel that nobody receives from are closed", () => {
    rt.blockOn(function* () {
      const [ask, questions] = mpsc.unbounded<{ reply: Reply }>();
      // It is on several threads from now on.
      yield* spawn(tasks.closeIt(ask.clone()));
      const [reply, answer] = oneshot<number>();
      ask.send({ reply });
      expect(answer.tryRecv()).toBeUndefined();
      questions[Symbol.dispose]();
      expect(() => answer.tryRecv()).toThrow(closed);
    });
  });

  test("the ends in a result whose taker has died are closed", () => {
    rt.blockOn(function* () {
      const [tx, rx] = mpsc.channel<number>(1);
      const [begun, begins] = mpsc.unbounded<boolean>();
      const go = new CancellationToken();
      const die = new SharedArrayBuffer(4);
      const lost = spawn(tasks.spawnAndDie(tx, begun, go, die));
      for (let i = 0; i < 2; i++) yield* begins.recv();
      Atomics.store(new Int32Array(die), 0, 1);
      expect((yield* lost.outcome()).status).toBe("failed");
      go.cancel();
      expect(yield* rx.recv()).toBeUndefined();
    });
  });

  test("places that a thread had taken when it died come back", () => {
    rt.blockOn(function* () {
      const [tx, rx] = mpsc.channel<number>(3);
      const [begun, hasBegun] = oneshot<boolean>();
      yield* tx.send(0);
      const lost = spawn(tasks.reserveAndDie(tx.clone(), 2, begun));
      yield* hasBegun;
      expect(tx.capacity).toBe(0);
      const sends = spawn(function* () {
        for (let i = 1; i <= 2; i++) yield* tx.send(i);
      });
      yield* sends;
      expect((yield* lost.outcome()).status).toBe("failed");
      tx.close();
      const got = [];
      for (let n = yield* rx.recv(); n !== undefined; n = yield* rx.recv()) got.push(n);
      expect(got).toEqual([0, 1, 2]);
    });
  });
});
