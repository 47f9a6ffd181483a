// Runs the variants of a scenario in turns, each measurement in a process of its own.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median, pairedRatio, summary } from "./stats.mjs";

const child = fileURLToPath(new URL("child.mjs", import.meta.url));

/** Measures all `variants` of a scenario, A B C then B C A and so on, and answers what the table needs. */
export async function runScenario({ url, scenario }, variants, settings, onProgress) {
  const rounds = Object.fromEntries(variants.map((name) => [name, []]));
  const errors = {};
  for (let round = 0; round < Math.min(settings.rounds, scenario.rounds ?? Infinity); round++) {
    for (const name of rotate(variants, round)) {
      if (errors[name] !== undefined) continue;
      onProgress(`${scenario.name} ${name} ${round + 1}`);
      const result = await measure(url, name, scenario.execArgv ?? [], settings);
      if (result.error === undefined) rounds[name].push(result);
      else errors[name] = result.error;
    }
  }
  return { name: scenario.name, ...digest(scenario, rounds, variants), errors };
}

function rotate(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
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

/** Metric by metric: each variant's median, spread and how many times ours it takes. */
function digest(scenario, rounds, variants) {
  const metrics = {};
  for (const metric of recorded(scenario)) {
    const values = (name) => rounds[name].map((r) => r.samples.map((s) => s[metric]));
    const ours = rounds.treadle?.length > 0 ? values("treadle") : undefined;
    metrics[metric] = {};
    for (const name of variants) {
      if (rounds[name].length === 0) continue;
      const theirs = values(name);
      const entry = { ...summary(theirs.flat()), rounds: theirs.map(median) };
      if (ours !== undefined && name !== "treadle") {
        entry.ratioOfMedians = entry.median / median(ours.flat());
        entry.pairedRatio = pairedRatio(theirs, ours);
      }
      metrics[metric][name] = entry;
    }
  }
  const ops = variants.flatMap((name) => rounds[name].slice(0, 1).map((r) => [name, r.ops]));
  return { ops: Object.fromEntries(ops), metrics };
}

function recorded(scenario) {
  const shown = Object.keys(scenario.metrics);
  return scenario.measured ? shown : [...new Set([...shown, "cpu"])];
}
