// Starts worker threads that listen to signals in every way, terminates them in the middle of it while signals rain on the
// process, and looks what is left: no descriptor, no thread of the hub, and a process that is still there.
//
//   node scripts/signal-cycles.mjs [cycles] [at once]       npm run test:signals: 2000 cycles, 6 at once
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, threadId, Worker, workerData } from "node:worker_threads";
import { Builder, ctrlC, select, signal, sleep } from "treadle";

/** Ignored where nobody listens, so the process lives on between two listeners. */
const KIND = "SIGWINCH";
const linux = process.platform === "linux";

if (isMainThread) await main();
else await work(workerData);

async function main() {
  const cycles = Number(process.argv[2] ?? 2_000);
  const atOnce = Number(process.argv[3] ?? 6);
  // One worker first: what Node opens once for all threads is open then.
  await cycle(0);
  const before = descriptors();
  const rain = setInterval(() => process.kill(process.pid, KIND), 1);
  let next = 1;
  const lane = async () => {
    while (next <= cycles) await cycle(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  clearInterval(rain);
  const left = [descriptors() - before, hubThreads()];
  process.stdout.write(`${cycles} cycles, ${left[0]} descriptors and ${left[1]} threads left\n`);
  if (left.some((count) => count > 0)) process.exitCode = 1;
}

/** One worker from its start to its end; a third of them are terminated while they boot. */
async function cycle(i) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: i });
  worker.on("error", (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  });
  if (i % 3 !== 0) await new Promise((done) => worker.once("message", done));
  await new Promise((done) => setTimeout(done, i % 23));
  await worker.terminate();
}

async function work(i) {
  process.env.TREADLE_IO_SELECTOR = i % 2 === 0 ? "uv" : "";
  const rt = Builder.newCurrentThread().enableAll().build();
  const stream = rt.signal(KIND);
  const receive = function* () {
    for (;;) yield* stream.recv();
  };
  parentPort.postMessage(threadId);
  switch (i % 5) {
    case 0:
    case 1:
      return rt.blockOn(receive);
    case 2:
      return await rt.run(receive);
    case 3:
      for (;;) rt.signal(KIND).close();
    default:
      return rt.blockOn(function* () {
        for (;;) {
          const mine = signal(KIND);
          yield* select({ mine: mine.recv(), stop: ctrlC(), tick: sleep(1) });
          mine.close();
        }
      });
  }
}

function descriptors() {
  return linux ? readdirSync("/proc/self/fd").length : 0;
}

function hubThreads() {
  if (!linux) return 0;
  const name = (id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim();
    } catch {
      return "";
    }
  };
  return readdirSync("/proc/self/task").filter((id) => name(id) === "treadle-signal").length;
}
