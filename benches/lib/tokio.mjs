// Tokio itself beside Treadle: the scenarios as a program in Rust, `benches/tokio`, where it has been built.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const built = new URL("../tokio/target/release/treadle-bench-tokio", import.meta.url);

/** The program's path. */
export const TOKIO = fileURLToPath(built);

/** Why Tokio is not measured here. */
export const tokioSkips = existsSync(built)
  ? {}
  : { tokio: "`npm run bench:tokio` builds it, which needs Rust's cargo" };

const SAYS = "Tokio 1.48 in Rust, release build, on this machine";

/** The scenarios that the program knows, each with the figures in which Treadle is meant to be ahead. */
const KNOWN = new Map([
  ["spawn_many", ["wall"]],
  ["spawn_join", []],
  ["yield_many", ["wall"]],
  ["ping_pong", ["wall"]],
  ["chained_spawn", ["wall"]],
  ["block_on_ready", []],
  ["sleep_drop", ["wall"]],
  ["sleep_many_drop", []],
  ["timeout_ready", []],
  ["timers_10k", ["cpu"]],
  ["async_fd", ["wall"]],
  ["threads_spawn_many", []],
  ["threads_spawn_many_worker", []],
  ["threads_spawn_blocking", []],
  ["threads_tasks_20us", []],
]);

/** The scenario with a variant for Tokio, if the program knows it, and the goal to be ahead of it. */
export function withTokio(scenario) {
  const ahead = KNOWN.get(scenario.name);
  if (ahead === undefined) return scenario;
  const goals = Object.keys(scenario.metrics).flatMap((metric) =>
    scenario.metrics[metric].tokio === undefined && metric !== "ideal"
      ? []
      : [{ metric, against: "tokio", atMost: 1, info: !ahead.includes(metric) }],
  );
  return {
    ...scenario,
    says: { ...scenario.says, tokio: SAYS },
    skips: { ...scenario.skips, ...tokioSkips },
    goals: [...scenario.goals, ...goals],
    variants: { ...scenario.variants, tokio: async () => sampler(scenario.name) },
  };
}

/** Tokio warms up and takes its samples by itself. */
function sampler(name) {
  return {
    async sample({ warmupMs, minMs, samples }) {
      const args = [name, warmupMs, minMs, samples].map(String);
      const { stdout } = await promisify(execFile)(TOKIO, args);
      return stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
    },
  };
}
