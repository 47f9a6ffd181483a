// The results joined with what the scenarios say about themselves, and judged; how figures are written.
import { bestOf } from "./groups.mjs";
import { ratio } from "./stats.mjs";

/** One item for each figure of each scenario: `entries` has what was measured, by variant. */
export function figures(results, scenarios) {
  return results.flatMap((result) => {
    const scenario = scenarios.find(({ name }) => name === result.name);
    return Object.entries(scenario?.metrics ?? {}).map(([metric, info]) => {
      const shown = metric === "wall" && result.taken.by === "cpu" ? "cpu" : metric;
      const entries = result.metrics[shown] ?? {};
      return { scenario, metric, info, entries, title: titleOf(info) };
    });
  });
}

const titleOf = (info) => (info.title === undefined ? "" : `: ${info.title}`);

/** One item for each goal: what is wanted, what was found by the median ratio and by the best samples, and the verdict. */
export function goals(results, scenarios) {
  return figures(results, scenarios).flatMap((figure) =>
    goalsOf(figure).map((goal) => ({ name: nameOf(figure, goal), ...judge(goal, figure) })),
  );
}

/** The goals that a scenario names for a figure, and Tokio's own figure where there is one. */
function goalsOf({ scenario, metric, info }) {
  const named = scenario.goals.filter((goal) => goal.metric === metric);
  if (info.tokio === undefined || info.unit === "") return named;
  if (named.some(({ against, atMost }) => against === undefined && atMost === info.tokio[1]))
    return named;
  return [...named, { metric, atMost: info.tokio[1], tokio: true, info: true }];
}

const nameOf = ({ scenario, title }, { of }) =>
  `${scenario.name}${title}${of === undefined ? "" : `, ${of}`}`;

/** Absolute goals are judged by the median, relative ones by the median over rounds of the ratio within a round. */
function judge(goal, { entries, info }) {
  const ours = entries[goal.of ?? "treadle"];
  const [against, base] = rivalOf(goal, entries, ours);
  const wanted = goal.wording ?? wording(goal, against, info.unit);
  if (ours === undefined || base === undefined) {
    return { wanted, verdict: "not measured", found: "-", best: "-" };
  }
  if (against === undefined) {
    const verdict = verdictOf(ours.median <= goal.atMost, goal.info);
    return {
      wanted,
      verdict,
      found: amount(ours.median, info.unit),
      best: amount(ours.min, info.unit),
    };
  }
  const slower = goal.faster === undefined;
  const { paired, minima } = slower ? ratio(ours, base) : ratio(base, ours);
  const met = slower ? paired <= goal.atMost : paired >= goal.faster;
  return { wanted, verdict: verdictOf(met, goal.info), found: times(paired), best: times(minima) };
}

/** The name and the entry of what a goal compares with; no name where the goal is absolute. */
function rivalOf({ against, againstBest }, entries, ours) {
  if (againstBest !== undefined) return bestOf(entries, againstBest) ?? [againstBest.join(", ")];
  return against === undefined ? [undefined, ours] : [against, entries[against]];
}

function wording({ atMost, faster, tokio, againstBest }, against, unit) {
  if (tokio) return `at most Tokio's elsewhere, ${amount(atMost, unit)}`;
  if (against === undefined) return `at most ${amount(atMost, unit)}`;
  const rival = againstBest === undefined ? against : `the best of them, ${against}`;
  return faster === undefined
    ? `at most ${atMost}x ${rival}`
    : `at least ${faster}x faster than ${rival}`;
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

/** Bytes, percents and counts that are meant to be 0 have no ratio worth telling. */
export function isTime(unit) {
  return unit === "ns" || unit === "ms";
}

/** The variants that did fewer operations than the scenario says, in words. */
export function shorterRuns(results, scenarios) {
  return results.flatMap(({ name, ops }) => {
    const whole = scenarios.find((scenario) => scenario.name === name)?.ops;
    return Object.entries(ops)
      .filter(([, count]) => count !== whole)
      .map(([variant, count]) => `${name}, ${variant}: ${count} operations instead of ${whole}`);
  });
}

/** What failed, by its first line, and what could not be measured: each reason with its scenarios. */
export function failures(results) {
  const reasons = new Map();
  const note = (reason, name) => reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  for (const { name, skips = {}, skipped } of results) {
    if (skipped !== undefined) note(skipped, name);
    for (const [variant, reason] of Object.entries(skips)) note(`${variant}: ${reason}`, name);
  }
  return [
    ...results.flatMap(({ name, errors }) =>
      Object.entries(errors).map(
        ([variant, error]) => `FAILED: ${name} ${variant}: ${error.split("\n", 1)[0]}`,
      ),
    ),
    ...[...reasons].map(([reason, names]) => `Not measured in ${names.join(", ")}: ${reason}.`),
  ];
}

/** A figure with three digits and the unit that fits it. */
export function amount(value, unit) {
  if (unit === "ns" && value >= 1e6) return `${digits(value / 1e6)} ms`;
  if (unit === "ns" && value >= 1e3) return `${digits(value / 1e3)} µs`;
  return unit === "" ? String(Number(value.toPrecision(3))) : `${digits(value)} ${unit}`;
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
