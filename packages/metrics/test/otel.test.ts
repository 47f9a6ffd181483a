import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterEach, describe, expect, test } from "vitest";
import { RuntimeMetrics } from "../src/index.ts";
import { BUCKETS, rig } from "./rig.ts";

const providers: MeterProvider[] = [];

afterEach(async () => {
  await Promise.all(providers.splice(0).map((provider) => provider.shutdown()));
});

/** A provider whose export is asked for by hand. */
function collector(): { provider: MeterProvider; collect: () => Promise<Map<string, MetricData>> } {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const provider = new MeterProvider({ readers: [reader] });
  providers.push(provider);
  const collect = async () => {
    exporter.reset();
    await provider.forceFlush();
    const metrics = exporter.getMetrics().flatMap((all) => all.scopeMetrics);
    return new Map(
      metrics.flatMap((scope) => scope.metrics).map((data) => [data.descriptor.name, data]),
    );
  };
  return { provider, collect };
}

function points(data: MetricData | undefined): [object, unknown][] {
  return (data?.dataPoints ?? []).map((point) => [point.attributes, point.value]);
}

describe("RuntimeMetrics.otel", () => {
  test("counters are monotonic sums, gauges are gauges, with unit and description", async () => {
    const { provider, collect } = collector();
    new RuntimeMetrics(rig(null, true).source).otel(provider.getMeter("test"));
    const metrics = await collect();
    const spawned = metrics.get("treadle.tasks.spawned")!;
    expect(spawned).toMatchObject({
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      descriptor: { unit: "{task}", description: "Tasks spawned." },
    });
    expect(points(spawned)).toEqual([[{}, 11]]);
    const alive = metrics.get("treadle.tasks.alive")!;
    expect(alive.dataPointType).toBe(DataPointType.GAUGE);
    expect(points(alive)).toEqual([[{}, 14]]);
    expect(metrics.size).toBe(24);
  });

  test("workers are told apart by an attribute, durations are seconds", async () => {
    const { provider, collect } = collector();
    new RuntimeMetrics(rig(null, false).source).otel(provider.getMeter("test"));
    const busy = (await collect()).get("treadle.worker.busy_time");
    expect(busy!.descriptor.unit).toBe("s");
    expect(points(busy)).toEqual([
      [{ worker: 0 }, 1.5],
      [{ worker: 1 }, 3],
    ]);
  });

  test("the histogram is a sum and cumulative buckets, and is there only if polls are measured", async () => {
    const { provider, collect } = collector();
    new RuntimeMetrics(rig(BUCKETS, false).source).otel(provider.getMeter("test"));
    const metrics = await collect();
    expect(metrics.size).toBe(26);
    expect(points(metrics.get("treadle.worker.poll_time.sum"))).toEqual([
      [{ worker: 0 }, 0.00114],
      [{ worker: 1 }, 0.0002],
    ]);
    expect(points(metrics.get("treadle.worker.poll_time.bucket"))).toEqual([
      [{ worker: 0, le: "0.00005" }, 1],
      [{ worker: 0, le: "0.0001" }, 3],
      [{ worker: 0, le: "+Inf" }, 4],
      [{ worker: 1, le: "0.00005" }, 0],
      [{ worker: 1, le: "0.0001" }, 0],
      [{ worker: 1, le: "+Inf" }, 1],
    ]);
  });

  test("each collection reads the runtime once, and anew", async () => {
    const { provider, collect } = collector();
    const { source, asked, memory } = rig(null, false);
    new RuntimeMetrics(source).otel(provider.getMeter("test"));
    asked.times = 0;
    await collect();
    expect(asked.times).toBe(1);
    memory.scheduler.incSpawnedTasks();
    expect(points((await collect()).get("treadle.tasks.spawned"))).toEqual([[{}, 12]]);
  });

  test("after unregistering, by name or by disposal, the runtime is read no more", async () => {
    const { provider, collect } = collector();
    const { source, asked } = rig(null, false);
    const metrics = new RuntimeMetrics(source);
    const first = metrics.otel(provider.getMeter("first"));
    const second = metrics.otel(provider.getMeter("second"));
    asked.times = 0;
    first.unregister();
    first.unregister();
    await collect();
    expect(asked.times).toBe(1);
    second[Symbol.dispose]();
    await collect();
    expect(asked.times).toBe(1);
  });
});
