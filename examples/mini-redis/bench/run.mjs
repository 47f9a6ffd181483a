// redis-benchmark against mini-redis, its twin on node:net and, where there is one, redis-server: one after the other,
// several rounds; prints medians and ratios, and one line of JSON at the end.
//
// Throughput depends on who else uses the machine, and the client is as busy as the server: what a request costs the
// server's process in processor time says more.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "100000" },
    clients: { type: "string", default: "50" },
    pipelines: { type: "string", default: "1,16" },
    tests: { type: "string", default: "set,get" },
    help: { type: "boolean", short: "h" },
  },
});

if (values.help) {
  process.stdout.write(`Usage: npm run bench:mini-redis -- [OPTION]...
Run redis-benchmark against mini-redis, the same server on node:net, and redis-server.

  --rounds N        how often (${5})
  --requests N      requests of a test, times the depth of the pipeline (100000)
  --clients N       connections (50)
  --pipelines LIST  depths (1,16)
  --tests LIST      as for redis-benchmark -t (set,get)
`);
  process.exit();
}

const has = (program) => spawnSync(program, ["--version"]).status === 0;
if (!has("redis-benchmark")) {
  process.stderr.write("redis-benchmark is missing: install redis-tools\n");
  process.exit(1);
}

const dist = (name) => fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "mini-redis-bench-"));
const REDIS_PORT = 16_379;
const contenders = [
  { name: "mini-redis", file: process.execPath, args: [dist("main"), "--port", "0"] },
  { name: "node:net", file: process.execPath, args: [dist("node-net"), "0"] },
];
if (has("redis-server")) {
  const args = ["--port", String(REDIS_PORT), "--save", "", "--appendonly", "no", "--dir", folder];
  contenders.push({ name: "redis-server", file: "redis-server", args });
}

const running = [];
const results = new Map();
try {
  for (const contender of contenders) running.push(await start(contender));
  const tests = values.tests.split(",");
  const depths = values.pipelines.split(",").map(Number);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const depth of depths) {
      for (const test of tests) {
        for (const server of running) measure(server, test, depth);
      }
    }
  }
  report(tests, depths);
} finally {
  for (const { child } of running) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function start({ name, file, args }) {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise((resolve, reject) => {
    let text = "";
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${name} has ended with ${code}: ${text}`)));
    child.stdout.on("data", (data) => {
      text += data;
      const ready = /ready on \S+:(\d+)/.exec(text);
      if (ready !== null) resolve(ready[1]);
      else if (/ready to accept/i.test(text)) resolve(String(REDIS_PORT));
    });
  });
  return { name, child, port };
}

function measure({ name, child, port }, test, depth) {
  const requests = Number(values.requests) * depth ** 0.5;
  const args = ["-p", port, "-c", values.clients, "-n", String(Math.round(requests)), "-t", test];
  const before = processorTime(child.pid);
  const run = spawnSync("redis-benchmark", [...args, "-P", String(depth), "--csv"], {
    encoding: "utf8",
  });
  const spent = processorTime(child.pid) - before;
  const line = run.stdout.split("\n").find((one) => one.startsWith(`"${test.toUpperCase()}`));
  if (run.status !== 0 || line === undefined) throw new Error(run.stdout + run.stderr);
  const key = keyOf(test, depth, name);
  const figures = results.get(key) ?? { perSecond: [], microseconds: [] };
  results.set(key, figures);
  figures.perSecond.push(Number(line.split(",")[1].replaceAll('"', "")));
  figures.microseconds.push((spent * 1e6) / Math.round(requests));
}

/** Seconds of the processor that the threads of a process have used. */
function processorTime(pid) {
  const folder = `/proc/${pid}/task`;
  const nanos = readdirSync(folder).map((thread) =>
    Number(readFileSync(`${folder}/${thread}/schedstat`, "utf8").split(" ", 1)[0]),
  );
  return nanos.reduce((sum, one) => sum + one, 0) / 1e9;
}

function report(tests, depths) {
  const json = [];
  process.stdout.write(
    `${cpus().length} cores, Node ${process.version}, ${values.clients} clients, median of ${values.rounds} rounds\n\n` +
      `${"".padEnd(28)}requests/s   ratio   µs of processor/request   ratio\n`,
  );
  for (const depth of depths) {
    for (const test of tests) {
      const base = results.get(keyOf(test, depth, "node:net"));
      for (const { name } of running) {
        const { perSecond, microseconds } = results.get(keyOf(test, depth, name));
        const row = {
          server: name,
          test,
          pipeline: depth,
          requestsPerSecond: Math.round(median(perSecond)),
          ratio: round(paired(perSecond, base.perSecond)),
          microsecondsPerRequest: round(median(microseconds)),
          processorRatio: round(1 / paired(microseconds, base.microseconds)),
        };
        json.push(row);
        process.stdout.write(
          `${`${test} -P ${depth}`.padEnd(13)}${name.padEnd(13)}${String(row.requestsPerSecond).padStart(12)}` +
            `${row.ratio.toFixed(2).padStart(8)}${row.microsecondsPerRequest.toFixed(2).padStart(26)}` +
            `${row.processorRatio.toFixed(2).padStart(8)}\n`,
        );
      }
    }
  }
  process.stdout.write(
    `\nRatios are medians of the rounds' ratios to node:net, above 1 is better.\n`,
  );
  process.stdout.write(`${JSON.stringify({ clients: Number(values.clients), rows: json })}\n`);
}

function keyOf(test, depth, name) {
  return `${test} ${depth} ${name}`;
}

function paired(a, b) {
  return median(a.map((value, index) => value / b[index]));
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function round(value) {
  return Math.round(value * 100) / 100;
}
