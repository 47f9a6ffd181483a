// Where the figures were taken, of which commit, and with which versions.
import { spawnSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const modules = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules");

export function machine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.version,
    v8: process.versions.v8,
    uv: process.versions.uv,
  };
}

/** How many processes wanted a core during the last minute. */
export function load() {
  return loadavg()[0];
}

/** The version of each package that stands beside Treadle, and Treadle's own. */
export function versions() {
  const own = JSON.parse(readFileSync(join(modules, "..", "package.json"), "utf8"));
  const names = Object.keys({ ...own.dependencies, ...own.devDependencies });
  const beside = names.filter((name) => !name.startsWith("@treadle/"));
  return Object.fromEntries(beside.map((name) => [name, versionOf(name)]));
}

/** The commit that is checked out, with a `+` where what is measured has been changed since. */
export function commit() {
  const git = (...args) => spawnSync("git", args, { cwd: join(modules, ".."), encoding: "utf8" });
  const head = git("rev-parse", "--short", "HEAD");
  if (head.status !== 0) return "unknown";
  const { stdout } = git("status", "--porcelain", "--", ".", "../packages", "../examples");
  return `${head.stdout.trim()}${stdout.trim() === "" ? "" : "+"}`;
}

function versionOf(name) {
  const manifest = join(realpathSync(join(modules, name)), "package.json");
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}
