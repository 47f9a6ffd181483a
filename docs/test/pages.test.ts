/** What the pages say of the code that no compiler checks. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Layers {
  readonly forbidden: readonly {
    readonly name: string;
    readonly to: { readonly pathNot?: string };
  }[];
}

const rules = new URL("../../.dependency-cruiser.mjs", import.meta.url).href;
const { default: layers } = (await import(rules)) as { readonly default: Layers };

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

const packages: string[] = readdirSync(join(root, "packages")).sort();

/** The packages that are written: those with a manifest. */
const written: string[] = packages.filter((name) =>
  existsSync(join(root, "packages", name, "package.json")),
);

interface Row {
  readonly floor: string;
  readonly name: string;
  readonly mayImport: string[];
  readonly state: string;
}

function floorsOf(page: string): Row[] {
  const rows = [...page.matchAll(/^\| (\d|beside) \| `(\w+)` \|([^|]*)\|[^|]*\| (\w+) \|$/gm)];
  return rows.map(([, floor = "", name = "", imports = "", state = ""]) => ({
    floor,
    name,
    mayImport: imports.trim() === "" ? [] : imports.trim().split(", "),
    state,
  }));
}

/** The table of `.dependency-cruiser.mjs`, read back from the rules that it made. */
function floorsOfRules(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name, to } of layers.forbidden) {
    if (!name.startsWith("floor-")) continue;
    const allowed = /\((.*)\)/.exec(to.pathNot ?? "")?.[1]?.split("|") ?? [];
    const own = name.slice("floor-".length);
    found.set(
      own,
      allowed.filter((other) => other !== own),
    );
  }
  return found;
}

test("the table of floors names every package there is, and what is planned", () => {
  const rows = floorsOf(read("ARCHITECTURE.md"));
  const here = rows.filter(({ state }) => state === "here").map(({ name }) => name);
  expect(here.sort()).toEqual(written);
});

test("the table of floors says what the layer rules say", () => {
  const rules = floorsOfRules();
  const rows = floorsOf(read("ARCHITECTURE.md")).filter(({ mayImport }) => mayImport[0] !== "*");
  expect(new Map(rows.map(({ name, mayImport }) => [name, mayImport]))).toEqual(rules);
});

test("a package imports from lower floors only", () => {
  const rows = floorsOf(read("ARCHITECTURE.md"));
  const floor = new Map(rows.map(({ name, floor }) => [name, Number(floor)]));
  for (const { name, floor: own, mayImport } of rows) {
    if (own === "beside") continue;
    for (const below of mayImport) expect(floor.get(below), name).toBeLessThan(Number(own));
  }
});

test("the front page names every package", () => {
  const named = [...read("README.md").matchAll(/^\| \[`[@\w/]+`\]\(packages\/(\w+)\)/gm)];
  expect(named.map(([, name]) => name).sort()).toEqual(written);
});

test("every error code stands on the errors page, and no other", () => {
  const sources = packages.flatMap((name) => filesBelow(join("packages", name, "src"), ".ts"));
  const thrown = new Set(sources.flatMap((file) => read(file).match(/(?<=")ERR_\w+(?=")/g) ?? []));
  // Node's own, which is only recognised.
  thrown.delete("ERR_WORKER_OUT_OF_MEMORY");
  const rows = read("docs/guide/errors.md").matchAll(/^\| `(ERR_\w+)` \|/gm);
  expect([...rows].map(([, code]) => code).sort()).toEqual([...thrown].sort());
});

test("every link to a file of this repository leads to one", () => {
  const readmes = written.map((name) => `packages/${name}/README.md`);
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/README.md", ...readmes];
  for (const page of [...pages, ...filesBelow("docs/guide", ".md")]) {
    for (const [, target = ""] of read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      expect(existsSync(join(root, dirname(page), target)), `${page}: ${target}`).toBe(true);
    }
  }
});

test("every link to a heading leads to one", () => {
  const pages = ["README.md", "ARCHITECTURE.md", ...filesBelow("docs/guide", ".md")];
  const readmes = written.map((name) => `packages/${name}/README.md`);
  for (const page of [...pages, ...readmes]) {
    for (const [, path = "", heading] of read(page).matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)) {
      const target = path === "" ? page : join(dirname(page), path);
      expect(headings(read(target)), `${page}: ${path}#${heading}`).toContain(heading);
    }
  }
});

/** The anchors of a page's headings, as GitHub makes them. */
function headings(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

test("every file that ARCHITECTURE.md names is there", () => {
  const paths = read("ARCHITECTURE.md").match(/(?<=`)packages\/[^`]+(?=`)/g) ?? [];
  expect(paths.length).toBeGreaterThan(20);
  for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true);
});
