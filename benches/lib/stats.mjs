// The few numbers a set of samples is told by.

/** The `q`-quantile (0..1) of `values`, between neighbours by straight line. */
export function quantile(values, q) {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

export function median(values) {
  return quantile(values, 0.5);
}

/** Median and spread. */
export function summary(values) {
  return {
    median: median(values),
    p10: quantile(values, 0.1),
    p90: quantile(values, 0.9),
    min: quantile(values, 0),
    max: quantile(values, 1),
    samples: values.length,
  };
}

/**
 * How many times `base` an entry takes, in three ways: round by round (noise that lasts a round cancels), the median of
 * those, and by the best sample of each (what nothing has disturbed).
 */
export function ratio(entry, base) {
  const count = Math.min(entry.rounds.length, base.rounds.length);
  const rounds = Array.from({ length: count }, (_, i) => entry.rounds[i] / base.rounds[i]);
  return { rounds, paired: median(rounds), minima: entry.min / base.min };
}
