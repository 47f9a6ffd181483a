// How long it takes from kill() until the code that waits for the signal runs, as a table in Markdown. Each way is a process
// of its own, the ways take turns, and the median round is told. A thread of the process sends a signal, at a random moment of
// each millisecond or two, after the last was received. Then how long it takes to begin and to end listening.
//
//   node benches/signal-latency.mjs [signals] [rounds]       2000 signals, 5 rounds
import { spawnSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { AsyncFd, Builder, Interest, sys } from "treadle";

const KIND = "SIGUSR2";
const script = fileURLToPath(import.meta.url);
/** Words that both threads share: how many were sent and received, and at what nanosecond the last was sent. */
const SENT = 0;
const RECEIVED = 1;

const ways = {
  "a pipe: `blockOn`, woken by a byte that a thread writes": (measure) => {
    const [reader, writer] = sys.pipe();
    const rt = Builder.newCurrentThread().enableAll().build();
    const byte = Buffer.alloc(1);
    const next = measure({ writer });
    rt.blockOn(function* () {
      const fd = new AsyncFd(reader, Interest.READABLE);
      while (next()) yield* fd.asyncIo(Interest.READABLE, () => sys.read(reader, byte));
    });
  },
  "`blockOn(stream.recv())` on the main thread": (measure) => {
    const rt = Builder.newCurrentThread().enableAll().build();
    const stream = rt.signal(KIND);
    const next = measure({});
    rt.blockOn(function* () {
      while (next()) yield* stream.recv();
    });
  },
  "the same in a worker thread": (measure) => ({ worker: true, measure }),
  "`run(stream.recv())`, by Node's event loop": async (measure) => {
    const rt = Builder.newCurrentThread().enableAll().build();
    const stream = rt.signal(KIND);
    const next = measure({});
    await rt.run(function* () {
      while (next()) yield* stream.recv();
    });
  },
  "Node's own `process.on`": (measure) => {
    // A listener of Node's keeps no process alive.
    const alive = setInterval(() => {}, 1_000);
    let next = () => true;
    process.on(KIND, () => {
      if (!next()) clearInterval(alive);
    });
    next = measure({});
    next();
  },
};

if (!isMainThread) workerMain(workerData);
else if (process.argv[2] === "way") await one(Number(process.argv[3]), Number(process.argv[4]));
else table(Number(process.argv[2] ?? 2_000), Number(process.argv[3] ?? 5));

function table(signals, rounds) {
  const names = Object.keys(ways);
  const results = names.map(() => []);
  for (let round = 0; round < rounds; round++) {
    names.forEach((_, i) => {
      const args = [script, "way", `${i}`, `${signals}`];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
      results[i].push(JSON.parse(stdout));
    });
  }
  const model = cpus()[0]?.model ?? "unknown";
  const lines = [
    `Node ${process.versions.node}, ${availableParallelism()} x ${model}; ${rounds} rounds of ${signals}; µs.`,
    "",
    "| who waits | p50 | p90 | p99 | p50 of the rounds |",
    "|---|---|---|---|---|",
  ];
  names.forEach((name, i) => {
    const sorted = results[i].toSorted((a, b) => a.p50 - b.p50);
    const { p50, p90, p99 } = sorted[sorted.length >> 1];
    const range = `${sorted[0].p50.toFixed(1)} to ${sorted.at(-1).p50.toFixed(1)}`;
    const cells = [p50, p90, p99].map((us) => us.toFixed(1));
    lines.push(`| ${name} | ${cells.join(" | ")} | ${range} |`);
  });
  process.stdout.write(`${lines.join("\n")}\n\n`);
  listening();
}

/** What `signal()` and `close()` cost, in the median of many. */
function listening() {
  const rt = Builder.newCurrentThread().enableAll().build();
  const pair = () => rt.signal(KIND).close();
  const first = median(pair);
  const stream = rt.signal(KIND);
  const further = median(pair);
  stream.close();
  process.stdout.write(
    `the first signal() and the last close(): ${first} µs; of a kind that is listened to: ${further} µs\n`,
  );
}

function median(f) {
  const times = [];
  for (let i = 0; i < 1_000; i++) {
    const begin = process.hrtime.bigint();
    f();
    times.push(Number(process.hrtime.bigint() - begin) / 1_000);
  }
  return times.sort((a, b) => a - b)[500].toFixed(0);
}

async function one(i, signals) {
  const way = Object.values(ways)[i];
  const shared = new SharedArrayBuffer(32);
  const found = way((options) => receiver(shared, signals, options));
  if (found?.worker === true) {
    new Worker(script, { workerData: { kind: "receive", shared, signals } });
  } else {
    await found;
  }
}

function workerMain({ kind, shared, signals, writer }) {
  if (kind === "receive") {
    const way = Object.values(ways)[1];
    way((options) => receiver(shared, signals, options));
  } else {
    sender(shared, signals, writer);
  }
}

/** Starts the sender; answers a function to call before each wait, false when all have come. */
function receiver(shared, signals, { writer }) {
  const words = new Int32Array(shared);
  const times = new BigInt64Array(shared, 16);
  const found = [];
  new Worker(script, { workerData: { kind: "send", shared, signals, writer } }).unref();
  let first = true;
  return () => {
    if (!first) found.push(Number(process.hrtime.bigint() - times[0]) / 1_000);
    first = false;
    Atomics.store(words, RECEIVED, found.length + 1);
    Atomics.notify(words, RECEIVED);
    if (found.length < signals) return true;
    // The first are of code that is not compiled yet.
    const sorted = found.slice(signals >> 2).sort((a, b) => a - b);
    const at = (q) => sorted[Math.floor(sorted.length * q)];
    process.stdout.write(JSON.stringify({ p50: at(0.5), p90: at(0.9), p99: at(0.99) }));
    return false;
  };
}

function sender(shared, signals, writer) {
  const words = new Int32Array(shared);
  const times = new BigInt64Array(shared, 16);
  const byte = Buffer.from("x");
  for (let n = 1; n <= signals; n++) {
    let seen = Atomics.load(words, RECEIVED);
    while (seen < n) {
      Atomics.wait(words, RECEIVED, seen);
      seen = Atomics.load(words, RECEIVED);
    }
    // Until the receiver sleeps.
    Atomics.wait(words, SENT, 0, 1 + Math.random());
    times[0] = process.hrtime.bigint();
    if (writer === undefined) process.kill(process.pid, KIND);
    else sys.write(writer, byte);
  }
}
