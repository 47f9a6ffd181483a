import { Counter, type OpenMetricsContentType, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { HistogramConfiguration, RuntimeMetrics } from "../src/index.ts";
import { newPromRegistry } from "../src/prom-client.ts";
import { BUCKETS, rig } from "./rig.ts";

interface Family {
  help: string;
  type: string;
  samples: Map<string, number>;
}

const LINE = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)$/;

/** A strict reader of the exposition format: every line must belong to the family announced before it. */
function parse(text: string): Map<string, Family> {
  expect(text.endsWith("\n")).toBe(true);
  const families = new Map<string, Family>();
  let current = "";
  for (const line of text.split("\n")) {
    const [mark, what, name = "", ...rest] = line.split(" ");
    if (line === "") continue;
    if (mark === "#" && what === "HELP") {
      if (families.has(name)) throw new Error(`${name} is announced twice`);
      families.set(name, { help: rest.join(" "), type: "", samples: new Map() });
      current = name;
    } else if (mark === "#" && what === "TYPE") {
      expect(name).toBe(current);
      families.get(current)!.type = rest.join(" ");
    } else {
      addSample(families.get(current)!, current, line);
    }
  }
  return families;
}

function addSample(family: Family, name: string, line: string): void {
  const [, metric = "", labels = "", value = ""] = LINE.exec(line) ?? [];
  if (!metric.startsWith(name)) throw new Error(`not a line of ${name}: ${line}`);
  const key = `${metric.slice(name.length)}{${labels}}`;
  if (family.samples.has(key)) throw new Error(`twice: ${line}`);
  family.samples.set(key, Number(value));
}

const RUNTIME_FAMILIES = [
  ["treadle_workers", "gauge", 2],
  ["treadle_tasks_alive", "gauge", 14],
  ["treadle_tasks_spawned_total", "counter", 11],
  ["treadle_global_queue_depth", "gauge", 15],
  ["treadle_remote_schedules_total", "counter", 12],
  ["treadle_budget_forced_yields_total", "counter", 13],
  ["treadle_blocking_threads", "gauge", 16],
  ["treadle_blocking_idle_threads", "gauge", 17],
  ["treadle_blocking_queue_depth", "gauge", 18],
  ["treadle_io_fds_registered_total", "counter", 19],
  ["treadle_io_fds_deregistered_total", "counter", 20],
  ["treadle_io_ready_events_total", "counter", 21],
] as const;

const WORKER_FAMILIES = [
  ["treadle_worker_deaths_total", "counter", 0, 5],
  ["treadle_worker_busy_time_seconds_total", "counter", 1.5, 3],
  ["treadle_worker_polls_total", "counter", 106, 206],
  ["treadle_worker_mean_poll_time_seconds", "gauge", 0, 0.000003278],
  ["treadle_worker_parks_total", "counter", 101, 201],
  ["treadle_worker_park_unparks_total", "counter", 102, 202],
  ["treadle_worker_noops_total", "counter", 103, 203],
  ["treadle_worker_steals_total", "counter", 104, 204],
  ["treadle_worker_steal_operations_total", "counter", 105, 205],
  ["treadle_worker_local_schedules_total", "counter", 107, 207],
  ["treadle_worker_overflows_total", "counter", 108, 208],
  ["treadle_worker_local_queue_depth", "gauge", 109, 209],
] as const;

const HISTOGRAM = "treadle_worker_poll_time_seconds";

