import { type Async, fn, PENDING, type Poll } from "@treadle/core";
import { type DelayKey, DelayQueue, type Expired, Instant } from "@treadle/time";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Hand, Rig } from "./rig.ts";

/** A queue and one waiter polled by hand. */
function held<T>(): { rig: Rig; queue: DelayQueue<T>; hand: Hand<Expired<T>>; now: Instant } {
  const rig = new Rig();
  const queue = rig.enter(() => new DelayQueue<T>());
  const next = rig.enter(() => queue.next());
  return { rig, queue, hand: new Hand(rig, () => next), now: rig.enter(() => Instant.now()) };
}

const valueIn = <T>(answer: Poll<Expired<T>>): T | string =>
  answer.done ? answer.value.value : "pending";

describe("DelayQueue", () => {
  test("gives values in the order of their deadlines, with the deadline", () => {
    const { rig, queue, now } = held<string>();
    queue.insert("c", 300);
    queue.insert("a", 1);
    queue.insertAt("b", now.add(20));
    const seen = rig.block(
      fn(function* take(): Async<[string, number, number][]> {
        const all: [string, number, number][] = [];
        for (let i = 0; i < 3; i++) {
          const { value, deadline } = yield* queue.next();
          all.push([value, deadline.since(now), now.elapsed()]);
        }
        return all;
      }),
    );
    expect(seen).toEqual([
      ["a", 1, 1],
      ["b", 20, 20],
      ["c", 300, 300],
    ]);
    expect(queue.size).toBe(0);
  });

  test("waits while it is empty, and an insertion wakes the waiter when it is due", () => {
    const { rig, queue, hand } = held<string>();
    expect([hand.poll(), rig.driver.hasPending()]).toEqual([PENDING, false]);
    queue.insert("x", 10);
    expect([hand.wakes, rig.driver.hasPending()]).toEqual([0, true]);
    rig.pass(9);
    expect(hand.wakes).toBe(0);
    rig.pass(1);
    expect([hand.wakes, valueIn(hand.poll())]).toEqual([1, "x"]);
  });

  test("an insertion before the first one wakes earlier", () => {
    const { rig, queue, hand } = held<string>();
    queue.insert("late", 200);
    hand.poll();
    queue.insert("early", 100);
    rig.pass(99);
    expect(hand.wakes).toBe(0);
    rig.pass(1);
    expect([hand.wakes, valueIn(hand.poll())]).toEqual([1, "early"]);
  });

  test("a value inserted after its deadline is due at once, in its place", () => {
    const { rig, queue, hand, now } = held<string>();
    queue.insert("later", 200);
    hand.poll();
    rig.pass(80);
    queue.insertAt("past", now.add(40));
    expect(hand.wakes).toBe(1);
    queue.insertAt("more past", now.add(30));
    expect(valueIn(hand.poll())).toBe("more past");
    expect(rig.block(() => queue.next()).value).toBe("past");
  });

  test("a removed value never comes, and its timer does not wake", () => {
    const { rig, queue, hand } = held<string>();
    const key = queue.insert("gone", 10);
    queue.insert("stays", 50);
    hand.poll();
    expect([queue.remove(key), queue.remove(key), queue.size]).toEqual(["gone", undefined, 1]);
    rig.pass(49);
    expect(hand.wakes).toBe(0);
    rig.pass(1);
    expect([hand.wakes, valueIn(hand.poll()), queue.reset(key, 5)]).toEqual([1, "stays", false]);
  });

  test("a removed value that was due never comes", () => {
    const { rig, queue, hand } = held<string>();
    const keys = ["a", "b"].map((v) => queue.insert(v, 64));
    rig.pass(80);
    expect(valueIn(hand.poll())).toBe("a");
    expect([queue.remove(keys[0] as never), queue.remove(keys[1] as never)]).toEqual([
      undefined,
      "b",
    ]);
    expect(queue.size).toBe(0);
  });

  test("reset to earlier and to later moves the wake", () => {
    const { rig, queue, hand, now } = held<string>();
    const one = queue.insert("one", 200);
    const two = queue.insert("two", 250);
    hand.poll();
    expect(queue.resetAt(two, now.add(100))).toBe(true);
    expect(queue.reset(one, 300)).toBe(true);
    rig.pass(99);
    expect(hand.wakes).toBe(0);
    rig.pass(1);
    expect([hand.wakes, valueIn(hand.poll())]).toEqual([1, "two"]);
    queue.resetAt(one, now.add(320));
    rig.pass(219);
    expect(rig.enter(() => new Hand(rig, () => queue.next()).poll())).toBe(PENDING);
    rig.pass(1);
    expect(rig.block(() => queue.next()).deadline.since(now)).toBe(320);
  });

  test("clear empties it and takes the timer out", () => {
    const { rig, queue, hand } = held<number>();
    for (const ms of [5, 10, Infinity]) queue.insert(ms, ms);
    hand.poll();
    queue.clear();
    expect([queue.size, rig.driver.hasPending()]).toEqual([0, false]);
    rig.pass(100);
    expect([hand.wakes, hand.poll()]).toEqual([0, PENDING]);
  });

  test("a value that waits for ever can be removed and reset", () => {
    const { rig, queue, hand } = held<string>();
    const key = queue.insert("forever", Infinity);
    hand.poll();
    rig.pass(2 ** 40);
    expect([queue.size, hand.wakes, rig.driver.hasPending()]).toEqual([1, 0, false]);
    queue.reset(key, 5);
    rig.pass(5);
    expect([hand.wakes, valueIn(hand.poll())]).toEqual([1, "forever"]);
  });

  test("nobody waits: no timer; the waiter is dropped: no timer any more", () => {
    const { rig, queue } = held<number>();
    queue.insert(1, 10);
    expect(rig.driver.hasPending()).toBe(false);
    const task = rig.spawn(() => queue.next());
    rig.run();
    expect(rig.driver.hasPending()).toBe(true);
    task.drop();
    rig.run();
    expect([rig.driver.hasPending(), queue.size]).toEqual([false, 1]);
    rig.pass(20);
    expect(rig.block(() => queue.next()).value).toBe(1);
  });

  test("five thousand values are one timer and wake the waiter once for each turn", () => {
    const { rig, queue } = held<number>();
    for (let i = 0; i < 5000; i++) queue.insert(i, 1 + ((i * 7919) % 1000));
    const task = rig.spawn(
      fn(function* takeAll(): Async<number[]> {
        const seen: number[] = [];
        while (queue.size > 0) seen.push((yield* queue.next()).value);
        return seen;
      }),
    );
    rig.toEnd();
    const due = (i: number): number => 1 + ((i * 7919) % 1000);
    const sorted = Array.from({ length: 5000 }, (_, i) => i).sort(
      (a, b) => due(a) - due(b) || a - b,
    );
    expect(task.value).toEqual(sorted);
    // A thousand milliseconds have something due, and five values fit in one poll's budget.
    expect([task.wakes, task.polls]).toEqual([1000, 1001]);
  });

  test("several waiters each get one value, the one that waits longest first", () => {
    const { rig, queue } = held<string>();
    const tasks = [0, 1, 2].map(() => rig.spawn<Expired<string>>(() => queue.next()));
    rig.run();
    queue.insert("a", 5);
    queue.insert("b", 5);
    queue.insert("c", 9);
    rig.toEnd();
    expect(tasks.map((t) => t.value?.value)).toEqual(["a", "b", "c"]);
    expect(tasks.map((t) => t.polls)).toEqual([2, 2, 2]);
  });

  test("a waiter woken and dropped passes its value on", () => {
    const { rig, queue } = held<string>();
    const first = rig.spawn<Expired<string>>(() => queue.next());
    const second = rig.spawn<Expired<string>>(() => queue.next());
    rig.run();
    queue.insert("a", 5);
    rig.pass(5);
    first.drop();
    rig.settle();
    expect([first.status, second.value?.value]).toEqual(["dropped", "a"]);
  });

  test("after a long time without values nothing is late or early", () => {
    const { rig, queue, hand } = held<number>();
    rig.pass(2 ** 35);
    queue.insert(0, 0);
    expect(valueIn(hand.poll())).toBe(0);
    rig.pass(2 ** 35);
    queue.insert(1, 1);
    const second = new Hand(rig, () => queue.next());
    second.poll();
    rig.pass(1);
    expect([second.wakes, valueIn(second.poll())]).toEqual([1, 1]);
  });

  test("takes one unit of budget for a value and none for waiting", () => {
    const { rig, queue, hand } = held<string>();
    expect([hand.poll(10), hand.left]).toEqual([PENDING, 10]);
    queue.insert("x", 5);
    rig.pass(5);
    expect([hand.poll(0), hand.left]).toEqual([PENDING, 0]);
    expect([valueIn(hand.poll(10)), hand.left]).toEqual(["x", 9]);
  });

  test("once the driver is shut down all waiters fail", () => {
    const { rig, queue } = held<number>();
    queue.insert(1, 10);
    const tasks = [0, 1].map(() => rig.spawn(() => queue.next()));
    rig.run();
    rig.driver.shutdown();
    rig.run();
    for (const task of tasks) expect(task.error).toMatchObject({ code: "ERR_TIME_SHUTDOWN" });
  });

  test("can be iterated by for await", async () => {
    const { rig, queue, now } = held<string>();
    queue.insertAt("only", now);
    const step = await rig.enter(() => queue[Symbol.asyncIterator]().next());
    expect(step.value?.value).toBe("only");
  });

  test("refuses wrong arguments and keys of other queues", () => {
    const { rig, queue } = held<string>();
    const key = rig.enter(() => new DelayQueue<string>()).insert("x", 1);
    for (const call of [
      () => queue.insert("x", -1),
      () => queue.insertAt("x", 5 as never),
      () => queue.remove(key),
      () => queue.reset(key, 1),
      () => queue.remove(undefined as never),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
    }
    expect(() => new DelayQueue()).toThrow(expect.objectContaining({ code: "ERR_NO_RUNTIME" }));
  });
});

const KINDS = ["insert", "insert", "remove", "reset", "pass", "take"] as const;
type Kind = (typeof KINDS)[number];

/** A queue beside a plain list that should do the same. */
class Pair {
  private readonly rig = new Rig();
  private readonly queue: DelayQueue<number>;
  private readonly live = new Map<number, { key: DelayKey<number>; due: number; order: number }>();
  private hand: Hand<Expired<number>>;
  private steps = 0;

  constructor() {
    this.queue = this.rig.enter(() => new DelayQueue<number>());
    this.hand = new Hand(this.rig, () => this.queue.next());
  }

  apply(kind: Kind, pick: number, ms: number): void {
    const order = this.steps++;
    const due = this.rig.time + ms;
    if (kind === "pass") this.rig.pass(ms);
    else if (kind === "take") this.take();
    else if (kind === "insert") {
      this.live.set(order, { key: this.queue.insert(order, ms), due, order });
    } else if (this.live.size > 0) {
      const id = [...this.live.keys()][pick % this.live.size] as number;
      if (kind === "remove") this.remove(id);
      else this.reset(id, ms, order);
    }
    expect(this.queue.size).toBe(this.live.size);
  }

  /** Takes all that is left, at the moments at which the waiter is woken. */
  drain(): void {
    while (this.live.size > 0) {
      if (this.take()) continue;
      const wakes = this.hand.wakes;
      while (this.hand.wakes === wakes) {
        expect(this.rig.driver.beforePark(true)).toBe(0);
        this.rig.driver.afterPark(false);
      }
      expect(this.rig.time).toBe(Math.min(...[...this.live.values()].map((it) => it.due)));
    }
    expect(this.rig.driver.hasPending()).toBe(false);
  }

  private remove(id: number): void {
    expect(this.queue.remove(this.live.get(id)?.key as DelayKey<number>)).toBe(id);
    this.live.delete(id);
  }

  private reset(id: number, ms: number, order: number): void {
    const { key } = this.live.get(id) as { key: DelayKey<number> };
    expect(this.queue.reset(key, ms)).toBe(true);
    this.live.set(id, { key, due: this.rig.time + ms, order });
  }

  private take(): boolean {
    const [expected] = [...this.live]
      .filter(([, it]) => it.due <= this.rig.time)
      .sort(([, a], [, b]) => a.due - b.due || a.order - b.order);
    const answer = this.hand.poll();
    expect(valueIn(answer)).toBe(expected?.[0] ?? "pending");
    if (!answer.done) return false;
    expect(answer.value.deadline.valueOf()).toBe(
      this.rig.driver.source.start + (expected?.[1].due ?? -1),
    );
    this.live.delete(answer.value.value);
    this.hand = new Hand(this.rig, () => this.queue.next());
    return true;
  }
}

describe("DelayQueue against a sorted list", () => {
  test("gives the same values under any operations, and wakes exactly when something is due", () => {
    const delta = fc
      .tuple(fc.integer({ min: 0, max: 40 }), fc.nat())
      .map(([bits, n]) => n % 2 ** bits);
    const op = fc.tuple(fc.constantFrom(...KINDS), fc.nat(), delta);
    fc.assert(
      fc.property(fc.array(op, { minLength: 1, maxLength: 150 }), (ops) => {
        const pair = new Pair();
        for (const [kind, pick, ms] of ops) pair.apply(kind, pick, ms);
        pair.drain();
      }),
      { numRuns: 300 },
    );
  });
});
