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
  const dice = next(100);
  const how = dice < 60 ? 0 : dice < 70 ? 1 : dice < 80 ? 2 : dice < 88 ? 3 : dice < 92 ? 4 : 5;
  const payload = "x".repeat(how === 3 ? 1 + next(3000) : 5);
  const handle = spawn(tiny(how, payload));
  const aborted = how === 4 || next(10) === 0;
  if (aborted && next(2) === 0) handle.abort();
  else if (aborted) spawn(abortLater, handle).detach();
  return { handle, how, aborted, length: payload.length };
}

function* abortLater(handle) {
  yield* yieldNow();
  handle.abort();
}

function* settle({ handle, how, aborted, length }, tally) {
  const outcome = yield* handle.outcome();
  const says = () => `a task of kind ${how} ended ${outcome.status}: ${outcome.error}`;
  if (outcome.status === "ok") {
    const right = how === 3 ? outcome.value.length === length : outcome.value === length;
    tally.check(right && how !== 1 && how !== 4, says);
  } else if (outcome.status === "failed") {
    const right = how === 1 && outcome.error.message === "as it should";
    tally.check(right || outcome.error.code === "ERR_WORKER_LOST", says);
  } else tally.check(aborted, says);
}
