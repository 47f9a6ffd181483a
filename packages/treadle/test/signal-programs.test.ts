import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { child, type Ended } from "./support/child.ts";
import { type End, Live } from "./support/live.ts";

const linux = process.platform === "linux";

/** A program with a runtime that has everything enabled; `body` comes after. */
function program(body: string, selector = ""): string {
  return `
    import { writeSync } from "node:fs";
    import { once } from "node:events";
    import { Worker, isMainThread, parentPort } from "node:worker_threads";
    process.env.TREADLE_IO_SELECTOR = ${JSON.stringify(selector)};
    const { Builder, ctrlC, select, signal, sleep, spawn } = await import("treadle");
    // Is written at once, from a blocked thread and from a worker too.
    const say = (text) => writeSync(1, text + "\\n");
    const rt = Builder.newCurrentThread().enableAll().build();
    ${body}
  `;
}

function outOf({ code, out, err }: Ended): readonly string[] {
  expect([code, err]).toEqual([0, ""]);
  return out;
}

const KILLED_BY_INT: End = { code: null, signal: "SIGINT" };

for (const selector of linux ? ["epoll", "uv"] : ["uv"]) {
  describe(`a signal from another process, on ${selector},`, () => {
    test("wakes a thread that sleeps in blockOn", async () => {
      using live = new Live(
        program(
          `
          rt.blockOn(function* () {
            const stream = signal("SIGUSR2");
            for (const text of ["ready", "one", "two"]) {
              say(text);
              yield* stream.recv();
            }
          });
          say("end");
          `,
          selector,
        ),
      );
      expect(await live.line()).toBe("ready");
      live.kill("SIGUSR2");
      expect(await live.line()).toBe("one");
      live.kill("SIGUSR2");
      expect(await live.line()).toBe("two");
      live.kill("SIGUSR2");
      expect(await live.line()).toBe("end");
      expect(await live.ended()).toEqual({ code: 0, signal: null });
    });

    test("wakes a task that Node's event loop drives, and keeps the process alive until then", async () => {
      using live = new Live(
        program(
          `
          const stream = rt.signal("SIGUSR2");
          say("ready");
          await rt.run(stream.recv());
          say("one");
          await rt.run(async () => {
            for await (const _ of stream) {
              say("two");
              break;
            }
          });
          say("end");
          `,
          selector,
        ),
      );
      expect(await live.line()).toBe("ready");
      live.kill("SIGUSR2");
      expect(await live.line()).toBe("one");
      live.kill("SIGUSR2");
      expect([await live.line(), await live.line()]).toEqual(["two", "end"]);
      expect(await live.ended()).toEqual({ code: 0, signal: null });
    });

    test("wakes worker threads, blocked or not, and Node's own listener on the main thread", async () => {
      using live = new Live(
        program(
          `
          if (isMainThread) {
            const workers = [0, 1].map((i) => new Worker(new URL(import.meta.url), { argv: [i] }));
            process.once("SIGHUP", () => say("main"));
            await Promise.all(workers.map((worker) => once(worker, "message")));
            say("ready");
          } else {
            const stream = rt.signal("SIGHUP");
            parentPort.postMessage("ready");
            if (process.argv[2] === "0") rt.blockOn(stream.recv());
            else await rt.run(stream.recv());
            say("worker " + process.argv[2]);
          }
          `,
          selector,
        ),
      );
      expect(await live.line()).toBe("ready");
      live.kill("SIGHUP");
      const told = [await live.line(), await live.line(), await live.line()];
      expect(told.sort()).toEqual(["main", "worker 0", "worker 1"]);
      expect(await live.ended()).toEqual({ code: 0, signal: null });
    });
  });
}

describe("Ctrl-C", () => {
  const first = `
    rt.blockOn(function* () {
      const pressed = spawn(ctrlC());
      // Listens from its first poll on.
      yield* sleep(1);
      say("ready");
      yield* pressed;
    });
    say("first");
  `;

  test("that somebody awaits does not end the process; a second one does, as ever", async () => {
    using live = new Live(program(`${first} setInterval(() => {}, 1_000);`));
    expect(await live.line()).toBe("ready");
    live.kill("SIGINT");
    expect(await live.line()).toBe("first");
    live.kill("SIGINT");
    expect(await live.ended()).toEqual(KILLED_BY_INT);
  });

  test("ends a program that computes for ever after the first", async () => {
    using live = new Live(program(`${first} for (;;);`));
    expect(await live.line()).toBe("ready");
    live.kill("SIGINT");
    expect(await live.line()).toBe("first");
    live.kill("SIGINT");
    expect(await live.ended()).toEqual(KILLED_BY_INT);
  });
});

