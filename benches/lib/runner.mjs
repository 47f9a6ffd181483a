// Runs the variants of the scenarios in turns, each measurement in a process of its own.
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { median, summary } from "./stats.mjs";

const child = fileURLToPath(new URL("child.mjs", import.meta.url));

/**
 * Measures round by round: in each round every scenario, its variants one after the other, A B C, then C B A and so on, so
 * that neighbours stay neighbours. What is compared within a round was measured within seconds, and the rounds lie minutes
 * apart. After the first round a scenario is left out when the time would not suffice.
 */
export async function runAll(entries, wanted, settings, onProgress) {
  const began = performance.now();
  const runs = entries.map((entry) => new Run(entry, wanted));
  for (let round = 0; round < settings.rounds; round++) {
    for (const run of runs) {
      const left = settings.limitMs - (performance.now() - began);
      if (run.wants(round) && (round === 0 || run.lastMs < left)) {
        await run.round(round, settings, onProgress);
      }
    }
  }
  return runs.map((run) => run.digest());
}

/** What has been measured of one scenario. */
class Run {
  constructor({ url, scenario }, wanted) {
    this.url = url;
    this.scenario = scenario;
    this.skipped = skipOf(scenario);
    const { skips = {} } = scenario;
    this.variants = Object.keys(scenario.variants).filter((name) => wanted(name) && !skips[name]);
    this.results = Object.fromEntries(this.variants.map((name) => [name, []]));
    this.errors = {};
    this.lastMs = 0;
  }

  wants(round) {
    return this.skipped === undefined && round < (this.scenario.rounds ?? Infinity);
  }

  async round(round, settings, onProgress) {
    const began = performance.now();
    const order = round % 2 === 0 ? this.variants : this.variants.toReversed();
    for (const name of order) {
      if (this.errors[name] !== undefined) continue;
      onProgress(round, this.scenario.name, name);
      const result = await measure(this.url, name, this.scenario, settings);
      if (result.error === undefined) this.results[name].push(result);
      else this.errors[name] = result.error;
    }
    this.lastMs = performance.now() - began;
  }

  /** Metric by metric: each variant's median and spread, and its median of each round. */
  digest() {
    const metrics = {};
    for (const metric of recorded(this.scenario)) {
      metrics[metric] = {};
      for (const name of this.variants) {
        const rounds = this.results[name].map((r) => r.samples.map((s) => s[metric]));
        if (rounds.length === 0) continue;
        metrics[metric][name] = { ...summary(rounds.flat()), rounds: rounds.map(median) };
      }
    }
    const ops = this.variants.flatMap((name) =>
      this.results[name].slice(0, 1).map((r) => [name, r.ops]),
    );
    const { errors, skipped } = this;
    const { name, skips } = this.scenario;
    return { name, ops: Object.fromEntries(ops), metrics, errors, skips, skipped };
  }
}

function recorded(scenario) {
  const shown = Object.keys(scenario.metrics);
  return scenario.measured ? shown : [...new Set([...shown, "cpu"])];
}

const TASKSET = "/usr/bin/taskset";

/** Why a scenario cannot be measured on this machine. */
function skipOf({ skip, cpus }) {
  if (skip !== undefined) return skip;
  return cpus === undefined || existsSync(TASKSET) ? undefined : "there is no taskset";
}

/** How Node is started: by itself, or kept on certain processors. */
function command({ execArgv = [], cpus }) {
  if (cpus === undefined) return { execArgv };
  return { execPath: TASKSET, execArgv: ["-c", cpus, process.execPath, ...execArgv] };
}

/** One child process from start to end; what goes wrong in it is an answer, not an exception. */
function measure(url, variant, scenario, settings) {
  return new Promise((resolve) => {
    const args = [url, variant, JSON.stringify(settings)];
    const stdio = ["ignore", "ignore", "pipe", "ipc"];
    const started = fork(child, args, { ...command(scenario), stdio });
    let answer;
    let stderr = "";
    const timer = setTimeout(() => started.kill("SIGKILL"), settings.timeoutMs);
    started.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    started.on("message", (message) => {
      answer = message;
    });
    started.on("close", (code, signal) => {
      clearTimeout(timer);
      const died = `ended with ${signal ?? `exit code ${code}`} and no answer\n${stderr}`;
      resolve(answer ?? { error: died });
    });
  });
}
