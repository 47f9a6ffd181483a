// The results as the page docs/benchmarks.md: each scenario may be of another run.
import { amount, failures, figures, goals, isTime, range, shorterRuns, times } from "./figures.mjs";
import { GROUPS } from "./groups.mjs";
import { ratio } from "./stats.mjs";
import { overview } from "./table.mjs";

export function page(results, scenarios) {
  return [
    "# Benchmarks",
    "",
    ...introduction(),
    "",
    "## Goals",
    "",
    ...goalSection(results, scenarios),
    "",
    "## Where and how this was measured",
    "",
    ...where(results, scenarios),
    "",
    ...method(),
    "",
    "## Overview",
    "",
    ...legend(),
    ...GROUPS.flatMap((group) => overviewOf(group, results, scenarios)),
    ...GROUPS.flatMap((group) => groupSection(group, results, scenarios)),
    "",
    ...elsewhere(),
    "",
  ].join("\n");
}

function introduction() {
  return [
    "The same small programs in Treadle, in plain Node and in what else there is for the same work: Effect 4 and 3 and Effection" +
      " on one thread, pools of worker threads on many; and, where it makes sense, in a bare loop or on bare `Atomics` with" +
      " nothing round it, which is the limit. They measure what a runtime costs, not what a program does; they say nothing" +
      " about a program whose time goes elsewhere.",
    "",
    "This page is written by one command, which installs and builds first if need be:",
    "",
    "    npm run bench -- --markdown",
    "",
    "With `--filter NAME` only the scenarios with that in their name are measured again, and the others stay as they were." +
      " `npm run bench -- --help` names the options, `benchmarks.json` holds the figures.",
  ];
}

function goalSection(results, scenarios) {
  const all = goals(results, scenarios);
  const judged = all.filter(({ verdict }) => !verdict.startsWith("for information"));
  const set = judged.filter(({ verdict }) => verdict !== "not measured");
  const unmeasured = judged.length - set.length;
  const met = set.filter(({ verdict }) => verdict === "met");
  return [
    `What this project has set itself: ${met.length} of ${set.length} are met${unmeasured === 0 ? "" : `, and ${unmeasured} were not measured this time`}. Judged by the median ratio, absolute goals by the` +
      " median. Those for information are not among those set: they compare with a second form of the same thing, or with" +
      " Tokio in Rust, elsewhere the upper end of its range (below).",
    ...GROUPS.flatMap((group) => goalTable(group, results, scenarios)),
  ];
}

function goalTable(group, results, scenarios) {
  const rows = goals(ofGroup(group, results, scenarios), scenarios).map(
    ({ name, wanted, found, best, verdict }) => [name, wanted, found, best, marked(verdict)],
  );
  if (rows.length === 0) return [];
  const head = [`${group.title}: figure`, "goal", "found", "by best samples", "verdict"];
  return ["", ...table(head, rows, 2)];
}

function marked(verdict) {
  return verdict === "MISSED" ? "**missed**" : verdict.replace("MISSED", "missed");
}

function ofGroup(group, results, scenarios) {
  return results.filter(({ name }) => scenarios.find((s) => s.name === name)?.group === group);
}

/** The machines and packages, then a row for each run whose figures are here. */
function where(results, scenarios) {
  const runs = new Map();
  for (const { name, taken } of results) {
    const run = runs.get(taken.date) ?? { taken, names: [] };
    run.names.push(name);
    runs.set(taken.date, run);
  }
  const all = [...runs.values()].sort((a, b) => b.names.length - a.names.length);
  const head = [
    "measured (UTC)",
    "commit",
    "Node",
    "load before, after",
    "rounds x samples",
    "what",
  ];
  return [
    ...distinct(all.map(({ taken }) => machineText(taken.machine))).map((text) => `- ${text}`),
    `- ${distinct(all.flatMap(({ taken }) => packagesOf(taken.versions))).join(", ")}`,
    "- A machine that does nothing else ends with a load average of about 1, or 2 after the scenarios of many threads.",
    ...[...notYet(results, scenarios), ...failures(results)].map((line) => `- ${line}`),
    "",
    ...table(
      head,
      all.map((run, at) => runRow(run, at === 0 && all.length > 1)),
      6,
    ),
  ];
}

/** The scenarios that no run has measured since they are there. */
function notYet(results, scenarios) {
  const names = scenarios.map(({ name }) => name);
  const missing = names.filter((name) => !results.some((result) => result.name === name));
  return missing.length === 0 ? [] : [`Not measured yet: ${missing.join(", ")}.`];
}

const distinct = (texts) => [...new Set(texts)];

