// Servers under the load of a C program: what a message costs the server's process, how many pass, how long each takes.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TOKIO } from "./tokio.mjs";

const here = (path) => fileURLToPath(new URL(`../net/${path}`, import.meta.url));

/** Compiles one of the C programs, once; its path. */
function compiled(name) {
  const source = here(`${name}.c`);
  const binary = here(`build/${name}`);
  if (!existsSync(binary) || statSync(binary).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(here("build"), { recursive: true });
    execFileSync(process.env.CC ?? "cc", ["-O2", "-o", binary, source]);
  }
  return binary;
}

/** Where there are two processors, server and load have one each. */
export function pinned(cpu, command) {
  const pin = availableParallelism() > 1 && existsSync("/usr/bin/taskset");
  const [file, ...args] = pin ? ["/usr/bin/taskset", "-c", String(cpu), ...command] : command;
  return spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
}

const SERVERS = {
  bare: () => [compiled("echo")],
  "bare-addon": () => [process.execPath, here("addon.mjs")],
  treadle: () => [process.execPath, here("treadle.mjs"), "hosted"],
  "treadle-blocking": () => [process.execPath, here("treadle.mjs"), "blocking"],
  native: () => [process.execPath, here("node-net.mjs")],
  tokio: () => [TOKIO, "echo"],
};

/** What the variants are. */
export const serversSay = {
  bare: "one epoll set in C, edge-triggered, nothing else",
  "bare-addon": "the addon's reactor and system calls in one JavaScript loop, no task, no runtime",
  treadle: "a task for each connection, by Node's event loop",
  "treadle-blocking": "the same inside `blockOn`",
  native: "`node:net`, `socket.write` in the `data` event",
  tokio: "Tokio 1.48 in Rust, one thread, a task for each connection",
};

/** The CPU time of all threads of a process, in ns. */
export function cpuOf(pid) {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]);
  }
  return sum;
}

async function firstLine(child) {
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("the program ended without a line");
}

/** One run of the load against a server; the figures of the time after its warm-up. */
function run(server, args) {
  const load = pinned(1, [compiled("load"), ...args]);
  return new Promise((resolve, reject) => {
    let before = 0;
    load.on("error", reject);
    load.on("exit", (code) => code !== 0 && reject(new Error(`the load ended with ${code}`)));
    createInterface({ input: load.stdout }).on("line", (line) => {
      if (line === "mark") {
        before = cpuOf(server.pid);
        load.stdin.write("\n");
        return;
      }
      const cpu = cpuOf(server.pid) - before;
      const { count, ns, p50, p99 } = JSON.parse(line);
      resolve({ cpu: cpu / count, wall: ns / count, p50, p99 });
    });
  });
}

/** The variants of a scenario: the servers under `load PORT ...args`. */
export function servers(args, names = Object.keys(SERVERS)) {
  return Object.fromEntries(
    names.map((name) => [
      name,
      async () => {
        const server = pinned(0, SERVERS[name]());
        process.on("exit", () => server.kill("SIGKILL"));
        const port = await firstLine(server);
        return async () => ({ done: 1, metrics: await run(server, [port, ...args]) });
      },
    ]),
  );
}
