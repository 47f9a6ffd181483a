/** A thread that runs sendables one at a time, by messages: the least that a scheduler of several threads does. */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { cx, PENDING } from "@treadle/core";
import {
  ByteArea,
  decodeArguments,
  decodeOutcome,
  encodeArguments,
  encodeOutcome,
  findSendable,
  finishEncoding,
  spawnSite,
} from "@treadle/task";

const START = Symbol.for("treadle.test.thread");
const ROOM = 64;

// A bundle that holds the whole program is imported again by its threads; what they then do is this.
globalThis[START] = serve;

function serve() {
  parentPort.on("message", async ({ id, key, bytes }) => {
    const outcome = await runHere(key, new ByteArea(bytes));
    parentPort.postMessage({
      id,
      bytes: write((area, room) => encodeOutcome(outcome, area, 0, room)),
    });
  });
}

async function runHere(key, area) {
  try {
    const found = await findSendable(key);
    return { status: "ok", value: await drive(found.start(decodeArguments(area, 0))) };
  } catch (error) {
    return { status: "failed", error };
  }
}

function drive(future) {
  return new Promise((resolve, reject) => {
    const waker = { wake: () => setImmediate(poll) };
    function poll() {
      cx.waker = waker;
      try {
        const answer = future.next();
        if (answer !== PENDING) resolve(answer.value);
      } catch (error) {
        reject(error);
      } finally {
        cx.waker = null;
      }
    }
    poll();
  });
}

function write(encode) {
  const area = new ByteArea(new SharedArrayBuffer(ROOM));
  const length = encode(area, ROOM);
  if (length >= 0) return area.bytes.buffer;
  const larger = new ByteArea(new SharedArrayBuffer(-length));
  finishEncoding(larger, 0);
  return larger.bytes.buffer;
}

/** Starts a thread; `run(future)` runs a call on it. */
export function startThread(options = {}) {
  if (!isMainThread) throw new Error("threads are started by the main thread");
  const boot = `import(require("node:worker_threads").workerData).then(() => globalThis[Symbol.for("treadle.test.thread")]())`;
  const worker = new Worker(boot, { eval: true, workerData: import.meta.url, ...options });
  const waiting = new Map();
  let ids = 0;
  worker.on("message", ({ id, bytes }) => {
    const { resolve, source, site } = waiting.get(id);
    waiting.delete(id);
    resolve(decodeOutcome(new ByteArea(bytes), 0, [], source, site));
  });
  worker.on("error", (error) => {
    for (const { reject } of waiting.values()) reject(error);
  });
  return {
    run(future) {
      const site = spawnSite(future.function, this.run);
      const bytes = write((area, room) => encodeArguments(future.takeArguments(), area, 0, room));
      return new Promise((resolve, reject) => {
        const id = ++ids;
        waiting.set(id, { resolve, reject, source: future.function, site });
        worker.postMessage({ id, key: future.key, bytes });
      });
    },
    stop: () => worker.terminate(),
  };
}
