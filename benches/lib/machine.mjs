// Where the figures were taken, and with which versions.
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
  const names = ["treadle", "effect", "effect3", "effection"];
  return Object.fromEntries(names.map((name) => [name, versionOf(name)]));
}

function versionOf(name) {
  const manifest = join(realpathSync(join(modules, name)), "package.json");
  return JSON.parse(readFileSync(manifest, "utf8")).version;
}
