// Runs the tests of this package and of all that works with sockets, and worker threads that are terminated (in a reactor,
// among sockets, listening to signals), on a build of the addon with AddressSanitizer.
// Needs gcc or clang with its runtime library: `npm run test:asan` in packages/io, after a build of the repository.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeGyp } from "./build-native.mjs";

const home = fileURLToPath(new URL("..", import.meta.url));
const folder = join(home, "build", "asan");
const addon = join(folder, "build", "Release", "treadle_io.node");

/** What else works with sockets and descriptors, in `packages/treadle/test`. */
const SOCKET_TESTS = ["net-", "io-", "stream/", "conformance/net-", "conformance/io-"].map(
  (name) => `packages/treadle/test/${name}`,
);

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
  const root = dirname(dirname(home));
  const whole = join(root, "packages", "treadle");
  const vitest = [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "--root", root];
  const commands = [
    [join(home, "scripts", "worker-cycles.mjs"), "200"],
    [join(whole, "scripts", "socket-cycles.mjs"), "200"],
    [join(whole, "scripts", "signal-cycles.mjs"), "200"],
    [...vitest, "--project", "unit", "packages/io/", "packages/net/", ...SOCKET_TESTS],
  ];
  for (const command of commands) if (code === 0) code = run(command);
}
process.exitCode = code ?? 1;
