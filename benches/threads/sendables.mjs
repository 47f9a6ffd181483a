// What the threads of Treadle are asked to do. Every thread imports it.
import { move, oneshot, sendable, spawn, yieldNow } from "treadle";
import * as jobs from "./jobs.mjs";

const url = import.meta.url;

export const odd = sendable(url, function* odd(i) {
  return 2 * i + 1;
});

export const spin = sendable(url, jobs.spin);
export const echo = sendable(url, jobs.echo);
export const hold = sendable(url, jobs.hold);

export const echoMoved = sendable(url, "echoMoved", (bytes) => move(jobs.echo(bytes)));

/** What the blocking pool is asked for: plain functions. */
export const oddPlain = sendable(url, "oddPlain", jobs.odd);
export const same = sendable(url, "same", async (value) => value);

export const yields = sendable(url, function* yields(count) {
  let done = 0;
  for (; done < count; done++) yield* yieldNow();
  return done;
});

/** Spawns and joins tasks that any worker may take. */
export const spawnMany = sendable(url, function* spawnMany(count) {
  const handles = [];
  for (let i = 0; i < count; i++) handles.push(spawn(odd(i)));
  let sum = 0;
  for (const handle of handles) sum += yield* handle;
  return sum;
});

function* oddHere(i) {
  return 2 * i + 1;
}

/** Spawns and joins tasks that stay where they are. */
export const spawnManyHere = sendable(url, function* spawnManyHere(count) {
  const handles = [];
  for (let i = 0; i < count; i++) handles.push(spawn(oddHere, i));
  let sum = 0;
  for (const handle of handles) sum += yield* handle;
  return sum;
});

function* pong(rx1, tx2) {
  tx2.send(1 + (yield* rx1));
}

function* ping(state, done) {
  const [tx1, rx1] = oneshot();
  const [tx2, rx2] = oneshot();
  spawn(pong, rx1, tx2);
  tx1.send(1);
  const answer = yield* rx2;
  state.left -= answer - 1;
  if (state.left === 0) done.send(state.count);
}

/** As many pings at once; both ends of each are tasks of the thread that began. */
export const pingPong = sendable(url, function* pingPong(count) {
  const [done, finished] = oneshot();
  const state = { left: count, count };
  for (let i = 0; i < count; i++) spawn(ping, state, done);
  return yield* finished;
});

/** Each link spawns the next where any worker may take it, and joins it. */
export const chain = sendable(url, function* chain(depth) {
  return depth === 1 ? 1 : 1 + (yield* spawn(chain(depth - 1)));
});
