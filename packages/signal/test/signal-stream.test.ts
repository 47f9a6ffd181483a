import { expect, test } from "vitest";
import { Hand, labelOf } from "../../../tools/test-hand.ts";
import { rig, send } from "./rig.ts";

test("recv() waits for the next signal, and is ready once for any number of them", () => {
  using r = rig();
  using stream = r.stream("SIGUSR2");
  const first = new Hand(stream.recv());
  expect([first.poll(), r.io.waiting]).toEqual(["pending", 1]);
  for (let i = 0; i < 5; i++) send("SIGUSR2");
  r.turn();
  expect([first.wakes, r.io.waiting, first.poll()]).toEqual([1, 0, "ok"]);
  const second = new Hand(stream.recv());
  expect(second.poll()).toBe("pending");
  r.turn();
  expect([second.wakes, second.poll()]).toEqual([0, "pending"]);
  expect([second.drop(), r.io.waiting]).toEqual(["dropped", 0]);
});

test("a signal that comes while nobody waits is kept for the next recv()", () => {
  using r = rig();
  using stream = r.stream("SIGUSR2");
  send("SIGUSR2");
  r.turn();
  expect(new Hand(stream.recv()).poll()).toBe("ok");
  expect(new Hand(stream.recv()).poll()).toBe("pending");
});

test("a wait that is dropped after its signal has come leaves it to the next", () => {
  using r = rig();
  using stream = r.stream("SIGUSR2");
  const given = new Hand(stream.recv());
  given.poll();
  send("SIGUSR2");
  r.turn();
  expect([given.wakes, given.drop()]).toEqual([1, "dropped"]);
  expect(new Hand(stream.recv()).poll()).toBe("ok");
});

test("of several waits on one stream one has the signal and the others wait on", () => {
  using r = rig();
  using stream = r.stream("SIGUSR2");
  const waits = [0, 1, 2].map(() => new Hand(stream.recv()));
  for (const wait of waits) wait.poll();
  send("SIGUSR2");
  r.turn();
  expect(waits.map((wait) => wait.poll())).toEqual(["ok", "pending", "pending"]);
  expect(r.io.waiting).toBe(2);
  stream.close();
  expect(waits.slice(1).map((wait) => [wait.poll(), labelOf(wait.error)])).toEqual([
    ["failed", "ERR_SIGNAL_CLOSED"],
    ["failed", "ERR_SIGNAL_CLOSED"],
  ]);
  expect(r.io.waiting).toBe(0);
});

test("a poll that comes by chance changes nothing, and uses budget only when it is ready", () => {
  using r = rig();
  using stream = r.stream("SIGUSR2");
  const wait = new Hand(stream.recv());
  expect([wait.poll(3), wait.left, wait.poll(3), wait.left, r.io.waiting]).toEqual([
    "pending",
    3,
    "pending",
    3,
    1,
  ]);
  send("SIGUSR2");
  r.turn();
  expect([wait.poll(0), wait.poll(3), wait.left]).toEqual(["pending", "ok", 2]);
});

test("a stream hears of nothing from before it was made, and each has a copy of its own", () => {
  using r = rig();
  using old = r.stream("SIGUSR2");
  send("SIGUSR2");
  using young = r.stream("SIGUSR2");
  expect([old, young].map((stream) => new Hand(stream.recv()).poll())).toEqual(["ok", "pending"]);
  send("SIGUSR2");
  r.turn();
  expect([old, young].map((stream) => new Hand(stream.recv()).poll())).toEqual(["ok", "ok"]);
});

test("recv() after close() fails, once what had come before is taken", () => {
  using r = rig();
  const stream = r.stream("SIGUSR2");
  send("SIGUSR2");
  r.turn();
  stream.close();
  stream.close();
  expect(new Hand(stream.recv()).poll()).toBe("ok");
  const late = new Hand(stream.recv());
  expect([late.poll(), labelOf(late.error)]).toEqual(["failed", "ERR_SIGNAL_CLOSED"]);
  expect((late.error as Error).message).toBe(
    "the stream of SIGUSR2 is closed: make a new one with signal()",
  );
});

test("after the shutdown of its runtime a wait fails, and nothing new can listen", () => {
  const r = rig();
  const stream = r.stream("SIGUSR2");
  const wait = new Hand(stream.recv());
  wait.poll();
  r[Symbol.dispose]();
  expect([wait.wakes, wait.poll(), labelOf(wait.error)]).toEqual([
    1,
    "failed",
    "ERR_SIGNAL_SHUTDOWN",
  ]);
  expect(() => r.stream("SIGUSR2")).toThrow("signal driver gone: the runtime");
  stream.close();
  r.driver.shutdown();
  expect(r.io.waiting).toBe(0);
});

test("streams of all kinds are told in one turn", () => {
  using r = rig();
  const kinds = ["SIGHUP", "SIGUSR2", "SIGALRM", "SIGWINCH"] as const;
  const streams = kinds.map((kind) => r.stream(kind));
  for (const kind of kinds) send(kind);
  r.turn();
  expect(streams.map((stream) => new Hand(stream.recv()).poll())).toEqual(Array(4).fill("ok"));
  for (const stream of streams) stream.close();
});
