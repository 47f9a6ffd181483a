// Calling an async function from synchronous code: blockOn over a job or a task, against synckit.
// `node benches/sync_call.mjs [rounds]`
import { fileURLToPath } from "node:url";
import { createSyncFn } from "synckit";
import { Builder } from "treadle";
import { echo } from "./blocking_jobs.mjs";

const rounds = Number(process.argv[2] ?? 20_000);

const one = Builder.newCurrentThread().build();
const many = Builder.newMultiThread().workerThreads(1).build();
await many.ready();
const kit = createSyncFn(fileURLToPath(new URL("sync_call_worker.mjs", import.meta.url)));

const calls = {
  "current_thread: blockOn(spawnBlocking(f(x)))": (value) =>
    one.blockOn(one.spawnBlocking(echo(value))),
  "multi_thread: blockOn(spawn(f(x)))": (value) => many.blockOn(many.spawn(echo(value))),
  "synckit: createSyncFn(f)(x)": (value) => kit(value),
};
const values = { "64 B": "x".repeat(64), "64 KiB": "x".repeat(65_536) };

/** Microseconds per call, the median of five runs. */
function measure(call, value, count) {
  for (let i = 0; i < count / 10; i++) call(value);
  const runs = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (let i = 0; i < count / 5; i++) call(value);
    return ((performance.now() - start) * 1000) / (count / 5);
  });
  return runs.sort((a, b) => a - b)[2];
}

for (const [size, value] of Object.entries(values)) {
  for (const [name, call] of Object.entries(calls)) {
    if (call(value) !== value) throw new Error(`${name} lost its value`);
    const micros = measure(call, value, size === "64 B" ? rounds : rounds / 10);
    console.log(`${size.padEnd(7)} ${name.padEnd(48)} ${micros.toFixed(1)} µs`);
  }
}
await one.shutdownTimeout(1000);
await many.shutdownTimeout(1000);
process.exit(0);
