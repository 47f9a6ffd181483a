// Runs the tests of this package, and worker threads that are terminated (in a reactor, listening to signals), on a build of the addon with AddressSanitizer.
// Needs gcc or clang with its runtime library: `npm run test:asan` in packages/io, after a build of the repository.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeGyp } from "./build-native.mjs";

const home = fileURLToPath(new URL("..", import.meta.url));
const folder = join(home, "build", "asan");
const addon = join(folder, "build", "Release", "treadle_io.node");

mkdirSync(folder, { recursive: true });
for (const part of ["native", "binding.gyp"]) {
  cpSync(join(home, part), join(folder, part), { recursive: true });
}
let code = nodeGyp([`--directory=${folder}`, "rebuild", "--", "-Dtreadle_asan=1"]);
if (code === 0) {
  // Node itself is not instrumented, so the runtime is loaded before it; what Node leaks at its end is not ours.
  const found = spawnSync("gcc", ["-print-file-name=libasan.so"], { encoding: "utf8" });
  const env = {
    ...process.env,
    TREADLE_IO_ADDON: addon,
    LD_PRELOAD: found.stdout.trim(),
    ASAN_OPTIONS: "detect_leaks=0:halt_on_error=1:abort_on_error=1",
  };
  const run = (args) =>
    spawnSync(process.execPath, args, { cwd: home, stdio: "inherit", env }).status;
  code = run([join(home, "scripts", "worker-cycles.mjs"), "200"]);
  const root = dirname(dirname(home));
  const signals = join(root, "packages", "treadle", "scripts", "signal-cycles.mjs");
  if (code === 0) code = run([signals, "200"]);
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  if (code === 0) code = run([vitest, "run", "--root", root, "--project", "unit", "packages/io/"]);
}
process.exitCode = code ?? 1;
