// The one test preset. Tests run on the sources; worker threads that they start run on `dist`.
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { ViteUserConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/**
 * Every public specifier of every package with its source, computed from `exports`. Aliases and not `resolve.conditions`,
 * for conditions reach worker threads too, which then would be handed TypeScript.
 */
function sourceAliases(): { find: RegExp; replacement: string }[] {
  const aliases: { find: RegExp; replacement: string }[] = [];
  for (const folder of readdirSync(join(root, "packages"))) {
    const path = join(root, "packages", folder);
    const manifest = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as Manifest;
    for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
      if (typeof target === "string" || target["@treadle/source"] === undefined) continue;
      const specifier = manifest.name + subpath.slice(1);
      aliases.push({
        find: new RegExp(`^${specifier}$`),
        replacement: join(path, target["@treadle/source"]),
      });
    }
  }
  return aliases;
}

/** Run for one workspace (`npm test` does so), the results are also written there for the sum at the end. */
const workspace = relative(root, process.cwd());
const report = join(process.cwd(), ".vitest", "report.json");

const tests = ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts"];
const gcTests = tests.map((glob) => glob.replace(".test.ts", ".gc.test.ts"));

const config: ViteUserConfig = {
  root,
  // Node 20 has no `using`.
  oxc: { target: "node20" },
  test: {
    pool: "forks",
    maxWorkers: Number(process.env["TREADLE_TEST_WORKERS"]) || availableParallelism(),
    restoreMocks: true,
    passWithNoTests: true,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: workspace === "" ? ["default"] : ["default", "json"],
    outputFile: { json: report },
    projects: [
      {
        extends: true,
        resolve: { alias: sourceAliases() },
        test: { name: "unit", include: tests, exclude: gcTests },
      },
      {
        extends: true,
        resolve: { alias: sourceAliases() },
        test: { name: "gc", include: gcTests, execArgv: ["--expose-gc"] },
      },
      {
        extends: true,
        test: { name: "docs", include: ["docs/.doctest/*.test.mjs", "docs/test/*.test.ts"] },
      },
    ],
  },
};

export default config;