describe("what the system does at a signal is back", () => {
  const ends: Record<string, string> = {
    "when the last stream was closed":
      "a.close(); process.kill(process.pid, 'SIGCONT'); b.close();",
    "when the runtime was shut down": "b.close(); rt.shutdownBackground();",
    "when the task that listened was aborted": `
      b.close();
      a.close();
      const task = rt.spawn(function* () {
        yield* ctrlC();
      });
      await rt.run(rt.sleep(1));
      process.kill(process.pid, "SIGINT");
      await rt.run(task);
      const other = rt.spawn(ctrlC());
      await rt.run(rt.sleep(1));
      other.abort();
      await rt.run(other.outcome());
    `,
    "when a worker that listened was terminated": `
      a.close();
      b.close();
      const worker = new Worker(\`
        import { parentPort } from "node:worker_threads";
        import { Builder } from "treadle";
        const rt = Builder.newCurrentThread().enableAll().build();
        const stream = rt.signal("SIGINT");
        parentPort.postMessage("listens");
        for (;;) rt.blockOn(stream.recv());
      \`, { eval: true });
      await once(worker, "message");
      process.kill(process.pid, "SIGINT");
      await worker.terminate();
    `,
  };

  test.each(Object.keys(ends))("%s", async (when) => {
    using live = new Live(
      program(`
        const a = rt.signal("SIGINT");
        const b = rt.signal("SIGINT");
        process.kill(process.pid, "SIGINT");
        ${ends[when]}
        say("closed");
        setInterval(() => {}, 1_000);
      `),
    );
    expect(await live.line()).toBe("closed");
    live.kill("SIGINT");
    expect(await live.ended()).toEqual(KILLED_BY_INT);
    expect(live.err).toBe("");
  });

  test("for SIGPIPE, which Node ignores: it is not deadly", () => {
    const source = program(`
      rt.signal("SIGPIPE").close();
      process.kill(process.pid, "SIGPIPE");
      const again = rt.signal("SIGPIPE");
      process.kill(process.pid, "SIGPIPE");
      rt.blockOn(again.recv());
      say("alive");
    `);
    expect(outOf(child(source))).toEqual(["alive"]);
  });

  test("for SIGUSR1: it starts the inspector", async () => {
    using live = new Live(
      program(`
        process.argv.push("--inspect-port=0");
        process.debugPort = 0;
        const stream = rt.signal("SIGUSR1", { replaceInspector: true });
        process.kill(process.pid, "SIGUSR1");
        rt.blockOn(stream.recv());
        say("received");
        stream.close();
        process.kill(process.pid, "SIGUSR1");
        const { url } = await import("node:inspector");
        while (url() === undefined) await new Promise((done) => setTimeout(done, 1));
        say("inspector");
        process.exit(0);
      `),
    );
    expect([await live.line(), await live.line()]).toEqual(["received", "inspector"]);
    expect((await live.ended()).code).toBe(0);
    expect(live.err).toContain("Debugger listening on");
  });
});

describe("Node's own listeners", () => {
  test("are told too; neither closing ours nor removing theirs takes anything from the other", () => {
    const source = program(`
      const told = [];
      const onSignal = () => told.push("node");
      process.on("SIGUSR2", onSignal);
      const stream = rt.signal("SIGUSR2");
      const both = async () => {
        process.kill(process.pid, "SIGUSR2");
        await rt.run(stream.recv());
        await new Promise(setImmediate);
        told.push("ours");
      };
      await both();
      process.off("SIGUSR2", onSignal);
      await both();
      process.on("SIGUSR2", onSignal);
      await both();
      stream.close();
      process.kill(process.pid, "SIGUSR2");
      await new Promise((done) => setTimeout(done, 20));
      say(told.sort().join());
      process.off("SIGUSR2", onSignal);
    `);
    expect(outOf(child(source))).toEqual(["node,node,node,ours,ours,ours"]);
  });

  test("of the ends of child processes hear of all of them beside a stream of SIGCHLD", () => {
    const source = program(`
      import { spawn as start } from "node:child_process";
      const stream = rt.signal("SIGCHLD");
      let told = 0;
      const listens = rt.spawn(function* () {
        for (;;) {
          yield* stream.recv();
          told++;
        }
      });
      const ends = Array.from({ length: 40 }, (_, i) => once(start("sh", ["-c", "exit " + i]), "exit"));
      const codes = (await Promise.all(ends)).map(([code]) => code);
      say(codes.every((code, i) => code === i));
      await rt.run(rt.sleep(5));
      say(told > 0 && told <= 40);
      listens.abort();
      await rt.run(listens.outcome());
      stream.close();
      say((await once(start("sh", ["-c", "exit 7"]), "exit"))[0]);
    `);
    expect(outOf(child(source))).toEqual(["true", "true", "7"]);
  });
});

