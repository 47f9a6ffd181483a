// Starts worker threads in which tasks pass bytes to and fro through sockets, blocked or by the event loop, on either
// selector, and terminates them in the middle of it; the process must survive and keep no descriptor.
//
//   node scripts/socket-cycles.mjs [cycles] [at once]       npm run test:sockets: 1000 cycles, 6 at once
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, threadId, Worker, workerData } from "node:worker_threads";
import { Builder, spawn, sys, UnixStream } from "treadle";

const PAIRS = 4;
const descriptors = () => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);

if (isMainThread) await main();
else await work(...workerData);

async function main() {
  const cycles = Number(process.argv[2] ?? 1_000);
  const atOnce = Number(process.argv[3] ?? 6);
  // One worker first: what Node opens once for all threads is open then.
  await cycle(0);
  const before = descriptors();
  let next = 1;
  const lane = async () => {
    while (next <= cycles) await cycle(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const left = descriptors() - before;
  process.stdout.write(`${cycles} cycles, ${left} descriptors left\n`);
  process.exitCode = left > 0 ? 1 : process.exitCode;
}

/** One worker from its start to its end; a third of them are terminated while they boot. */
async function cycle(i) {
  // Descriptors belong to the process, so a thread that is terminated closes none but its reactor's own.
  const pairs = Array.from({ length: PAIRS }, () => sys.socketpair());
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: [i, pairs] });
  worker.on("error", (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  });
  if (i % 3 !== 0) await new Promise((done) => worker.once("message", done));
  await new Promise((done) => setTimeout(done, i % 17));
  await worker.terminate();
  for (const fd of pairs.flat()) sys.close(fd);
}

async function work(i, pairs) {
  process.env.TREADLE_IO_SELECTOR = i % 2 === 0 ? "uv" : "";
  const rt = Builder.newCurrentThread().enableAll().build();
  const size = i % 4 === 0 ? 300_000 : 64;
  const main = function* () {
    const streams = pairs.map((pair) => pair.map((fd) => UnixStream.fromFd(fd)));
    const last = streams.pop();
    for (const [near, far] of streams) {
      spawn(asks, near, size).detach();
      spawn(answers, far).detach();
    }
    parentPort.postMessage(threadId);
    spawn(answers, last[1]).detach();
    yield* asks(last[0], size);
  };
  if (i % 5 < 3) rt.blockOn(main);
  else await rt.run(main);
}

function* asks(stream, size) {
  const bytes = new Uint8Array(size);
  for (;;) {
    const [reader, writer] = stream.split();
    const written = spawn(function* () {
      yield* writer.writeAll(bytes);
    });
    yield* reader.readExact(new Uint8Array(size));
    yield* written;
  }
}

function* answers(stream) {
  const bytes = new Uint8Array(65_536);
  for (;;) {
    const count = yield* stream.read(bytes);
    yield* stream.writeAll(bytes, 0, count);
  }
}
