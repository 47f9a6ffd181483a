// The results in lines for a terminal: a table for each group, one line per figure, one column per peer, the goals under it.
import { compared, failures, figures, goals, range, shorterRuns } from "./figures.mjs";
import { bestOf, GROUPS } from "./groups.mjs";

export function terminalTable(results, scenarios) {
  return [
    ...GROUPS.flatMap((group) => groupLines(group, results, scenarios)),
    ...notes(results, scenarios),
    "",
    ...goals(results, scenarios).map(
      (goal) => `${goal.verdict}: ${goal.name} ${goal.wanted}: ${goal.found} (best ${goal.best})`,
    ),
    ...failures(results),
  ];
}

function groupLines(group, results, scenarios) {
  const [head, ...body] = overview(group, results, scenarios);
  if (body.length === 0) return [];
  const rows = [head, ...body];
  const widths = head.map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  const line = (row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join("  ");
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [group.title, "", line(head), rule, ...body.map(line), ""];
}

/** The head and the rows of the table of a group; columns in which nothing stands are left out. */
export function overview(group, results, scenarios) {
  const { columns, best } = group;
  const own = results.filter(({ name }) => scenarios.find((s) => s.name === name)?.group === group);
  const head = ["scenario", "Treadle", "p10..p90", "Tokio elsewhere", ...columns];
  if (best !== undefined) head.push("best packaged pool");
  const rows = figures(own, scenarios).map((figure) => [
    ...firstCells(figure),
    ...columns.map((name) => cell(figure, name)),
    ...(best === undefined ? [] : [bestCell(figure, best)]),
  ]);
  const shown = head.map((_, at) => at < 3 || rows.some((row) => row[at] !== ""));
  return [head, ...rows].map((row) => row.filter((_, at) => shown[at]));
}

function firstCells({ scenario, info, entries, title }) {
  const ours = entries.treadle;
  return [
    `${scenario.name}${title}`,
    ours === undefined ? "-" : compared(ours, undefined, info.unit),
    ours === undefined ? "-" : range([ours.p10, ours.p90], info.unit),
    info.tokio === undefined ? "" : range(info.tokio, info.unit),
  ];
}

function cell({ scenario, info, entries }, name) {
  if (scenario.variants[name] === undefined) return "";
  const entry = entries[name];
  return entry === undefined ? "-" : compared(entry, entries.treadle, info.unit);
}

function bestCell({ info, entries }, names) {
  const found = bestOf(entries, names);
  if (found === undefined) return "";
  return `${found[0]} ${compared(found[1], entries.treadle, info.unit)}`;
}

function notes(results, scenarios) {
  const lines = [
    "(x, x): how many times what Treadle takes: the median over rounds of the ratio within a round; the ratio of the best" +
      " samples. Tokio elsewhere: Tokio 1.48 in Rust, release build, the range of medians measured on a machine of this kind, not in" +
      " this run.",
  ];
  for (const { scenario, title, entries, info } of figures(results, scenarios)) {
    for (const [name, entry] of Object.entries(entries)) {
      if (name === "treadle" || scenario.group.columns.includes(name)) continue;
      lines.push(
        `${scenario.name}${title}, ${name}: ${compared(entry, entries.treadle, info.unit)}`,
      );
    }
  }
  return [...lines, ...shorterRuns(results, scenarios)];
}

export function machineLine({ machine: m, versions, load, by }) {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const busy = load === undefined ? "" : `; load ${load.map((l) => l.toFixed(1)).join(" to ")}`;
  return (
    `${m.cpu}, ${m.cores} cores, ${m.kernel}, Node ${m.node}; ${packages.join(", ")}${busy};` +
    ` medians of the ${by === "cpu" ? "CPU" : "wall"} time`
  );
}
