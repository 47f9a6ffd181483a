// Makes the package that brings the addon to machines like this one, without a compiler: builds it, strips it, and lays it
// into `npm/<name>` with a manifest, ready for `npm publish`. It has no install script; npm chooses it by os, cpu and libc.
//
//   node scripts/prebuildify.mjs             builds for this platform
//   node scripts/prebuildify.mjs --manifest  names all that lie in `npm` as optional dependencies of @treadle/io
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { platformPackage } from "../dist/index.js";
import { nodeGyp } from "./build-native.mjs";

const home = fileURLToPath(new URL("..", import.meta.url));
const packages = join(home, "npm");
const manifestFile = join(home, "package.json");
const manifest = JSON.parse(readFileSync(manifestFile, "utf8"));

if (process.argv.includes("--manifest")) optionalDependencies();
else build();

function build() {
  const name = platformPackage();
  const folder = join(packages, name.slice(name.indexOf("/") + 1));
  const status = nodeGyp(["rebuild", "--release"]);
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync(folder, { recursive: true });
  const addon = join(folder, "treadle_io.node");
  copyFileSync(join(home, "build", "Release", "treadle_io.node"), addon);
  spawnSync("strip", [process.platform === "darwin" ? "-x" : "--strip-unneeded", addon], {
    stdio: "inherit",
  });
  const { platform, arch } = process;
  const libc = platform === "linux" ? { libc: [name.endsWith("musl") ? "musl" : "glibc"] } : {};
  const own = {
    name,
    version: manifest.version,
    description: `The native reactor of @treadle/io for ${platform} on ${arch}.`,
    license: manifest.license,
    engines: manifest.engines,
    os: [platform],
    cpu: [arch],
    ...libc,
    main: "treadle_io.node",
    files: ["treadle_io.node"],
    publishConfig: { access: "public" },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(own, null, 2)}\n`);
  writeFileSync(
    join(folder, "README.md"),
    `# ${name}\n\nThe native part of @treadle/io for ${platform} on ${arch}. Install @treadle/io, not this.\n`,
  );
  process.stdout.write(`${folder}\n`);
}

function optionalDependencies() {
  const names = existsSync(packages) ? readdirSync(packages).sort() : [];
  manifest.optionalDependencies = Object.fromEntries(
    names.map((name) => [`@treadle/${name}`, manifest.version]),
  );
  writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
  process.stdout.write(`${names.length} optional dependencies\n`);
}
