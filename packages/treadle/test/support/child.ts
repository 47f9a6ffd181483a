/** Programs of their own, run on the build: for what only a whole process shows. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const home = fileURLToPath(new URL("../..", import.meta.url));

/** How a program ended. */
export interface Ended {
  /** The exit code; null when it was killed because it did not end. */
  readonly code: number | null;
  /** What it printed, line by line. */
  readonly out: readonly string[];
  readonly err: string;
  /** The URLs of all modules that were loaded; only with the option `modules`. */
  readonly modules: readonly string[];
}

/** How to run a program. */
export interface ChildOptions {
  /** Options of Node's own. */
  readonly node?: readonly string[];
  /** Arguments of the program. */
  readonly args?: readonly string[];
  /** Further modules beside `entry.mjs`, by file name. */
  readonly files?: Readonly<Record<string, string>>;
  /** Says which modules were loaded. */
  readonly modules?: boolean;
  /** How many descriptors it may have open. */
  readonly limit?: number;
  /** The file to start; "entry.mjs" by default. */
  readonly start?: string;
}

/** Runs `source` as the entry module of a process; `treadle` can be imported in it. */
export function child(source: string, options: ChildOptions = {}): Ended {
  const parent = join(home, ".vitest");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "child-"));
  try {
    const files = { "entry.mjs": source, ...options.files };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const coverage = join(folder, "coverage");
    const env = { NODE_OPTIONS: "", NODE_V8_COVERAGE: options.modules === true ? coverage : "" };
    const start = join(folder, options.start ?? "entry.mjs");
    const args = [process.execPath, ...(options.node ?? []), start, ...(options.args ?? [])];
    // Node raises the soft limit at its start, so both are set.
    if (options.limit !== undefined) {
      args.unshift("/bin/sh", "-c", `ulimit -n ${options.limit}; exec "$0" "$@"`);
    }
    const { status, stdout, stderr } = spawnSync(args[0] as string, args.slice(1), {
      encoding: "utf8",
      timeout: 15_000,
      env: { ...process.env, ...env },
    });
    const modules = options.modules === true ? loadedModules(coverage) : [];
    return { code: status, out: stdout.split("\n").slice(0, -1), err: stderr, modules };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** V8 lists every script that a process has run, however it was loaded. */
function loadedModules(coverage: string): string[] {
  const urls = new Set<string>();
  for (const name of readdirSync(coverage)) {
    const report = JSON.parse(readFileSync(join(coverage, name), "utf8")) as {
      result: { url: string }[];
    };
    for (const { url } of report.result) urls.add(url);
  }
  return [...urls];
}
