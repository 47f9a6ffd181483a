// The results as a table: one line per figure, one column per peer, and the goals under it.

const PEERS = ["bare", "native", "effect4", "effect3", "effection"];
const HEAD = ["scenario", "Treadle", "p10..p90", "Tokio in Rust", ...PEERS];

/** `results` joined with what the scenarios say about themselves, in lines for a terminal. */
export function terminalTable(report, scenarios) {
  const rows = [HEAD, ...tableRows(report, scenarios)];
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  const line = (row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join("  ");
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [
    ...rows.slice(0, 1).map(line),
    rule,
    ...rows.slice(1).map(line),
    "",
    ...notes(report, scenarios),
  ];
}

/** The same as Markdown. */
export function markdownTable(report, scenarios) {
  const line = (row) => `| ${row.join(" | ")} |`;
  return [
    `${machineLine(report)}.`,
    "",
    line(HEAD),
    line(HEAD.map((_, at) => (at === 0 ? "---" : "---:"))),
    ...tableRows(report, scenarios).map(line),
    "",
    ...notes(report, scenarios).map((note) => (note === "" ? "" : `- ${note}`)),
  ];
}

export function machineLine({ machine: m, versions: v }) {
  const peers = `effect ${v.effect} and ${v.effect3}, effection ${v.effection}`;
  return `${m.cpu}, ${m.cores} cores, ${m.kernel}, Node ${m.node}; Treadle ${v.treadle}, ${peers}`;
}

function tableRows(report, scenarios) {
  return figures(report, scenarios).map(({ scenario, metric, entries, info }) => {
    const ours = entries.treadle;
    return [
      info.title === undefined ? scenario.name : `${scenario.name}: ${info.title}`,
      ours === undefined ? "-" : amount(ours.median, info.unit),
      ours === undefined ? "-" : `${amount(ours.p10, info.unit)}..${amount(ours.p90, info.unit)}`,
      info.tokio === undefined ? "" : range(info.tokio, info.unit),
      ...PEERS.map((name) => cell(entries[name], scenario.variants[name], info.unit, metric)),
    ];
  });
}

function figures(report, scenarios) {
  return report.results.flatMap((result) => {
    const scenario = scenarios.find(({ name }) => name === result.name);
    return Object.entries(scenario?.metrics ?? {}).map(([metric, info]) => {
      const shown = metric === "wall" ? report.by : metric;
      return { scenario, metric, info, entries: result.metrics[shown] };
    });
  });
}

function cell(entry, variant, unit) {
  if (variant === undefined) return "";
  if (entry === undefined) return "-";
  const value = amount(entry.median, unit);
  return Number.isFinite(entry.pairedRatio) ? `${value} (${times(entry.pairedRatio)})` : value;
}

function notes(report, scenarios) {
  const lines = [
    `Compared by ${report.by === "cpu" ? "CPU" : "wall"} time per operation.`,
    "(x): how many times what Treadle takes, the median over rounds of the ratio within a round. Tokio in Rust: Tokio 1.48," +
      " release build, the range of medians measured on a machine of this kind, not in this run.",
  ];
  for (const { scenario, entries, info } of figures(report, scenarios)) {
    for (const [name, entry] of Object.entries(entries)) {
      if (name === "treadle" || PEERS.includes(name)) continue;
      lines.push(`${scenario.name}${titleOf(info)}, ${name}: ${cell(entry, true, info.unit)}`);
    }
  }
  for (const { name, ops } of report.results) {
    const whole = scenarios.find((scenario) => scenario.name === name)?.ops;
    const fewer = Object.entries(ops).filter(([, count]) => count !== whole);
    for (const [variant, count] of fewer)
      lines.push(`${name}, ${variant}: ${count} instead of ${whole}.`);
  }
  return [...lines, "", ...goalLines(report, scenarios), ...errorLines(report)];
}

function goalLines(report, scenarios) {
  return figures(report, scenarios).flatMap(({ scenario, metric, info, entries }) =>
    scenario.goals
      .filter((goal) => goal.metric === metric)
      .map((goal) => {
        const { met, found } = judge(goal, entries, info.unit);
        const verdict = met === undefined ? "unknown" : met ? "met" : "MISSED";
        return `${verdict}: ${scenario.name}${titleOf(info)} ${wording(goal, info.unit)}: ${found}`;
      }),
  );
}

const titleOf = (info) => (info.title === undefined ? "" : ` ${info.title}`);

function wording({ against, atMost, faster }, unit) {
  if (against === undefined) return `at most ${amount(atMost, unit)}`;
  return faster === undefined
    ? `at most ${atMost} x ${against}`
    : `at least ${faster} x faster than ${against}`;
}

/** Whether a goal is met: absolute ones by the median, relative ones by the paired ratio. */
export function judge({ against, atMost, faster }, entries, unit) {
  if (against === undefined) {
    const value = entries.treadle?.median;
    if (value === undefined) return { met: undefined, found: "not measured" };
    return { met: value <= atMost, found: amount(value, unit) };
  }
  const ratio = entries[against]?.pairedRatio;
  if (ratio === undefined) return { met: undefined, found: "not measured" };
  return faster === undefined
    ? { met: 1 / ratio <= atMost, found: `${(1 / ratio).toFixed(2)} x` }
    : { met: ratio >= faster, found: `${ratio.toFixed(1)} x` };
}

function errorLines(report) {
  return report.results.flatMap(({ name, errors }) =>
    Object.entries(errors).map(([variant, error]) => `FAILED: ${name} ${variant}: ${error}`),
  );
}

/** A figure with three digits and the unit that fits it. */
export function amount(value, unit) {
  if (unit === "ns" && value >= 1e6) return `${digits(value / 1e6)} ms`;
  if (unit === "ns" && value >= 1e3) return `${digits(value / 1e3)} µs`;
  return unit === "" ? String(value) : `${digits(value)} ${unit}`;
}

function digits(value) {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

function range([low, high], unit) {
  return low === high ? amount(low, unit) : `${amount(low, unit)}..${amount(high, unit)}`;
}

function times(ratio) {
  return `${digits(ratio)}x`;
}
