// What a thread of the blocking pool costs: resident memory and time to begin, against a bare worker of Node's.
// `node benches/blocking_threads.mjs [threads]`
import { Worker } from "node:worker_threads";
import { Builder } from "treadle";
import { meet, nothing } from "./blocking_jobs.mjs";

const count = Number(process.argv[2] ?? 16);
const mib = () => process.memoryUsage().rss / 2 ** 20;
const settle = () => new Promise((resolve) => setTimeout(resolve, 300));

function show(name, from, to, start, end) {
  const memory = ((to - from) / count).toFixed(1);
  console.log(
    `${name}: ${memory} MiB and ${((end - start) / count).toFixed(1)} ms each, ${count} of them`,
  );
}

async function pool() {
  const runtime = Builder.newCurrentThread()
    .enableAll()
    .maxBlockingThreads(count + 1)
    .build();
  await runtime.spawnBlocking(nothing());
  const memory = new SharedArrayBuffer(4);
  const from = mib();
  const start = performance.now();
  await Promise.all(
    Array.from({ length: count + 1 }, () => runtime.spawnBlocking(meet(memory, count + 1))),
  );
  const end = performance.now();
  await settle();
  show("blocking pool", from, mib(), start, end);
  await runtime.shutdownTimeout(10_000);
}

async function bare() {
  const workers = [];
  const one = () =>
    new Promise((resolve) => {
      const code =
        "require('node:worker_threads').parentPort.on('message', () => {}).postMessage(1)";
      const worker = new Worker(code, { eval: true });
      workers.push(worker);
      worker.once("message", resolve);
    });
  await one();
  const from = mib();
  const start = performance.now();
  for (let i = 0; i < count; i++) await one();
  const end = performance.now();
  await settle();
  show("bare workers", from, mib(), start, end);
  await Promise.all(workers.map((worker) => worker.terminate()));
}

await pool();
await bare();
