import { noopWaker } from "@treadle/core";
import { Ready, type ReadyEvent } from "@treadle/io";
import { beforeEach, expect, test } from "vitest";
import { type IoWaiter, ScheduledIo } from "../src/scheduled-io.ts";

const { READABLE, WRITABLE, READ_CLOSED, WRITE_CLOSED } = Ready;
const ALL = Ready.ALL.bits;

class Waiter implements IoWaiter {
  before: IoWaiter | null = null;
  after: IoWaiter | null = null;
  readonly mask: number;
  fired = 0;
  private readonly onFire: () => void;

  constructor(mask: Ready, onFire: () => void = () => {}) {
    this.mask = mask.bits;
    this.onFire = onFire;
  }

  fire(): void {
    this.fired++;
    this.onFire();
  }
}

const owner = { waiting: 0 };
let io: ScheduledIo;
beforeEach(() => {
  owner.waiting = 0;
  io = new ScheduledIo(1, owner);
});

test("readiness adds up until it is cleared, and closed sides are never cleared", () => {
  io.setReadiness(READABLE.bits);
  io.setReadiness(WRITABLE.union(READ_CLOSED).union(WRITE_CLOSED).bits);
  const event = io.event(ALL);
  expect(event.ready).toBe(READABLE.union(WRITABLE).union(READ_CLOSED).union(WRITE_CLOSED));
  expect(io.clearReadiness(event)).toBe(true);
  expect(io.event(ALL).ready).toBe(READ_CLOSED.union(WRITE_CLOSED));
});

test("an event clears nothing once newer readiness has come, until the tick has gone round", () => {
  io.setReadiness(READABLE.bits);
  const event = io.event(ALL);
  io.setReadiness(READABLE.bits);
  expect(io.clearReadiness(event)).toBe(false);
  expect(io.readyBits(ALL)).toBe(READABLE.bits);
  for (let i = 0; i < 0x7fff; i++) io.setReadiness(READABLE.bits);
  expect(io.event(ALL).tick).toBe(event.tick);
  expect(io.isShutdown()).toBe(false);
});

test("an event of one direction clears that direction only", () => {
  io.setReadiness(READABLE.union(WRITABLE).bits);
  const event: ReadyEvent = io.event(READABLE.bits);
  io.clearReadiness(event);
  expect(io.event(ALL).ready).toBe(WRITABLE);
});

test("whoever waits for what has come is woken once, first come first", () => {
  const order: number[] = [];
  const waiters = [READABLE, WRITABLE, READABLE].map(
    (mask, i) => new Waiter(mask, () => order.push(i)),
  );
  for (const waiter of waiters) io.addWaiter(waiter);
  let reads = 0;
  io.setSlot("read", { wake: () => reads++ });
  io.setSlot("write", noopWaker);
  expect(owner.waiting).toBe(5);
  io.setReadiness(READABLE.bits);
  io.setReadiness(READABLE.bits);
  expect([order, reads, owner.waiting]).toEqual([[0, 2], 1, 2]);
  io.setReadiness(WRITE_CLOSED.bits);
  expect([order, owner.waiting]).toEqual([[0, 2], 1]);
  io.setReadiness(WRITABLE.bits);
  expect([order, owner.waiting]).toEqual([[0, 2, 1], 0]);
});

test("a wait that is removed is not woken, wherever it stands in the list", () => {
  for (const removed of [0, 1, 2]) {
    const waiters = [0, 1, 2].map(() => new Waiter(READABLE));
    for (const waiter of waiters) io.addWaiter(waiter);
    io.removeWaiter(waiters[removed] as Waiter);
    io.setReadiness(READABLE.bits);
    expect(waiters.map((waiter) => waiter.fired)).toEqual([0, 1, 2].map((i) => +(i !== removed)));
    expect(owner.waiting).toBe(0);
  }
});

test("a shutdown wakes everybody and stays, beside the tick", () => {
  const waiter = new Waiter(READABLE);
  io.addWaiter(waiter);
  io.setSlot("read", noopWaker);
  io.setSlot("write", noopWaker);
  io.shutdown();
  expect([waiter.fired, owner.waiting, io.isShutdown()]).toEqual([1, 0, true]);
  io.setReadiness(READABLE.bits);
  expect([io.isShutdown(), io.event(ALL).tick]).toEqual([true, 1]);
});
