// The results as the page docs/benchmarks.md.
import { amount, failures, figures, goals, isTime, range, shorterRuns, times } from "./figures.mjs";
import { ratio } from "./stats.mjs";
import { HEAD, overview } from "./table.mjs";

export function page(report, scenarios) {
  return [
    "# Benchmarks",
    "",
    ...introduction(report),
    "",
    "## Where and how this was measured",
    "",
    ...where(report),
    "",
    ...method(report),
    "",
    "## Overview",
    "",
    ...legend(report),
    "",
    ...table(HEAD, overview(report, scenarios)),
    "",
    "## Goals",
    "",
    "What this project has set itself, judged by the median ratio (absolute goals by the median). Goals marked as for" +
      " information compare with a second form of the same thing and are not among those set.",
    "",
    ...goalTable(goals(report, scenarios)),
    "",
    "## Scenario by scenario",
    ...report.results.flatMap((result) => section(result, report, scenarios)),
    "",
  ].join("\n");
}

function introduction(report) {
  return [
    "The same small programs in Treadle, in plain Node, in Effect 4 and 3 and in Effection, and, where it makes sense, in a" +
      " bare loop that calls generators with nothing round it. They measure what a runtime costs, not what a program does;" +
      " they say nothing about a program whose time goes elsewhere.",
    "",
    "This page is written by one command, which installs and builds first if need be:",
    "",
    "    npm run bench -- --markdown",
    "",
    `It takes at most about ${report.settings.limitMs / 60_000} minutes. \`npm run bench -- --help\` names the options, \`benchmarks.json\` holds the figures.`,
  ];
}

function where({ date, machine: m, versions: v, load, results }) {
  const failed = results.some(({ errors }) => Object.keys(errors).length > 0);
  return [
    `- ${date.slice(0, 10)}; ${m.cpu}, ${m.cores} cores, ${m.memoryGiB} GiB, ${m.kernel}`,
    `- Node ${m.node}, V8 ${m.v8}, libuv ${m.uv}; Treadle ${v.treadle}, effect ${v.effect} (effect4) and ${v.effect3}` +
      ` (effect3), effection ${v.effection}`,
    `- load average ${load[0].toFixed(1)} at the beginning and ${load[1].toFixed(1)} at the end; a machine that does nothing` +
      " else ends at about 1",
    ...(failed ? failures({ results }).map((line) => `- ${line}`) : []),
  ];
}

function method({ settings: s, by }) {
  return [
    `- Each measurement is a process of its own: ${s.warmupMs} ms of CPU time to warm up (at most ${s.idleWarmupMs} ms where it` +
      ` mostly waits), then up to ${s.samples} samples of at least ${s.minMs} ms each,` +
      ` ${by === "cpu" ? "by CPU time" : "by wall time"}. What one operation takes is a sample divided by its operations.`,
    `- Up to ${s.rounds} rounds. In a round the variants of a scenario run one after the other, every other round in reverse, so` +
      " that what is compared was measured within seconds.",
    "- The result of every iteration is checked.",
    "- No garbage collection is forced and no V8 option is set, except in `repoll`, which counts bytes.",
    "- On a shared machine medians move between runs by a factor of up to two, ratios by much less; a ratio between 0.8 and" +
      " 1.25 is no difference.",
  ];
}

function legend() {
  return [
    "Each cell is a median; in brackets how many times what Treadle takes, so above 1 is slower than Treadle and below 1" +
      " faster: first the median over rounds of the ratio within a round, then the ratio of the best sample of each.",
    "",
    "**Tokio in Rust** is Tokio 1.48 in a release build: the range of the medians of five runs, measured on a machine of this" +
      " kind (a virtual one with 2 cores of an Intel Xeon, shared), not in this run. It is a mark to compare with, not a" +
      " result of this page: a difference below a factor of two means nothing.",
  ];
}

function goalTable(items) {
  const rows = items.map(({ name, wanted, found, best, verdict }) => [
    name,
    wanted,
    found,
    best,
    verdict === "MISSED" ? "**missed**" : verdict.replace("MISSED", "missed"),
  ]);
  return table(["figure", "goal", "found", "by best samples", "verdict"], rows, 2);
}

function section(result, report, scenarios) {
  const scenario = scenarios.find(({ name }) => name === result.name);
  if (scenario === undefined) return [];
  const own = figures({ ...report, results: [result] }, scenarios);
  const shorter = shorterRuns({ results: [result] }, scenarios);
  return [
    "",
    `### ${scenario.name}: ${scenario.title}`,
    "",
    scenario.about,
    ...own.flatMap((figure) => figureTable(figure)),
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

/** The first `left` columns hold text. */
function table(head, rows, left = 1) {
  const line = (row) => `| ${row.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at < left ? "---" : "---:"))), ...rows.map(line)];
}
