import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { child, type Ended } from "./support/child.ts";

const selectors = process.platform === "linux" ? ["epoll", "uv"] : ["uv"];

/** A program whose `parked` waits for ever for a pipe, in a runtime with I/O; `body` comes after. */
function program(selector: string, body: string): string {
  return `
    process.env.TREADLE_IO_SELECTOR = ${JSON.stringify(selector)};
    const { AsyncFd, Builder, Interest, sleep, spawn, sys } = await import("treadle");
    const { Worker, isMainThread, workerData } = await import("node:worker_threads");
    const [reader, writer] = sys.pipe();
    const rt = Builder.newCurrentThread().enableAll().build();
    function* parked() {
      const fd = new AsyncFd(reader, Interest.READABLE);
      yield* fd.readable();
      return "readable";
    }
    ${body}
  `;
}

function ended({ code, out, err }: Ended): { code: number | null; out: readonly string[] } {
  expect(err).toBe("");
  return { code, out };
}

for (const selector of selectors) {
  describe(`on ${selector}`, () => {
    test("a worker thread that sleeps in blockOn can be terminated", () => {
      const source = program(
        selector,
        `
        if (isMainThread) {
          const worker = new Worker(new URL(import.meta.url));
          await new Promise((done) => worker.once("message", done));
          await new Promise((done) => setTimeout(done, 20));
          console.log("terminated", await worker.terminate());
        } else {
          (await import("node:worker_threads")).parentPort.postMessage("parking");
          rt.blockOn(parked);
        }
        `,
      );
      expect(ended(child(source))).toEqual({ code: 0, out: ["terminated 1"] });
    });

    test("process.exit() from the main thread ends a process whose worker sleeps in blockOn", () => {
      const source = program(
        selector,
        `
        if (isMainThread) {
          new Worker(new URL(import.meta.url)).once("message", () => process.exit(7));
        } else {
          (await import("node:worker_threads")).parentPort.postMessage("parking");
          rt.blockOn(parked);
        }
        `,
      );
      expect(ended(child(source)).code).toBe(7);
    });

    test("process.exit() in a task ends the process while others wait", () => {
      const source = program(
        selector,
        "rt.spawn(parked); rt.blockOn(function* () { yield* sleep(5); process.exit(3); });",
      );
      expect(ended(child(source)).code).toBe(3);
    });

    test("a hosted wait for a descriptor keeps the process alive until it comes, and no longer", () => {
      const source = program(
        selector,
        `
        setTimeout(() => sys.write(writer, Buffer.from("x")), 30);
        console.log(await rt.run(parked));
        `,
      );
      expect(ended(child(source))).toEqual({ code: 0, out: ["readable"] });
    });

    test("a source for which nobody waits keeps nothing alive, hosted or after blockOn", () => {
      const source = program(
        selector,
        `
        rt.handle().addSource(reader, Interest.READABLE);
        await rt.run(rt.sleep(1));
        const task = rt.spawn(parkedAgain);
        await rt.run(rt.sleep(1));
        task.abort();
        rt.blockOn(rt.sleep(1));
        console.log("end");
        function* parkedAgain() {
          const [other] = sys.pipe();
          yield* new AsyncFd(other, Interest.READABLE).readable();
        }
        `,
      );
      expect(ended(child(source))).toEqual({ code: 0, out: ["end"] });
    });

    test("no unpark from another thread is lost", () => {
      const source = program(
        selector,
        `
        const { unparkReactor, IoDriver } = await import("@treadle/io");
        const ROUNDS = 5_000;
        if (isMainThread) {
          const shared = new Int32Array(new SharedArrayBuffer(16));
          const driver = new IoDriver({ onReady() {}, idlePark: { park() {}, unpark() {} } });
          driver.addSource(reader, Interest.READABLE);
          const start = (i) => new Worker(new URL(import.meta.url), { workerData: { id: driver.id, shared, i } });
          const workers = [start(0), start(1)];
          await Promise.all(workers.map((w) => new Promise((done) => w.once("online", done))));
          const begin = performance.now();
          while (Atomics.load(shared, 2) < ROUNDS || Atomics.load(shared, 3) < ROUNDS) {
            driver.park(60_000);
            for (const i of [0, 1]) {
              Atomics.store(shared, 2 + i, Atomics.load(shared, i));
              Atomics.notify(shared, 2 + i);
            }
          }
          console.log(performance.now() - begin < 50_000);
          driver.shutdown();
        } else {
          const { id, shared, i } = workerData;
          // One unpark each time, and none before that one was answered: a lost one is a sleep of a minute.
          for (let n = 1; n <= ROUNDS; n++) {
            Atomics.store(shared, i, n);
            unparkReactor(id);
            for (let seen = Atomics.load(shared, 2 + i); seen < n; seen = Atomics.load(shared, 2 + i)) {
              Atomics.wait(shared, 2 + i, seen);
            }
          }
        }
        `,
      );
      expect(ended(child(source))).toEqual({ code: 0, out: ["true"] });
    });
  });
}

describe("a process that may open no more descriptors", () => {
  test("gets EMFILE where the reactor or its source is opened, and goes on when there is room again", () => {
    const source = `
      import { openSync, closeSync } from "node:fs";
      import { AsyncFd, Builder, Interest, sys } from "treadle";
      const [reader, writer] = sys.pipe();
      const rt = Builder.newCurrentThread().enableAll().build();
      const fds = [];
      try { for (;;) fds.push(openSync("/dev/null")); } catch {}
      const tried = () => { try { return rt.handle().addSource(reader, Interest.READABLE); } catch (e) { return e; } };
      const error = tried();
      console.log(error.name, error.code, error.syscall);
      for (const fd of fds) closeSync(fd);
      tried().deregister();
      console.log(rt.blockOn(function* () {
        const fd = new AsyncFd(reader, Interest.READABLE);
        sys.write(writer, Buffer.from("x"));
        return (yield* fd.readable()).ready().isReadable();
      }));
      rt.shutdownBackground();
    `;
    const shell = (script: string) =>
      spawnSync("sh", ["-c", `ulimit -n 64 && exec "$0" --input-type=module`, process.execPath], {
        input: script,
        encoding: "utf8",
        cwd: fileURLToPath(new URL("..", import.meta.url)),
        timeout: 15_000,
      });
    const { stdout, stderr } = shell(source);
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual(["IoError EMFILE epoll_create1", "true", ""]);
  });
});

test("worker threads can be started and terminated in the middle of anything", () => {
  const script = fileURLToPath(new URL("../../io/scripts/worker-cycles.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "200"], {
    encoding: "utf8",
    timeout: 120_000,
  });
  expect(stderr).toBe("");
  expect([status, stdout]).toEqual([0, "200 cycles, 0 descriptors left\n"]);
}, 130_000);
