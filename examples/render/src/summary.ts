/** What is said at the end. */
import type { RuntimeMetrics } from "treadle";
import type { RunOptions } from "./args.ts";
import type { Picture } from "./picture.ts";

/** The figures of a run, and what each thread did. */
export function summary(
  picture: Picture,
  options: RunOptions,
  ms: number,
  metrics: RuntimeMetrics,
): string {
  const rate = (picture.done / 1e6 / (ms / 1000)).toFixed(2);
  const lines = [
    `  rendered ${picture.done.toLocaleString("en")} pixels of ${options.output}, ${(ms / 1000).toFixed(3)} s, ${rate} Mpixel/s`,
  ];
  for (let w = 0; w < metrics.numWorkers(); w++) {
    const busy = metrics.workerTotalBusyDuration(w);
    lines.push(
      `  worker ${w} ${(busy / 1000).toFixed(3)} s busy, ${metrics.workerPollCount(w)} polls, ` +
        `${metrics.workerStealCount(w)} tasks stolen, ${metrics.workerParkCount(w)} parks`,
    );
  }
  return `${lines.join("\n")}\n`;
}
