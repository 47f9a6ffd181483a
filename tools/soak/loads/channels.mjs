// Channels between threads: everything that is sent comes once, and closing tells the other end.
import { CancellationToken, mpsc, oneshot, sendable, sleep, spawn } from "treadle";
import { random, Tally } from "../random.mjs";

const url = import.meta.url;

export const produce = sendable(url, function* produce(tx, from, count) {
  for (let i = 0; i < count; i++) yield* tx.send({ n: from + i });
  tx.close();
});

export const answer = sendable(url, function* answer(tx, n) {
  tx.send(n * 2);
});

export const wait = sendable(url, function* wait(token) {
  yield* token.cancelled();
  return true;
});

export const run = sendable(url, "channels", function* channels(until, seed) {
  const next = random(seed);
  const tally = new Tally();
  while (Date.now() < until) {
    try {
      yield* pour(1 + next(4), 1 + next(200), 1 + next(16), tally);
      yield* ask(next(1000), tally);
      yield* cancel(1 + next(8), tally);
    } catch (error) {
      if (error.code !== "ERR_WORKER_LOST" && error.code !== "ERR_CHANNEL_CLOSED") throw error;
    }
  }
  return tally.answer;
});

function* pour(producers, count, room, tally) {
  const [tx, rx] = mpsc.channel(room);
  const handles = [];
  for (let i = 0; i < producers; i++) handles.push(spawn(produce(tx.clone(), i * count, count)));
  tx.close();
  const seen = new Set();
  for (let got = yield* rx.recv(); got !== undefined; got = yield* rx.recv()) seen.add(got.n);
  for (const handle of handles) yield* handle;
  const all = producers * count;
  tally.check(seen.size === all, () => `${seen.size} of ${all} values came`);
}

function* ask(n, tally) {
  const [tx, rx] = oneshot();
  const asked = spawn(answer(tx, n));
  const got = yield* rx;
  yield* asked;
  tally.check(got === 2 * n, () => `asked ${n}, got ${got}`);
}

function* cancel(waiting, tally) {
  const token = new CancellationToken();
  const handles = [];
  for (let i = 0; i < waiting; i++) handles.push(spawn(wait(token.childToken())));
  yield* sleep(1);
  token.cancel();
  for (const handle of handles) tally.check(yield* handle, () => "a token was not cancelled");
}
