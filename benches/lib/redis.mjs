// Redis servers under redis-benchmark: how many requests pass, and what one costs the server's process.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cpuOf, pinned } from "./net.mjs";

const REQUESTS = 20_000;
const CLIENTS = 50;
/** How many requests a client sends before it waits. */
export const DEPTHS = [1, 16];
export const COMMANDS = ["set", "get"];
const REDIS_PORT = 16_379;

const dist = (name) =>
  fileURLToPath(new URL(`../../examples/mini-redis/dist/${name}.js`, import.meta.url));

const has = (program) => spawnSync(program, ["--version"]).status === 0;

export const noRedisBenchmark = has("redis-benchmark")
  ? undefined
  : "there is no redis-benchmark, which comes with redis-tools";

export const noRedisServer = has("redis-server") ? {} : { redis: "there is no redis-server" };

const SERVERS = {
  treadle: () => [process.execPath, dist("main"), "--port", "0"],
  native: () => [process.execPath, dist("node-net"), "0"],
  redis() {
    const folder = mkdtempSync(join(tmpdir(), "treadle-bench-"));
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
    const quiet = ["--save", "", "--appendonly", "no", "--dir", folder];
    return ["redis-server", "--port", String(REDIS_PORT), ...quiet];
  },
};

/** The port, once the server says that it is ready. */
function ready(server) {
  return new Promise((resolve, reject) => {
    let text = "";
    server.on("error", reject);
    server.on("exit", (code) => reject(new Error(`the server has ended with ${code}: ${text}`)));
    server.stdout.on("data", (data) => {
      text += data;
      const own = /ready on \S+:(\d+)/.exec(text);
      if (own !== null) resolve(own[1]);
      else if (/ready to accept/i.test(text)) resolve(String(REDIS_PORT));
    });
  });
}

/** One run of redis-benchmark: nanoseconds per request by the clock and of the server's CPU. */
async function run(server, port, command, depth) {
  const requests = REQUESTS * Math.sqrt(depth);
  const load = ["-c", CLIENTS, "-n", requests, "-t", command, "-P", depth].map(String);
  const before = cpuOf(server.pid);
  const client = pinned(1, ["redis-benchmark", "-p", port, ...load, "--csv"]);
  let text = "";
  for await (const data of client.stdout) text += data;
  const cpu = cpuOf(server.pid) - before;
  const line = text.split("\n").find((one) => one.startsWith(`"${command.toUpperCase()}`));
  if (line === undefined) throw new Error(`redis-benchmark: ${text}`);
  const perSecond = Number(line.split(",")[1].replaceAll('"', ""));
  return { wall: 1e9 / perSecond, cpu: cpu / requests };
}

/** The variants: each server under all commands and depths. */
export const redisServers = Object.fromEntries(
  Object.keys(SERVERS).map((name) => [
    name,
    async () => {
      const server = pinned(0, SERVERS[name]());
      process.on("exit", () => server.kill("SIGKILL"));
      const port = await ready(server);
      return async () => {
        const metrics = {};
        for (const command of COMMANDS) {
          for (const depth of DEPTHS) {
            const { wall, cpu } = await run(server, port, command, depth);
            metrics[`${command}${depth}`] = wall;
            metrics[`${command}${depth}cpu`] = cpu;
          }
        }
        return { done: 1, metrics };
      };
    },
  ]),
);
