/** The text of a scrape in Prometheus' exposition format 0.0.4, written at once: prom-client's own writer is asynchronous, and a blocked thread has no promises. */
import {
  cumulativeBuckets,
  POLL_TIME,
  pollSeconds,
  prometheusName,
  RUNTIME_INSTRUMENTS,
  WORKER_INSTRUMENTS,
} from "./instruments.ts";
import type { RuntimeSnapshot } from "./snapshot.ts";

/** One line of a family. */
export interface PrometheusSample {
  /** The family's name, for a histogram with `_bucket`, `_sum` or `_count`. */
  readonly metricName: string;
  /** Label values by name, not escaped. */
  readonly labels: Readonly<Record<string, string>>;
  /** The value. */
  readonly value: number;
}

/** All lines of one name. */
export interface PrometheusFamily {
  /** The name; for a histogram without suffix. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** The type as in the `TYPE` line. */
  readonly type: "counter" | "gauge" | "histogram";
  /** The lines. */
  readonly values: readonly PrometheusSample[];
}

const NO_LABELS: Readonly<Record<string, string>> = {};

/** All families of a snapshot, in a fixed order; the histogram only if polls are measured. */
export function prometheusFamilies(runtime: RuntimeSnapshot): PrometheusFamily[] {
  const families = RUNTIME_INSTRUMENTS.map((of): PrometheusFamily => {
    const name = prometheusName(of);
    const values = [{ metricName: name, labels: NO_LABELS, value: of.read(runtime) }];
    return { name, help: of.help, type: of.kind, values };
  });
  for (const of of WORKER_INSTRUMENTS) {
    const name = prometheusName(of);
    const values = runtime.workers.map((worker, index) => ({
      metricName: name,
      labels: { worker: String(index) },
      value: of.read(worker),
    }));
    families.push({ name, help: of.help, type: of.kind, values });
  }
  if (runtime.pollTimeHistogram !== null) families.push(histogramFamily(runtime));
  return families;
}

function histogramFamily(runtime: RuntimeSnapshot): PrometheusFamily {
  const name = prometheusName(POLL_TIME);
  const values: PrometheusSample[] = [];
  runtime.workers.forEach((worker, index) => {
    const labels = { worker: String(index) };
    const buckets = cumulativeBuckets(runtime, worker);
    for (const { le, count } of buckets) {
      values.push({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: count });
    }
    values.push({ metricName: `${name}_sum`, labels, value: pollSeconds(worker) });
    values.push({ metricName: `${name}_count`, labels, value: buckets.at(-1)?.count ?? 0 });
  });
  return { name, help: POLL_TIME.help, type: "histogram", values };
}

/** The text of a scrape. */
export function prometheusText(runtime: RuntimeSnapshot): string {
  return `${prometheusFamilies(runtime).map(familyText).join("\n\n")}\n`;
}

function familyText(family: PrometheusFamily): string {
  const lines = [`# HELP ${family.name} ${family.help}`, `# TYPE ${family.name} ${family.type}`];
  for (const sample of family.values) lines.push(sampleText(sample));
  return lines.join("\n");
}

/** Label values here are numbers and `+Inf`: nothing to escape. */
function sampleText({ metricName, labels, value }: PrometheusSample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return `${metricName}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
}
