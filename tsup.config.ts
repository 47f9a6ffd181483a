// The one build preset: every workspace runs `tsup --config ../../tsup.config.ts` in its own folder.
import { readFileSync } from "node:fs";
import type { Options } from "tsup";

interface Manifest {
  readonly private?: boolean;
  readonly main?: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  /** Entries of worker threads, named by their path under `src` without the extension. */
  readonly threads?: readonly string[];
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;

/** The entries of this workspace, by their name under `dist`, read off its manifest. */
function entries(): Record<string, string> {
  const sources: string[] = [];
  for (const target of Object.values(manifest.exports ?? {})) {
    if (typeof target === "object" && target["@treadle/source"] !== undefined) {
      sources.push(target["@treadle/source"]);
    }
  }
  for (const thread of manifest.threads ?? []) sources.push(`./src/${thread}.ts`);
  if (manifest.exports === undefined && manifest.main !== undefined) {
    sources.push(manifest.main.replace("/dist/", "/src/").replace(/\.js$/, ".ts"));
  }
  return Object.fromEntries(
    sources.map((source) => [source.slice("./src/".length, -".ts".length), source]),
  );
}

const options: Options = {
  entry: entries(),
  format: ["esm"],
  platform: "node",
  target: "node20",
  dts: manifest.private !== true,
  sourcemap: true,
  clean: true,
  // A package's thread entry and its index share their modules.
  splitting: true,
  skipNodeModulesBundle: true,
  // Class and function names stand in errors, dumps and stacks as they are written.
  keepNames: true,
  silent: true,
};

export default options;
