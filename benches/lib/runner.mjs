// Runs the variants of the scenarios in turns, each measurement in a process of its own.
import { fork } from "node:child_process";
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
    this.variants = Object.keys(scenario.variants).filter(wanted);
    this.results = Object.fromEntries(this.variants.map((name) => [name, []]));
    this.errors = {};
    this.lastMs = 0;
  }

  wants(round) {
    return round < (this.scenario.rounds ?? Infinity);
  }

  async round(round, settings, onProgress) {
    const began = performance.now();
    const order = round % 2 === 0 ? this.variants : this.variants.toReversed();
    for (const name of order) {
      if (this.errors[name] !== undefined) continue;
      onProgress(round, this.scenario.name, name);
      const result = await measure(this.url, name, this.scenario.execArgv ?? [], settings);
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
    const { errors } = this;
    return { name: this.scenario.name, ops: Object.fromEntries(ops), metrics, errors };
  }
}

function recorded(scenario) {
  const shown = Object.keys(scenario.metrics);
  return scenario.measured ? shown : [...new Set([...shown, "cpu"])];
}

/** One child process from start to end; what goes wrong in it is an answer, not an exception. */
function measure(url, variant, execArgv, settings) {
  return new Promise((resolve) => {
    const args = [url, variant, JSON.stringify(settings)];
    const started = fork(child, args, { execArgv, stdio: ["ignore", "ignore", "pipe", "ipc"] });
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
