// Brings a clone to the state in which it can run: installs what the lockfile names and builds what changed. Needs nothing
// but Node and npm, says nothing when there is nothing to do, and speaks on stderr only.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const stamps = join(root, "node_modules", ".treadle");
const windows = process.platform === "win32";

/** Installs and builds if need be; ends the process with the child's exit code when a step fails. */
export async function setup() {
  checkNode();
  const installed = installKey();
  if (read("install") !== installed) {
    const pnpm = manifestOf(root).packageManager;
    await step("installing dependencies", "npx", ["-y", pnpm, "install", "--frozen-lockfile"]);
    write("install", installed);
  }
  const built = buildKey(installed);
  if (read("build") !== built || !outputsExist()) {
    await step("building packages", process.execPath, [
      ...turbo(["build"]),
      "--output-logs=errors-only",
    ]);
    write("build", built);
  }
}

/** The arguments with which `node` runs turbo's `tasks` on all cores. */
export function turbo(tasks) {
  return [join(root, "node_modules", "turbo", "bin", "turbo"), "run", ...tasks];
}

/** What turbo and the tasks below it find in their environment. */
export function turboEnv() {
  const bin = join(root, "node_modules", ".bin");
  // `npm run -s` silences npm, not the reason for which a step fails.
  const { npm_config_loglevel: _, ...env } = process.env;
  return {
    ...env,
    PATH: `${bin}${windows ? ";" : ":"}${process.env.PATH ?? ""}`,
    TREADLE_NODE: process.version,
    TURBO_TELEMETRY_DISABLED: "1",
    TURBO_NO_UPDATE_NOTIFIER: "1",
  };
}

/**
 * Runs a program to its end and resolves to its exit code. On Ctrl-C the terminal signals the program itself, so this
 * process only waits; a signal that reaches this process alone is handed on.
 */
export function run(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: "inherit", cwd: root, ...options });
    const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
    const onInterrupt = () => {
      if (!terminal) child.kill("SIGINT");
    };
    const onTerminate = () => child.kill("SIGTERM");
    process.on("SIGINT", onInterrupt);
    process.on("SIGTERM", onTerminate);
    const done = () => {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", onTerminate);
    };
    child.on("error", (error) => {
      done();
      reject(error);
    });
    child.on("close", (code, signal) => {
      done();
      resolve(signal === null ? code : 128 + constants.signals[signal]);
    });
  });
}

/** Says a line about the set-up. */
export function say(text) {
  process.stderr.write(`treadle: ${text}\n`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(`Node ${process.versions.node} is too old: Treadle needs Node 20.19 or newer.`);
  process.exit(1);
}

async function step(title, file, args) {
  const start = performance.now();
  say(`${title} …`);
  const code = await run(file, args, {
    // stdout belongs to the program that runs after the set-up.
    stdio: ["ignore", 2, 2],
    env: turboEnv(),
    shell: windows && file === "npx",
  });
  if (code !== 0) {
    say(`${title} failed (exit code ${code})`);
    process.exit(code);
  }
  say(`${title}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** The folders of all workspaces. */
export function workspaces() {
  const folders = ["benches", "docs"];
  for (const group of ["packages", "examples"]) {
    for (const entry of readdirSync(join(root, group))) folders.push(`${group}/${entry}`);
  }
  return folders.map((folder) => join(root, folder)).filter(hasManifest);
}

function hasManifest(folder) {
  return existsSync(join(folder, "package.json"));
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Changes with everything that decides what lies in node_modules. */
function installKey() {
  const hash = createHash("sha256").update(
    `${process.version} ${process.platform} ${process.arch}`,
  );
  const files = [root, ...workspaces()].map((folder) => join(folder, "package.json"));
  for (const file of [...files, join(root, "pnpm-lock.yaml"), join(root, "pnpm-workspace.yaml")]) {
    hash.update(`\n${file}\n`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

/** Changes with every source's size and time; turbo then looks at the contents. */
function buildKey(installed) {
  const hash = createHash("sha256").update(installed);
  const add = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (!stat.isDirectory()) {
      hash.update(`\n${path} ${stat.size} ${stat.mtimeMs}`);
      return;
    }
    for (const entry of readdirSync(path).sort()) add(join(path, entry));
  };
  add(join(root, "tsup.config.ts"));
  add(join(root, "tsconfig.base.json"));
  for (const folder of workspaces()) {
    for (const part of ["src", "native", "binding.gyp", "tsconfig.json"]) add(join(folder, part));
  }
  return hash.digest("hex");
}

/** Whether every entry that a manifest names has been built, and every addon. */
function outputsExist() {
  return workspaces().every((folder) => {
    if (existsSync(join(folder, "binding.gyp")) && !existsSync(join(folder, "build", "Release"))) {
      return false;
    }
    const { exports = {}, main } = manifestOf(folder);
    const targets = Object.values(exports).map((target) => target.default ?? target);
    return [...targets, ...(main === undefined ? [] : [main])].every((target) =>
      existsSync(join(folder, target)),
    );
  });
}

function read(stamp) {
  const file = join(stamps, stamp);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function write(stamp, key) {
  const file = join(stamps, stamp);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, key);
}

if (
  process.argv[1] !== undefined &&
  realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
) {
  await setup();
}
