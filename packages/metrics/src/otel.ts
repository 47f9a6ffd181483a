/** The runtime's metrics as observable instruments of OpenTelemetry, on a meter that the user hands in; nothing is loaded. */
import type { MetricsSource } from "./contract.ts";
import {
  cumulativeBuckets,
  POLL_TIME,
  pollSeconds,
  RUNTIME_INSTRUMENTS,
  WORKER_INSTRUMENTS,
} from "./instruments.ts";
import { type RuntimeSnapshot, takeSnapshot } from "./snapshot.ts";

/** An observable instrument; its methods are not used here. */
export type OtelObservable = object;

/** What a batch callback is given: it reports values through it. */
export interface OtelResult {
  /** Reports one value. */
  observe(metric: never, value: number, attributes?: Record<string, string | number>): void;
}

/** What is used of the `Meter` of @opentelemetry/api. */
export interface OtelMeter {
  /** Makes an instrument for a value that never falls. */
  createObservableCounter(name: string, options?: OtelOptions): OtelObservable;
  /** Makes an instrument for a value that may fall. */
  createObservableGauge(name: string, options?: OtelOptions): OtelObservable;
  /** Has a callback called at each collection. */
  addBatchObservableCallback(callback: (result: OtelResult) => void, observables: never[]): void;
  /** Undoes `addBatchObservableCallback`. */
  removeBatchObservableCallback(callback: (result: OtelResult) => void, observables: never[]): void;
}

/** How an instrument is described. */
export interface OtelOptions {
  /** One sentence. */
  readonly description?: string;
  /** The unit in UCUM's form. */
  readonly unit?: string;
}

/** Instruments that are observed until it is unregistered. */
export interface OtelRegistration extends Disposable {
  /** Ends the observation; calling it again does nothing. */
  unregister(): void;
}

/** Creates the instruments on `meter` and observes them, all of one collection from one snapshot. */
export function registerWithOtel(source: MetricsSource, meter: OtelMeter): OtelRegistration {
  const observers = observersOn(meter, takeSnapshot(source).pollTimeHistogram !== null);
  const all = observers.map(({ instrument }) => instrument) as never[];
  const callback = (result: OtelResult): void => {
    const snapshot = takeSnapshot(source);
    for (const { instrument, observe } of observers) {
      observe(snapshot, (value, attributes) =>
        result.observe(instrument as never, value, attributes),
      );
    }
  };
  meter.addBatchObservableCallback(callback, all);
  const unregister = (): void => meter.removeBatchObservableCallback(callback, all);
  return { unregister, [Symbol.dispose]: unregister };
}

type Report = (value: number, attributes?: Record<string, string | number>) => void;

/** An instrument and what it reports of a snapshot. */
interface Observer {
  readonly instrument: OtelObservable;
  readonly observe: (runtime: RuntimeSnapshot, report: Report) => void;
}

function observersOn(meter: OtelMeter, measuresPolls: boolean): Observer[] {
  const observers: Observer[] = [];
  for (const of of RUNTIME_INSTRUMENTS) {
    const instrument = create(meter, of);
    observers.push({ instrument, observe: (runtime, report) => report(of.read(runtime)) });
  }
  for (const of of WORKER_INSTRUMENTS) {
    const observe: Observer["observe"] = (runtime, report) => {
      runtime.workers.forEach((worker, index) => {
        report(of.read(worker), { worker: index });
      });
    };
    observers.push({ instrument: create(meter, of), observe });
  }
  if (measuresPolls) observers.push(...pollTimeObservers(meter));
  return observers;
}

/** OpenTelemetry has no observable histogram: the sum and the cumulative buckets are counters, as in Prometheus. */
function pollTimeObservers(meter: OtelMeter): Observer[] {
  const { name, help, unit } = POLL_TIME;
  const kind = "counter";
  return [
    {
      instrument: create(meter, { name: `${name}.sum`, help, unit, kind }),
      observe: (runtime, report) => {
        runtime.workers.forEach((worker, index) => {
          report(pollSeconds(worker), { worker: index });
        });
      },
    },
    {
      instrument: create(meter, { name: `${name}.bucket`, help, unit: "{poll}", kind }),
      observe: (runtime, report) => {
        runtime.workers.forEach((worker, index) => {
          for (const { le, count } of cumulativeBuckets(runtime, worker)) {
            report(count, { worker: index, le });
          }
        });
      },
    },
  ];
}

function create(
  meter: OtelMeter,
  of: { name: string; help: string; unit: string; kind: "counter" | "gauge" },
): OtelObservable {
  const options = { description: of.help, unit: of.unit };
  return of.kind === "counter"
    ? meter.createObservableCounter(of.name, options)
    : meter.createObservableGauge(of.name, options);
}