describe("RuntimeMetrics.prometheus", () => {
  test.each(RUNTIME_FAMILIES)("%s is a %s without labels", (name, type, value) => {
    const family = parse(new RuntimeMetrics(rig(BUCKETS, true).source).prometheus()).get(name)!;
    expect(family.type).toBe(type);
    expect([...family.samples]).toEqual([["{}", value]]);
  });

  test.each(WORKER_FAMILIES)("%s is a %s by worker", (name, type, first, second) => {
    const family = parse(new RuntimeMetrics(rig(BUCKETS, true).source).prometheus()).get(name)!;
    expect(family.type).toBe(type);
    expect([...family.samples]).toEqual([
      ['{worker="0"}', first],
      ['{worker="1"}', second],
    ]);
  });

  test("the histogram's buckets are cumulative and in seconds, and agree with its count and sum", () => {
    const family = parse(new RuntimeMetrics(rig(BUCKETS, true).source).prometheus()).get(
      HISTOGRAM,
    )!;
    expect(family.type).toBe("histogram");
    expect([...family.samples]).toEqual([
      ['_bucket{le="0.00005",worker="0"}', 1],
      ['_bucket{le="0.0001",worker="0"}', 3],
      ['_bucket{le="+Inf",worker="0"}', 4],
      ['_sum{worker="0"}', 0.00114],
      ['_count{worker="0"}', 4],
      ['_bucket{le="0.00005",worker="1"}', 0],
      ['_bucket{le="0.0001",worker="1"}', 0],
      ['_bucket{le="+Inf",worker="1"}', 1],
      ['_sum{worker="1"}', 0.0002],
      ['_count{worker="1"}', 1],
    ]);
  });

  test("bounds are written as their shortest number, not with the noise of a division", () => {
    const log = HistogramConfiguration.log();
    const text = new RuntimeMetrics(rig(log, false).source).prometheus();
    const bounds = [...text.matchAll(/le="([^"]+)",worker="0"/g)].map(([, bound]) => bound!);
    expect(bounds).toHaveLength(119);
    expect([bounds[0], bounds[117], bounds[118]]).toEqual(["9.6e-8", "60.129542144", "+Inf"]);
    const digits = bounds
      .slice(0, -1)
      .map((bound) => bound.split("e")[0]!.replace(/\D/g, "").length);
    expect(Math.max(...digits)).toBeLessThanOrEqual(11);
  });

  test("there is no other family, each has one sentence of help, and none is announced twice", () => {
    const families = parse(new RuntimeMetrics(rig(BUCKETS, true).source).prometheus());
    const expected = [...RUNTIME_FAMILIES, ...WORKER_FAMILIES].map(([name]) => name as string);
    expect([...families.keys()]).toEqual([...expected, HISTOGRAM]);
    for (const { help } of families.values()) expect(help).toMatch(/^[A-Z].+\.$/);
  });

  test("where polls are not measured there is no histogram", () => {
    const families = parse(new RuntimeMetrics(rig(null, true).source).prometheus());
    expect(families.has(HISTOGRAM)).toBe(false);
    expect(families.size).toBe(24);
  });
});

describe("RuntimeMetrics.prometheusRegistry", () => {
  test("prom-client's own writer says the same, from one snapshot for each scrape", async () => {
    const { source, asked, memory } = rig(BUCKETS, true);
    const metrics = new RuntimeMetrics(source);
    const registry = metrics.prometheusRegistry();
    asked.times = 0;
    expect(parse(await registry.metrics())).toEqual(parse(metrics.prometheus()));
    expect(asked.times).toBe(2);
    memory.scheduler.incSpawnedTasks();
    expect(await registry.metrics()).toContain("treadle_tasks_spawned_total 12\n");
  });

  test("the metrics stand beside the program's own in a registry that it hands in", async () => {
    const own = new Registry();
    new Counter({ name: "requests_total", help: "Requests.", registers: [own] }).inc(3);
    const registry = new RuntimeMetrics(rig(null, false).source).prometheusRegistry(own);
    expect(registry).toBe(own);
    const families = parse(await own.metrics());
    expect(families.get("requests_total")!.samples.get("{}")).toBe(3);
    expect(families.get("treadle_workers")!.samples.get("{}")).toBe(2);
    own.resetMetrics();
    expect(await own.metrics()).toContain("treadle_workers 2\n");
  });

  test("an OpenMetrics registry writes counters in its own way", async () => {
    const own = new Registry<OpenMetricsContentType>();
    own.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    new RuntimeMetrics(rig(BUCKETS, true).source).prometheusRegistry(own);
    const text = await own.metrics();
    expect(text).toContain("# TYPE treadle_worker_polls counter\n");
    expect(text).toContain('treadle_worker_polls_total{worker="1"} 206\n');
    expect(text).toContain('treadle_worker_poll_time_seconds_bucket{le="+Inf",worker="0"} 4\n');
    expect(text.endsWith("# EOF\n")).toBe(true);
    expect(await own.metrics()).toBe(text);
  });

  test("a missing prom-client is named, with what to do", () => {
    const cause = new Error("Cannot find module");
    const load = () => {
      throw cause;
    };
    expect(() => newPromRegistry(load)).toThrow(
      expect.objectContaining({
        code: "ERR_MISSING_PACKAGE",
        message: expect.stringContaining("npm install prom-client"),
        cause,
      }),
    );
  });
});
