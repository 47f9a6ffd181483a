// Treadle and its peers side by side: `npm run bench -- --help`.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { machine, versions } from "./lib/machine.mjs";
import { runScenario } from "./lib/runner.mjs";
import { machineLine, markdownTable, terminalTable } from "./lib/table.mjs";

const HELP = `Runs the same work on Treadle, plain Node, Effect 4 and 3, Effection and, where it makes sense, a bare loop of
generators. Each measurement is a process of its own; the variants of a scenario take turns.

npm run bench -- [options]
  --filter TEXT     only scenarios whose name contains TEXT (comma for several)
  --peers A,B       only these variants beside Treadle: ${"bare, native, effect4, effect3, effection"}; none for Treadle alone
  --rounds N        processes per variant (default 3)
  --samples N       samples per process, each of at least 20 ms (default 7)
  --markdown        also write the table into docs/benchmarks.md
  --cpu             compare the CPU time of each operation, not the wall time: for a machine that others use too
  --from FILE       print the table of an earlier run
  --list            name the scenarios
The results lie in benches/results/*.json.`;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const BEGIN = "<!-- written by `npm run bench -- --markdown` -->";
const END = "<!-- end of what is written -->";

const { values: options } = parseArgs({
  options: {
    help: { type: "boolean", short: "h" },
    filter: { type: "string" },
    peers: { type: "string" },
    rounds: { type: "string", default: "3" },
    samples: { type: "string", default: "7" },
    markdown: { type: "boolean" },
    cpu: { type: "boolean" },
    from: { type: "string" },
    list: { type: "boolean" },
  },
});

const all = await loadScenarios();
if (options.help) console.log(HELP);
else if (options.list) for (const { scenario: s } of all) console.log(`${s.name}: ${s.title}`);
else await main();

async function main() {
  const scenarios = all.map(({ scenario }) => scenario);
  const report =
    options.from === undefined
      ? await measureAll()
      : JSON.parse(readFileSync(options.from, "utf8"));
  report.by = options.cpu ? "cpu" : "wall";
  console.log(`\n${machineLine(report)}\n\n${terminalTable(report, scenarios).join("\n")}`);
  if (options.markdown) writeMarkdown(markdownTable(report, scenarios));
  if (report.results.some(({ errors }) => Object.keys(errors).length > 0)) process.exitCode = 1;
}

async function loadScenarios() {
  const files = readdirSync(here("src")).filter((file) => file.endsWith(".mjs"));
  return Promise.all(
    files.sort().map(async (file) => {
      const url = new URL(`src/${file}`, import.meta.url).href;
      return { url, scenario: (await import(url)).scenario };
    }),
  );
}

async function measureAll() {
  const settings = {
    rounds: count("rounds"),
    samples: count("samples"),
    minMs: 20,
    warmupMs: 400,
    budgetMs: 2500,
    timeoutMs: 120_000,
  };
  const report = { date: new Date().toISOString(), machine: machine(), versions: versions() };
  report.settings = settings;
  report.results = [];
  for (const entry of chosen()) {
    const variants = Object.keys(entry.scenario.variants).filter(wanted);
    report.results.push(await runScenario(entry, variants, settings, progress));
  }
  progress("");
  save(report);
  return report;
}

function count(name) {
  const value = Number(options[name]);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} ${options[name]}: give a whole number above 0`);
  process.exit(2);
}

function chosen() {
  const parts = options.filter?.split(",") ?? [""];
  const found = all.filter(({ scenario }) => parts.some((part) => scenario.name.includes(part)));
  if (found.length > 0) return found;
  console.error(`--filter ${options.filter}: no scenario has that in its name; --list names them`);
  process.exit(2);
}

function wanted(variant) {
  if (options.peers === undefined || variant.split("-")[0] === "treadle") return true;
  return options.peers.split(",").includes(variant.split("-")[0]);
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function save(report) {
  mkdirSync(here("results"), { recursive: true });
  const file = here(`results/${report.date.replaceAll(":", "-")}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
  console.error(`written: ${file}`);
}

/** Puts the table between the marks in docs/benchmarks.md, which is made if it is not there. */
function writeMarkdown(lines) {
  const file = here("../docs/benchmarks.md");
  const old = existsSync(file) ? readFileSync(file, "utf8") : `# Benchmarks\n\n${BEGIN}\n${END}\n`;
  const [before, rest] = old.split(BEGIN);
  const after = rest?.split(END)[1] ?? "\n";
  writeFileSync(file, `${before}${BEGIN}\n\n${lines.join("\n")}\n\n${END}${after}`);
  console.error(`written: ${file}`);
}