const machineText = (m) => `${m.cpu}, ${m.cores} cores, ${m.memoryGiB} GiB, ${m.kernel}`;

const packagesOf = (versions) =>
  Object.entries(versions).map(([name, version]) => `${name} ${version}`);

function runRow({ taken, names }, most) {
  const { date, commit, machine: m, load, by, settings } = taken;
  return [
    date.slice(0, 16).replace("T", " "),
    commit,
    `${m.node}, V8 ${m.v8}, libuv ${m.uv}`,
    `${load[0].toFixed(1)}, ${load[1].toFixed(1)}`,
    `${settings.rounds} x ${settings.samples}${by === "cpu" ? ", by CPU time" : ""}`,
    most ? "all the others" : names.join(", "),
  ];
}

function method() {
  return [
    "- Each measurement is a process of its own: some hundred milliseconds to warm up, then samples of at least 20 ms each, by" +
      " wall time. What one operation takes is a sample divided by its operations.",
    "- In a round the variants of a scenario run one after the other, every other round in reverse, so that what is compared was" +
      " measured within seconds. Not every scenario takes part in every round.",
    "- The result of every iteration is checked.",
    "- No garbage collection is forced and no V8 option is set, except in `repoll`, which counts bytes.",
    "- CPU of all threads is what `process.cpuUsage()` says: of the main thread, the workers and those of Node.",
    "- On a shared machine medians move between runs by a factor of up to two, ratios by much less; a ratio between 0.8 and" +
      " 1.25 is no difference.",
  ];
}

function legend() {
  return [
    "Each cell is a median; in brackets how many times what Treadle takes, so above 1 is slower than Treadle and below 1" +
      " faster: first the median over rounds of the ratio within a round, then the ratio of the best sample of each.",
    "",
    "**tokio** is Tokio 1.48 in Rust, release build, measured by turns with the others: `npm run bench:tokio` builds it from" +
      " `benches/tokio`, and without that it is left out.",
    "",
    "**Tokio elsewhere** is the same Tokio: the range of the medians of five runs, measured on another machine of this" +
      " kind (a virtual one with 2 cores of an Intel Xeon, shared), not in this run. It is a mark to compare with, not a" +
      " result of this page: a difference below a factor of two means nothing.",
  ];
}

function overviewOf(group, results, scenarios) {
  const [head, ...rows] = overview(group, results, scenarios);
  if (rows.length === 0) return [];
  return ["", `### ${group.title}`, "", ...table(head, rows)];
}

function groupSection(group, results, scenarios) {
  const own = ofGroup(group, results, scenarios);
  if (own.length === 0) return [];
  return [
    "",
    `## ${group.title}, scenario by scenario`,
    ...own.flatMap((result) => section(result, scenarios)),
  ];
}

function section(result, scenarios) {
  const scenario = scenarios.find(({ name }) => name === result.name);
  const shorter = shorterRuns([result], scenarios);
  return [
    "",
    `### ${scenario.name}: ${scenario.title}`,
    "",
    scenario.about,
    ...figures([result], scenarios).flatMap((figure) => figureTable(figure)),
    ...(shorter.length === 0 ? [] : ["", `${shorter.join("; ")}.`]),
  ];
}

const FIGURE_HEAD = ["median", "p10..p90", "best", "x Treadle", "round by round", "x by best"];

function figureTable({ scenario, info, entries }) {
  const rows = Object.entries(entries).map(([name, entry]) => [
    `${name}`,
    says(scenario, name),
    amount(entry.median, info.unit),
    range([entry.p10, entry.p90], info.unit),
    amount(entry.min, info.unit),
    ...ratios(entry, isTime(info.unit) ? entries.treadle : undefined),
  ]);
  const title = info.title === undefined ? "variant" : info.title;
  return ["", ...table([title, "what it is", ...FIGURE_HEAD], rows, 2)];
}

/** The variants of Effect 3 are those of Effect 4. */
function says({ says: texts = {} }, name) {
  return texts[name] ?? texts[name.replace("effect3", "effect4")] ?? "";
}

function ratios(entry, ours) {
  if (ours === undefined || ours === entry) return ["", "", ""];
  const { paired, rounds, minima } = ratio(entry, ours);
  return [times(paired), rounds.map(times).join(" "), times(minima)];
}

function elsewhere() {
  return [
    "## Elsewhere",
    "",
    "- [How fast a signal arrives](signal-latency.md): `node benches/signal-latency.mjs`.",
    "- [Where the time goes](performance.md), and what keeps a program fast.",
  ];
}

/** The first `left` columns hold text. */
function table(head, rows, left = 1) {
  const line = (row) => `| ${row.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at < left ? "---" : "---:"))), ...rows.map(line)];
}
