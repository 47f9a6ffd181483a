// Values of all sizes there and back, copied and moved: they come as they went.
import { createHash } from "node:crypto";
import { move, sendable, spawn, spawnBlocking } from "treadle";
import { random, Tally } from "../random.mjs";

const url = import.meta.url;

export const same = sendable(url, function* same(value) {
  return value;
});

export const given = sendable(url, function* given(bytes) {
  return move(bytes);
});

export const digest = sendable(url, "digest", (bytes) =>
  createHash("sha256").update(bytes).digest("hex"),
);

export const run = sendable(url, "payloads", function* payloads(until, seed) {
  const next = random(seed);
  const tally = new Tally();
  while (Date.now() < until) {
    const bytes = new Uint8Array(1 + next(next(20) === 0 ? 2_000_000 : 5000)).fill(next(256));
    const sum = createHash("sha256").update(bytes).digest("hex");
    try {
      yield* there(bytes, sum, next, tally);
    } catch (error) {
      if (error.code !== "ERR_WORKER_LOST") throw error;
    }
  }
  return tally.answer;
});

function* there(bytes, sum, next, tally) {
  const handles = [spawn(same({ bytes, list: [bytes, sum] })), spawnBlocking(digest(bytes))];
  const copied = yield* handles[0];
  const right = copied.bytes === copied.list[0] && hash(copied.bytes) === sum;
  tally.check(right, () => `${bytes.length} bytes came back changed`);
  const there = yield* handles[1];
  tally.check(there === sum, () => `a blocking thread got other bytes than the ${bytes.length}`);
  if (next(2) === 0) return;
  const { length } = bytes;
  const moved = yield* spawn(given(move(bytes)));
  tally.check(hash(moved) === sum, () => `${length} bytes came back changed when they were moved`);
}

function hash(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
