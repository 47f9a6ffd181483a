// Round trips between threads by every way: `node benches/between_threads.mjs`, on one processor `taskset -c 0 node ...`.
// Wall time and CPU of all threads per round trip: the median of 8 samples of at least 60 ms each.
import { isMainThread } from "node:worker_threads";
import { Builder, sendable, spawn, spawnBlocking } from "treadle";

const url = import.meta.url;
const TRIPS = 100;

export const nothing = sendable(url, function* nothing() {});
export const echo = sendable(url, function* echo(value) {
  return value;
});
export const later = sendable(url, async function later(value) {
  return value;
});

function* tasks() {
  for (let i = 0; i < TRIPS; i++) yield* spawn(nothing());
}

function* jobs() {
  for (let i = 0; i < TRIPS; i++) yield* spawnBlocking(nothing());
}

/** `make` is called for each trip of a sample. */
const each = (make) => async () => {
  for (let i = 0; i < TRIPS; i++) await make();
};
const eachSync = (make) => () => {
  for (let i = 0; i < TRIPS; i++) make();
};

async function sample(run) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let trips = 0;
  do {
    await run();
    trips += TRIPS;
  } while (performance.now() - start < 60);
  const wall = ((performance.now() - start) * 1000) / trips;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / trips };
}

async function measure(name, run) {
  for (let i = 0; i < 60; i++) await run();
  const samples = [];
  for (let i = 0; i < 8; i++) samples.push(await sample(run));
  const of = (key) => samples.map((each) => each[key]).sort((a, b) => a - b);
  const [wall, cpu] = [of("wall"), of("cpu")];
  const range = `${wall[0].toFixed(1)}..${wall[7].toFixed(1)}`;
  console.log(
    `${name.padEnd(50)} ${wall[4].toFixed(1).padStart(6)} µs  ${range.padStart(13)}  CPU ${cpu[4].toFixed(1).padStart(5)}`,
  );
}

if (isMainThread) {
  const two = Builder.newMultiThread().workerThreads(2).build();
  const one = Builder.newMultiThread().workerThreads(1).build();
  const pool = Builder.newCurrentThread().build();
  await two.ready();
  await one.ready();
  const text = "x".repeat(64);
  const cases = {
    "blockOn: yield* spawn(), 2 workers": () => two.blockOn(tasks),
    "run: yield* spawn(), 2 workers": () => two.run(tasks),
    "await rt.spawn(), 64 B, 2 workers": each(() => two.spawn(echo(text))),
    "rt.blockOn(rt.spawn(generator)), 64 B, 1 worker": eachSync(() =>
      one.blockOn(one.spawn(echo(text))),
    ),
    "rt.blockOn(rt.spawn(async)), 64 B, 1 worker": eachSync(() =>
      one.blockOn(one.spawn(later(text))),
    ),
    "blockOn: yield* spawnBlocking(), current_thread": () => pool.blockOn(jobs),
    "blockOn: yield* spawnBlocking(), 2 workers": () => two.blockOn(jobs),
    "await rt.spawnBlocking(), 64 B, current_thread": each(() => pool.spawnBlocking(echo(text))),
  };
  for (const [name, run] of Object.entries(cases)) await measure(name, run);
  process.exit(0);
}
