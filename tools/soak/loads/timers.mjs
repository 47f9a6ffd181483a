// Sleeps, deadlines and intervals: none is early, and the clean-up of what they end has run.
import { interval, JoinSet, sendable, sleep, timeout } from "treadle";
import { random, Tally } from "../random.mjs";

const MANY = 200;

export const run = sendable(import.meta.url, "timers", function* timers(until, seed) {
  const next = random(seed);
  const tally = new Tally();
  while (Date.now() < until) {
    const set = new JoinSet();
    for (let i = 0; i < MANY; i++) set.spawn(KINDS[next(KINDS.length)], next(50), tally);
    for (let ended = yield* set.joinNext(); ended !== undefined; ended = yield* set.joinNext());
  }
  return tally.answer;
});

function* sleeps(ms, tally) {
  const start = performance.now();
  yield* sleep(ms);
  const took = performance.now() - start;
  tally.check(took >= ms - 1, () => `sleep(${ms}) took ${took} ms`);
}

function* isCut(ms, tally) {
  let cleaned = false;
  function* long() {
    try {
      yield* sleep(60_000);
    } finally {
      yield* sleep(1);
      cleaned = true;
    }
  }
  let code;
  try {
    yield* timeout(ms, long);
  } catch (error) {
    code = error.code;
  }
  tally.check(
    code === "ERR_ELAPSED" && cleaned,
    () => `timeout(${ms}): ${code}, cleaned up: ${cleaned}`,
  );
}

function* isInTime(ms, tally) {
  yield* timeout(60_000, sleep(ms));
  tally.check(true);
}

function* ticks(ms, tally) {
  const start = performance.now();
  const ticker = interval(1 + (ms % 10));
  for (let i = 0; i < 4; i++) yield* ticker.tick();
  const took = performance.now() - start;
  tally.check(took >= 3 * ticker.period - 1, () => `4 ticks of ${ticker.period} ms took ${took}`);
}

const KINDS = [sleeps, isCut, isInTime, ticks];
