// Tiny tasks, some of them aborted: each ends once, and as it should.
import { sendable, sleep, spawn, yieldNow } from "treadle";
import { random, Tally } from "../random.mjs";

const url = import.meta.url;
const WINDOW = 256;

/** 0 ends at once, 1 fails, 2 yields first, 3 answers something large, 4 waits for long, 5 spawns one more. */
export const tiny = sendable(url, function* tiny(how, payload) {
  if (how === 1) throw new Error("as it should");
  if (how === 2) yield* yieldNow();
  if (how === 4) yield* sleep(60_000);
  if (how === 5) return yield* spawn(tiny(2, payload));
  return how === 3 ? payload : payload.length;
});

export const run = sendable(url, "tasks", function* tasks(until, seed) {
  const next = random(seed);
  const tally = new Tally();
  while (Date.now() < until) {
    const flying = [];
    for (let i = 0; i < WINDOW; i++) flying.push(start(next));
    for (const one of flying) yield* settle(one, tally);
  }
  return tally.answer;
});

function start(next) {
  const how = kindOf(next(100));
  const payload = "x".repeat(how === 3 ? 1 + next(3000) : 5);
  const handle = spawn(tiny(how, payload));
  const aborted = how === 4 || next(10) === 0;
  if (aborted && next(2) === 0) handle.abort();
  else if (aborted) spawn(abortLater, handle).detach();
  return { handle, how, aborted, length: payload.length };
}

/** Most end at once. */
function kindOf(percent) {
  const from = [0, 60, 70, 80, 88, 92];
  return from.findLastIndex((start) => percent >= start);
}

function* abortLater(handle) {
  yield* yieldNow();
  handle.abort();
}

function* settle(one, tally) {
  const outcome = yield* one.handle.outcome();
  const says = () => `a task of kind ${one.how} ended ${outcome.status}: ${outcome.error}`;
  tally.check(isRight(one, outcome), says);
}

function isRight({ how, aborted, length }, { status, value, error }) {
  if (status === "cancelled") return aborted;
  if (status === "failed") return error.code === "ERR_WORKER_LOST" || isExpected(how, error);
  return how !== 1 && how !== 4 && (how === 3 ? value.length : value) === length;
}

function isExpected(how, error) {
  return how === 1 && error.message === "as it should";
}
