// Treadle and its peers side by side: `npm run bench -- --help`.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { GROUPS, groupOf } from "./lib/groups.mjs";
import { commit, load, machine, versions } from "./lib/machine.mjs";
import { page } from "./lib/page.mjs";
import { runAll } from "./lib/runner.mjs";
import { machineLine, terminalTable } from "./lib/table.mjs";
import { withTokio } from "./lib/tokio.mjs";

const HELP = `Runs the same work on Treadle and on what else there is for it: plain Node, Effect 4 and 3, Effection and a bare loop
of generators on one thread; pools of worker threads, some of them written by hand, and bare Atomics on many; and Tokio itself
in Rust, once \`npm run bench:tokio\` has built it. Each measurement is a process of its own; the variants of a scenario take turns.

npm run bench -- [options]
  --filter TEXT     only scenarios whose name or file's name contains TEXT (comma for several): time_, threads_, spawn_many
  --peers A,B       only these beside Treadle: bare, native, tokio, effect4, piscina, ports ...; none for Treadle alone
  --rounds N        processes per variant, at most (default 3)
  --samples N       samples per process, each of at least 20 ms (default 5)
  --minutes N       begin no round of a scenario that would end later (default 20; the first round always runs)
  --cpu             compare the CPU time of each operation, not the wall time: for a machine that others use too
  --markdown        also write docs/benchmarks.md and the figures behind it, docs/benchmarks.json: what was measured takes the
                    place of what stood there, the rest stays
  --from FILE       the table (and the page) of an earlier run; measures nothing
  --list            name the scenarios and their variants
The results of each run lie in benches/results/*.json.`;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { values: options } = parseArgs({
  options: {
    help: { type: "boolean", short: "h" },
    filter: { type: "string" },
    peers: { type: "string" },
    rounds: { type: "string", default: "3" },
    samples: { type: "string", default: "5" },
    minutes: { type: "string", default: "20" },
    markdown: { type: "boolean" },
    cpu: { type: "boolean" },
    from: { type: "string" },
    list: { type: "boolean" },
  },
});

const all = await loadScenarios();
if (options.help) console.log(HELP);
else if (options.list) list();
else await main();

function list() {
  for (const { scenario: s } of all) {
    console.log(`${s.name}: ${s.title}\n    ${Object.keys(s.variants).join(", ")}`);
  }
}

async function main() {
  const scenarios = all.map(({ scenario }) => scenario);
  refusePartialPage();
  const results = options.from === undefined ? await measureAll() : read(options.from);
  const { taken } = results[0];
  console.log(`\n${machineLine(taken)}\n\n${terminalTable(results, scenarios).join("\n")}`);
  if (options.markdown) writePage(results, scenarios);
  if (results.some(({ errors }) => Object.keys(errors).length > 0)) process.exitCode = 1;
}

/** Variants that were not measured would be gone from the page. */
function refusePartialPage() {
  if (!options.markdown || options.peers === undefined) return;
  console.error("--markdown writes whole scenarios: leave out --peers");
  process.exit(2);
}

/** The scenarios in the order of their groups, then of their files. */
async function loadScenarios() {
  const files = readdirSync(here("src")).filter((file) => file.endsWith(".mjs"));
  const loaded = await Promise.all(
    files.sort().map(async (file) => {
      const url = new URL(`src/${file}`, import.meta.url).href;
      const { scenario } = await import(url);
      return { url, file, scenario: { ...withTokio(scenario), group: groupOf(file) } };
    }),
  );
  return GROUPS.flatMap((group) => loaded.filter(({ scenario }) => scenario.group === group));
}

/** Measures what was asked for; each result carries when, of what and where it was taken. */
async function measureAll() {
  const settings = {
    rounds: count("rounds"),
    samples: count("samples"),
    limitMs: count("minutes") * 60_000,
    minMs: 20,
    warmupMs: 300,
    idleWarmupMs: 1500,
    budgetMs: 1200,
    timeoutMs: 120_000,
  };
  const taken = { date: new Date().toISOString(), commit: commit() };
  const before = load();
  const results = await runAll(chosen(), wanted, settings, progress());
  const by = options.cpu ? "cpu" : "wall";
  Object.assign(taken, { by, machine: machine(), versions: versions(), settings });
  taken.load = [before, load()];
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const all = results.map((result) => ({ ...result, taken }));
  save(taken, all);
  return all;
}

function count(name) {
  const value = Number(options[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} ${options[name]}: give a whole number above 0`);
  process.exit(2);
}

function chosen() {
  const parts = options.filter?.split(",") ?? [""];
  const found = all.filter(({ file, scenario }) =>
    parts.some((part) => scenario.name.includes(part) || file.includes(part)),
  );
  if (found.length > 0) return found;
  console.error(`--filter ${options.filter}: no scenario has that in its name; --list names them`);
  process.exit(2);
}

function wanted(variant) {
  const [library] = variant.split("-");
  return options.peers === undefined || library === "treadle" || peers().includes(library);
}

function peers() {
  return options.peers.split(",");
}

/** On a terminal one line that changes with each variant, elsewhere a line for each round of a scenario. */
function progress() {
  const began = performance.now();
  let last = "";
  return (round, scenario, variant) => {
    const seconds = String(Math.round((performance.now() - began) / 1000)).padStart(4);
    const text = `${seconds} s  round ${round + 1}  ${scenario}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text} ${variant}`);
    else if (last !== `${round} ${scenario}`) process.stderr.write(`${text}\n`);
    last = `${round} ${scenario}`;
  };
}

function save({ date }, results) {
  mkdirSync(here("results"), { recursive: true });
  const file = here(`results/${date.replaceAll(":", "-")}.json`);
  writeFileSync(file, `${JSON.stringify({ results }, null, 1)}\n`);
  console.error(`written: benches/results/${file.split("/").at(-1)}`);
}

function read(file) {
  return JSON.parse(readFileSync(file, "utf8")).results;
}

/**
 * The page, and the figures behind it: five digits, and what failed without the paths of this machine. A scenario that could
 * not be measured here keeps its former figures; one that is no more is left out.
 */
function writePage(measured, scenarios) {
  const file = here("../docs/benchmarks.json");
  const byName = new Map(read(file).map((result) => [result.name, result]));
  for (const result of measured) {
    if (result.skipped !== undefined && byName.has(result.name)) continue;
    byName.set(result.name, { ...result, errors: firstLines(result.errors) });
  }
  const results = scenarios.flatMap(({ name }) => byName.get(name) ?? []);
  writeFileSync(here("../docs/benchmarks.md"), page(results, scenarios));
  writeFileSync(file, `${JSON.stringify({ results }, shorter, 1)}\n`);
  console.error("written: docs/benchmarks.md, docs/benchmarks.json");
}

function firstLines(errors) {
  return Object.fromEntries(
    Object.entries(errors).map(([variant, error]) => [
      variant,
      error.split("\n", 1)[0].replaceAll(here(".."), ""),
    ]),
  );
}

function shorter(_key, value) {
  return typeof value === "number" ? Number(value.toPrecision(5)) : value;
}
