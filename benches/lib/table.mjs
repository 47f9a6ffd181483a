// The results in lines for a terminal: one line per figure, one column per peer, the goals under it.
import { compared, failures, figures, goals, range, shorterRuns } from "./figures.mjs";

/** The variants that have a column of their own in the overview. */
export const PEERS = ["bare", "native", "effect4", "effect4-untraced", "effect3", "effection"];
export const HEAD = ["scenario", "Treadle", "p10..p90", "Tokio in Rust", ...PEERS];

export function terminalTable(report, scenarios) {
  const rows = [HEAD, ...overview(report, scenarios)];
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  const line = (row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join("  ");
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  const [head, ...body] = rows.map(line);
  return [
    head,
    rule,
    ...body,
    "",
    ...notes(report, scenarios),
    "",
    ...goals(report, scenarios).map(
      (goal) => `${goal.verdict}: ${goal.name} ${goal.wanted}: ${goal.found} (best ${goal.best})`,
    ),
    ...failures(report),
  ];
}

/** The rows under {@link HEAD}. */
export function overview(report, scenarios) {
  return figures(report, scenarios).map(({ scenario, info, entries }) => {
    const ours = entries.treadle;
    return [
      info.title === undefined ? scenario.name : `${scenario.name}: ${info.title}`,
      ours === undefined ? "-" : compared(ours, undefined, info.unit),
      ours === undefined ? "-" : range([ours.p10, ours.p90], info.unit),
      info.tokio === undefined ? "" : range(info.tokio, info.unit),
      ...PEERS.map((name) => cell(entries[name], ours, scenario.variants[name], info.unit)),
    ];
  });
}

function cell(entry, ours, variant, unit) {
  if (variant === undefined) return "";
  return entry === undefined ? "-" : compared(entry, ours, unit);
}

function notes(report, scenarios) {
  const lines = [
    `Medians of the ${report.by === "cpu" ? "CPU" : "wall"} time per operation.`,
    "(x, x): how many times what Treadle takes: the median over rounds of the ratio within a round; the ratio of the best" +
      " samples. Tokio in Rust: Tokio 1.48, release build, the range of medians measured on a machine of this kind, not in" +
      " this run.",
  ];
  for (const { scenario, title, entries, info } of figures(report, scenarios)) {
    for (const [name, entry] of Object.entries(entries)) {
      if (name === "treadle" || PEERS.includes(name)) continue;
      lines.push(
        `${scenario.name}${title}, ${name}: ${compared(entry, entries.treadle, info.unit)}`,
      );
    }
  }
  return [...lines, ...shorterRuns(report, scenarios)];
}

export function machineLine({ machine: m, versions: v, load }) {
  const peers = `effect ${v.effect} and ${v.effect3}, effection ${v.effection}`;
  const busy = load === undefined ? "" : `; load ${load.map((l) => l.toFixed(1)).join(" to ")}`;
  return `${m.cpu}, ${m.cores} cores, ${m.kernel}, Node ${m.node}; Treadle ${v.treadle}, ${peers}${busy}`;
}
