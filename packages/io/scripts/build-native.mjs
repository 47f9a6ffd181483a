// Builds the native reactor from its sources with the compiler of this machine and the headers of this Node.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const home = fileURLToPath(new URL("..", import.meta.url));

/** Where Node's headers lie: beside Node itself, where npm was told, or nowhere; then node-gyp downloads them. */
export function headers() {
  const beside = dirname(dirname(process.execPath));
  const told = process.env.npm_config_nodedir;
  return [beside, told].find(
    (folder) => folder && existsSync(join(folder, "include/node/node_api.h")),
  );
}

/** Runs node-gyp in this package; `more` are further arguments. */
export function nodeGyp(more, env = process.env) {
  const nodedir = headers();
  const script = createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
  const args = [script, "--loglevel=error", ...(nodedir ? [`--nodedir=${nodedir}`] : []), ...more];
  return spawnSync(process.execPath, args, { cwd: home, stdio: "inherit", env }).status;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const status = nodeGyp(["rebuild", "--release"]);
  if (status !== 0) {
    process.stderr.write(
      "treadle: the native reactor (packages/io/native) could not be built: it needs python3, make and a C++17 compiler.\n",
    );
    process.exit(status ?? 1);
  }
}
