// The results joined with what the scenarios say about themselves, and judged; how figures are written.
import { ratio } from "./stats.mjs";

/** One item for each figure of each scenario: `entries` has what was measured, by variant. */
export function figures(report, scenarios) {
  return report.results.flatMap((result) => {
    const scenario = scenarios.find(({ name }) => name === result.name);
    return Object.entries(scenario?.metrics ?? {}).map(([metric, info]) => {
      const shown = metric === "wall" ? report.by : metric;
      return { scenario, metric, info, entries: result.metrics[shown], title: titleOf(info) };
    });
  });
}

const titleOf = (info) => (info.title === undefined ? "" : ` ${info.title}`);

/** One item for each goal: what is wanted, what was found by the median ratio and by the best samples, and the verdict. */
export function goals(report, scenarios) {
  return figures(report, scenarios).flatMap(({ scenario, metric, info, entries, title }) =>
    scenario.goals
      .filter((goal) => goal.metric === metric)
      .map((goal) => ({
        name: `${scenario.name}${title}${goal.of === undefined ? "" : `, ${goal.of}`}`,
        wanted: wording(goal, info.unit),
        ...judge(goal, entries, info.unit),
      })),
  );
}

function wording({ against, atMost, faster }, unit) {
  if (against === undefined) return `at most ${amount(atMost, unit)}`;
  return faster === undefined
    ? `at most ${atMost} x ${against}`
    : `at least ${faster} x faster than ${against}`;
}

/** Absolute goals are judged by the median, relative ones by the median over rounds of the ratio within a round. */
function judge(goal, entries, unit) {
  const { against, atMost, faster, info } = goal;
  const ours = entries[goal.of ?? "treadle"];
  const base = against === undefined ? ours : entries[against];
  if (ours === undefined || base === undefined) {
    return { verdict: "not measured", found: "-", best: "-" };
  }
  if (against === undefined) {
    const verdict = verdictOf(ours.median <= atMost, info);
    return { verdict, found: amount(ours.median, unit), best: amount(ours.min, unit) };
  }
  const { paired, minima } = faster === undefined ? ratio(ours, base) : ratio(base, ours);
  const met = faster === undefined ? paired <= atMost : paired >= faster;
  return { verdict: verdictOf(met, info), found: times(paired), best: times(minima) };
}

function verdictOf(met, info) {
  const verdict = met ? "met" : "MISSED";
  return info ? `for information: ${verdict}` : verdict;
}

/** The median, and how many times the base that is: the median ratio, then that of the best samples. */
export function compared(entry, base, unit) {
  const value = amount(entry.median, unit);
  if (base === undefined || base === entry || !isTime(unit)) return value;
  const { paired, minima } = ratio(entry, base);
  return Number.isFinite(paired) ? `${value} (${times(paired)}, ${times(minima)})` : value;
}

/** Bytes and counts that are meant to be 0 have no ratio worth telling. */
export function isTime(unit) {
  return unit === "ns" || unit === "ms";
}

/** The variants that did fewer operations than the scenario says, in words. */
export function shorterRuns(report, scenarios) {
  return report.results.flatMap(({ name, ops }) => {
    const whole = scenarios.find((scenario) => scenario.name === name)?.ops;
    return Object.entries(ops)
      .filter(([, count]) => count !== whole)
      .map(([variant, count]) => `${name}, ${variant}: ${count} operations instead of ${whole}`);
  });
}

/** What failed, by its first line. */
export function failures(report) {
  return report.results.flatMap(({ name, errors }) =>
    Object.entries(errors).map(
      ([variant, error]) => `FAILED: ${name} ${variant}: ${error.split("\n", 1)[0]}`,
    ),
  );
}

/** A figure with three digits and the unit that fits it. */
export function amount(value, unit) {
  if (unit === "ns" && value >= 1e6) return `${digits(value / 1e6)} ms`;
  if (unit === "ns" && value >= 1e3) return `${digits(value / 1e3)} µs`;
  return unit === "" ? String(value) : `${digits(value)} ${unit}`;
}

export function range([low, high], unit) {
  return low === high ? amount(low, unit) : `${amount(low, unit)}..${amount(high, unit)}`;
}

export function times(value) {
  return Number.isFinite(value) ? `${digits(value)}x` : "-";
}

function digits(value) {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(2);
}
