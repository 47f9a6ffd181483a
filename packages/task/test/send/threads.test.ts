/** Sendables found by real threads, however the program is loaded; the threads load the build of this package. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ERR_SENDABLE_MODULE, sendable } from "@treadle/task";
import { type BuildOptions, build, transform } from "esbuild";
import { build as viteBuild } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { add, area, fail, shout } from "./programs/jobs.ts";
import { startThread, type Thread } from "./programs/thread.mjs";

const home = fileURLToPath(new URL("../..", import.meta.url));
const programs = fileURLToPath(new URL("./programs/", import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
/** Whether this Node runs TypeScript by itself. */
const stripsTypes = major > 22 || (major === 22 && minor >= 18);
const tsx = import.meta.resolve("tsx");

let folder: string;

beforeAll(() => {
  mkdirSync(join(home, ".vitest"), { recursive: true });
  folder = mkdtempSync(join(home, ".vitest", "send-"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the program prints, however it is run. */
const printed = [
  { status: "ok", value: 3 },
  { status: "ok", value: "A".repeat(100) },
  { status: "ok", value: 12 },
  { status: "ok", value: "on a thread" },
  ["TooLarge", "more than 5", { limit: 5 }, "E_LARGE"],
  [true, true],
];

const named = [
  { status: "ok", value: 10 },
  { status: "ok", value: 15 },
];

function run(entry: string, ...node: string[]): unknown[] {
  const options = {
    encoding: "utf8",
    timeout: 20_000,
    env: { ...process.env, NODE_OPTIONS: "" },
  } as const;
  const { stdout, stderr, status } = spawnSync(process.execPath, [...node, entry], options);
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

/** A folder of its own for what a test builds. */
function place(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}

test("as JavaScript modules", async () => {
  const out = place("js");
  for (const name of readdirSync(programs)) {
    const source = readFileSync(join(programs, name), "utf8");
    if (name.endsWith(".mjs")) writeFileSync(join(out, name), source);
    if (!/^[^.]+\.ts$/.test(name)) continue;
    const { code } = await transform(source, { loader: "ts", target: "node20" });
    writeFileSync(join(out, name.replace(".ts", ".js")), code.replaceAll("jobs.ts", "jobs.js"));
  }
  expect(run(join(out, "program.js"))).toEqual(printed);
});

test.skipIf(!stripsTypes)(
  `as TypeScript, by Node itself (Node 22.18 or newer; this is ${process.version})`,
  () => {
    // A copy: under `node_modules` and in packages Node would not strip types, here it does.
    const out = place("strip");
    cpSync(programs, out, { recursive: true });
    expect(run(join(out, "program.ts"))).toEqual(printed);
  },
);

test("as TypeScript, by tsx", () => {
  expect(run(join(programs, "program.ts"), "--import", tsx)).toEqual(printed);
});

describe("under vitest", () => {
  let thread: Thread;
  beforeAll(() => {
    thread = startThread();
  });
  afterAll(async () => {
    await thread.stop();
  });

  test("in the modules of a test", async () => {
    const outcomes = [
      await thread.run(add(1, 2)),
      await thread.run(shout("a".repeat(100))),
      await thread.run(area({ width: 3, height: 4 })),
    ];
    expect(outcomes).toEqual(printed.slice(0, 3));
    const failed = await thread.run(fail(5));
    const error = failed.status === "failed" ? (failed.error as Error) : null;
    expect(error).toBeInstanceOf(RangeError);
    expect([error?.name, error?.message]).toEqual(["TooLarge", "more than 5"]);
    expect(error?.stack).toContain("threads.test.ts");
  });
});

test("a thread that cannot load the TypeScript says what helps", async () => {
  const alone = mkdtempSync(join(tmpdir(), "treadle-send-"));
  const path = join(alone, "jobs.ts");
  // What Node cannot strip; and no tsx is to be found from there.
  writeFileSync(path, "enum Color { red }\nexport const red = Color.red;\n");
  const paint = sendable(pathToFileURL(path).href, "paint", () => 0);
  const thread = startThread();
  const outcome = await thread.run(paint());
  await thread.stop();
  rmSync(alone, { recursive: true });
  if (outcome.status !== "failed") throw new Error("it ran");
  const { code, message, cause } = outcome.error as Error & { code: string };
  expect(code).toBe(ERR_SENDABLE_MODULE);
  expect(message).toContain("the sendable paint()");
  expect(message).toContain("install tsx");
  expect(cause).toBeInstanceOf(Error);
});

describe("bundled by esbuild", () => {
  const options: BuildOptions & { entryPoints: string[] } = {
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    logLevel: "silent",
    entryPoints: [join(programs, "program.ts")],
  };

  test("into one file", async () => {
    const out = place("esbuild");
    await build({ ...options, outdir: out });
    expect(readdirSync(out)).toEqual(["program.js"]);
    expect(run(join(out, "program.js"))).toEqual(printed);
  });

  test("minified, with names kept", async () => {
    const out = place("esbuild-min");
    await build({ ...options, minify: true, keepNames: true, outdir: out });
    expect(run(join(out, "program.js")).slice(0, 5)).toEqual(printed.slice(0, 5));
  });

  test("minified, with names taken away, fails at once and says what helps", async () => {
    const out = place("esbuild-names");
    await build({ ...options, minify: true, outdir: out });
    expect(() => run(join(out, "program.js"))).toThrow(/ERR_SENDABLE_(NAME|DUPLICATE)/);
    expect(() => run(join(out, "program.js"))).toThrow(/keepNames|say the name/);
  });

  test("minified, with names said by hand", async () => {
    const out = place("esbuild-named");
    await build({
      ...options,
      entryPoints: [join(programs, "named.ts")],
      minify: true,
      outdir: out,
    });
    expect(run(join(out, "named.js"))).toEqual([named]);
  });

  test("split into chunks", async () => {
    const out = place("esbuild-split");
    const other = join(folder, "other.ts");
    writeFileSync(other, `export { add } from ${JSON.stringify(join(programs, "jobs.ts"))};`);
    await build({
      ...options,
      entryPoints: [...options.entryPoints, other],
      splitting: true,
      outdir: out,
      outbase: home,
    });
    const entry = readdirSync(out, { recursive: true }).find((name) =>
      String(name).endsWith("program.js"),
    );
    expect(run(join(out, String(entry)))).toEqual(printed);
  });
});

describe("bundled by Vite", () => {
  /** Vite's own default minifies nothing for the server. */
  async function bundle(out: string, minify: boolean, entry = "program.ts"): Promise<string> {
    const names = minify && entry === "program.ts" ? { keepNames: true } : {};
    await viteBuild({
      configFile: false,
      logLevel: "silent",
      root: programs,
      ssr: { noExternal: true },
      build: {
        ssr: join(programs, entry),
        outDir: out,
        minify,
        target: "node20",
        emptyOutDir: false,
        rolldownOptions: { output: names },
      },
    });
    const main = entry.slice(0, entry.indexOf("."));
    return join(out, readdirSync(out).find((name) => name.startsWith(main)) ?? main);
  }

  test("for the server", async () => {
    expect(run(await bundle(place("vite"), false))).toEqual(printed);
  });

  test("minified, with names kept", async () => {
    expect(run(await bundle(place("vite-min"), true)).slice(0, 5)).toEqual(printed.slice(0, 5));
  });

  test("minified, with names said by hand", async () => {
    expect(run(await bundle(place("vite-named"), true, "named.ts"))).toEqual([named]);
  });
});