describe("a process", () => {
  test("ends by itself when nobody awaits its streams, and with a wait that was given up", () => {
    const source = program(`
      const stream = rt.signal("SIGHUP");
      await rt.run(select({ signal: stream.recv(), late: rt.sleep(5) }));
      rt.blockOn(select({ signal: stream.recv(), late: rt.sleep(5) }));
      say("end");
    `);
    expect(outOf(child(source))).toEqual(["end"]);
  });

  test("ends by process.exit() while threads wait for signals", () => {
    const source = program(`
      if (isMainThread) {
        rt.spawn(rt.signal("SIGHUP").recv());
        await once(new Worker(new URL(import.meta.url)), "message");
        say("exit");
        process.exit(0);
      }
      const stream = rt.signal("SIGHUP");
      parentPort.postMessage("blocks");
      rt.blockOn(stream.recv());
    `);
    expect(outOf(child(source))).toEqual(["exit"]);
  });

  test("ends by an error that nobody catches while it listens", () => {
    const { code, err } = child(program('rt.signal("SIGHUP"); throw new Error("mine");'));
    expect(code).toBe(1);
    expect(err).toContain("mine");
  });

  test.runIf(linux)("loads nothing native and starts no thread before its first listener", () => {
    const source = program(`
      import { readdirSync, readFileSync } from "node:fs";
      const hubs = () => readdirSync("/proc/self/task")
        .filter((id) => readFileSync("/proc/self/task/" + id + "/comm", "utf8") === "treadle-signal\\n").length;
      const loaded = () => readFileSync("/proc/self/maps", "utf8").includes("treadle_io.node");
      rt.blockOn(rt.sleep(1));
      const future = ctrlC();
      say([loaded(), hubs()]);
      const stream = rt.signal("SIGHUP");
      say([loaded(), hubs()]);
      stream.close();
      say([loaded(), hubs()]);
    `);
    expect(outOf(child(source))).toEqual(["false,0", "true,1", "true,0"]);
  });
});

test.each(linux ? ["epoll", "uv"] : ["uv"])(
  "no signal of a storm is lost while 64 pairs of sockets echo, on %s",
  (selector) => {
    const source = program(
      `
      import { AsyncFd, Interest, sys } from "treadle";
      const SIGNALS = 10_000, PAIRS = 64, ROUNDS = 200;
      if (isMainThread) {
        const sent = new Int32Array(new SharedArrayBuffer(4));
        const stream = rt.signal("SIGUSR2");
        let echoed = 0;
        function* ping(fd) {
          const byte = Buffer.alloc(1);
          for (let i = 0; i < ROUNDS; i++) {
            sys.write(fd, Buffer.from([i]));
            yield* source(fd).asyncIo(Interest.READABLE, () => sys.read(fd, byte));
            if (byte[0] === (i & 255)) echoed++;
          }
        }
        function* pong(fd) {
          const byte = Buffer.alloc(1);
          for (let i = 0; i < ROUNDS; i++) {
            yield* source(fd).asyncIo(Interest.READABLE, () => sys.read(fd, byte));
            sys.write(fd, byte);
          }
        }
        const sources = new Map();
        function source(fd) {
          if (!sources.has(fd)) sources.set(fd, new AsyncFd(fd, Interest.READABLE));
          return sources.get(fd);
        }
        const worker = new Worker(new URL(import.meta.url), { workerData: sent });
        await once(worker, "online");
        rt.blockOn(function* () {
          const tasks = [];
          for (let i = 0; i < PAIRS; i++) {
            const [a, b] = sys.socketpair();
            tasks.push(spawn(ping, a), spawn(pong, b));
          }
          Atomics.store(sent, 0, 1);
          Atomics.notify(sent, 0);
          let told = 0;
          // After the last signal was sent there is one more recv(): none that comes last goes unseen.
          while (Atomics.load(sent, 0) < SIGNALS) {
            yield* stream.recv();
            told++;
          }
          for (const task of tasks) yield* task;
          say([told > 0 && told <= SIGNALS, echoed === PAIRS * ROUNDS]);
        });
      } else {
        const { workerData: sent } = await import("node:worker_threads");
        Atomics.wait(sent, 0, 0);
        for (let n = 2; n <= SIGNALS; n++) {
          Atomics.store(sent, 0, n);
          process.kill(process.pid, "SIGUSR2");
        }
      }
      `,
      selector,
    );
    expect(outOf(child(source))).toEqual(["true,true"]);
  },
  30_000,
);

test("workers that listen can be started and terminated in the middle of anything", () => {
  const script = fileURLToPath(new URL("../scripts/signal-cycles.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "200"], {
    encoding: "utf8",
    timeout: 120_000,
  });
  expect(stderr).toBe("");
  expect([status, stdout]).toEqual([0, "200 cycles, 0 descriptors and 0 threads left\n"]);
}, 130_000);
