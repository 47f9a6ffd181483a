// Starts worker threads that sleep in a reactor, watch one from their event loop or churn registrations, and terminates
// them in the middle of it; the process must survive and keep no descriptor.
//
//   node scripts/worker-cycles.mjs [cycles] [at once]       npm run test:workers: 1000 cycles, 6 at once
import { readdirSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, threadId, Worker, workerData } from "node:worker_threads";
import { Interest, IoDriver, sys } from "../dist/index.js";

/** What is open, without sources of modules: one stayed open now and then when its thread was terminated while it began. */
function descriptors() {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc/self/fd")
    .map(target)
    .filter((name) => !/\.(m?js|json)$/.test(name));
}

function target(fd) {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "the list itself";
  }
}

if (isMainThread) {
  const cycles = Number(process.argv[2] ?? 1_000);
  const atOnce = Number(process.argv[3] ?? 6);
  // One worker first: what Node opens once for all threads is open then.
  await cycle(0);
  const before = descriptors().length;
  let next = 1;
  const lane = async () => {
    while (next <= cycles) await cycle(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const after = descriptors();
  const left = after.length - before;
  process.stdout.write(`${cycles} cycles, ${left} descriptors left\n`);
  if (left > 0) process.stdout.write(`${after.join("\n")}\n`);
  process.exitCode = left > 0 ? 1 : 0;
} else {
  work(workerData);
}

/** One worker from its start to its end; a third of them are terminated while they boot. */
async function cycle(i) {
  const ends = sys.socketpair();
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: [i, ...ends] });
  worker.on("error", (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  });
  if (i % 3 !== 0) await new Promise((done) => worker.once("message", done));
  else await new Promise((done) => setTimeout(done, i % 40));
  await worker.terminate();
  // Descriptors belong to the process, so a thread that is terminated takes none with it but its reactor's own.
  for (const fd of ends) sys.close(fd);
}

function work([i, reader, writer]) {
  const selector = i % 2 === 0 || process.platform !== "linux" ? "uv" : "epoll";
  const driver = new IoDriver({
    onReady() {
      driver.afterPark(false);
    },
    idlePark: { park() {}, unpark() {} },
    selector,
  });
  driver.addSource(reader, Interest.READABLE);
  driver.waiting++;
  parentPort.postMessage(threadId);
  switch (i % 5) {
    case 0:
    case 1:
      driver.park(Number.POSITIVE_INFINITY);
      break;
    case 2:
      driver.parkHosted();
      break;
    case 3:
      for (;;) churn(driver, writer);
    default:
      setInterval(() => churn(driver, writer), 0);
      driver.parkHosted();
  }
}

function churn(driver, writer) {
  const source = driver.addSource(writer, Interest.WRITABLE);
  driver.afterPark(false);
  source.deregister();
}
