/** The runtime's metrics in a registry of prom-client, beside whatever else a program scrapes there. */
import { createRequire } from "node:module";
import { RuntimeError } from "@treadle/core";
import type { MetricsSource } from "./contract.ts";
import { type PrometheusFamily, prometheusFamilies } from "./prometheus.ts";
import { type RuntimeSnapshot, takeSnapshot } from "./snapshot.ts";

/** Code of the error thrown when an optional package is needed that is not installed. */
export const ERR_MISSING_PACKAGE = "ERR_MISSING_PACKAGE";

/** What is used of prom-client's `Registry`. */
export interface PromRegistry {
  /** Adds a metric. */
  registerMetric(metric: never): void;
  /** The text of a scrape. */
  metrics(): Promise<string>;
}

/** Loads prom-client when it is first needed. */
export type PackageLoader = (name: string) => unknown;

/**
 * Registers all metrics; each scrape reads them once.
 * @throws RuntimeError `ERR_MISSING_PACKAGE` if no registry is given and prom-client is not installed
 */
export function registerWithPromClient<R extends PromRegistry>(
  source: MetricsSource,
  registry: R,
): R {
  const scrape = new Scrape(source);
  prometheusFamilies(scrape.snapshot()).forEach((family, index) => {
    registry.registerMetric(new ScrapedMetric(scrape, family, index) as never);
  });
  return registry;
}

/** A new registry of prom-client, which is loaded now. */
export function newPromRegistry(
  load: PackageLoader = createRequire(import.meta.url),
): PromRegistry {
  let module: { Registry: new () => PromRegistry };
  try {
    module = load("prom-client") as typeof module;
  } catch (cause) {
    throw new RuntimeError(
      ERR_MISSING_PACKAGE,
      "prometheusRegistry() needs the package prom-client, which could not be loaded: install it " +
        "(npm install prom-client), hand in a registry of your own, or use prometheus(), which needs no package",
      { cause },
    );
  }
  return new module.Registry();
}

/** The snapshot that all metrics of one scrape share: prom-client asks them all in one go. */
class Scrape {
  private readonly source: MetricsSource;
  private current: readonly PrometheusFamily[] | null = null;

  constructor(source: MetricsSource) {
    this.source = source;
  }

  snapshot(): RuntimeSnapshot {
    return takeSnapshot(this.source);
  }

  families(): readonly PrometheusFamily[] {
    if (this.current === null) {
      this.current = prometheusFamilies(this.snapshot());
      queueMicrotask(() => {
        this.current = null;
      });
    }
    return this.current;
  }
}

/** A metric as prom-client's registries ask it: they call `get` at each scrape. */
class ScrapedMetric {
  /** The registry may change it (for OpenMetrics it strips `_total`). */
  name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  private readonly scrape: Scrape;
  private readonly index: number;

  constructor(scrape: Scrape, family: PrometheusFamily, index: number) {
    this.name = family.name;
    this.help = family.help;
    this.type = family.type;
    this.aggregator = "sum";
    this.scrape = scrape;
    this.index = index;
  }

  async get(): Promise<object> {
    const family = this.scrape.families()[this.index]!;
    const { name, help, type, aggregator } = this;
    const values = family.values.map(({ metricName, labels, value }) =>
      // A name of its own only where it differs: the registry adds the suffix of its format to the metric's.
      metricName === family.name ? { labels, value } : { metricName, labels, value },
    );
    return { name, help, type, aggregator, values };
  }

  /** Counters of a runtime are never reset. */
  reset(): void {}
}
