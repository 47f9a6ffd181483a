// 100 000 tasks that sleep for 1 to 1 000 ms: is any of them forgotten for long?
import { fleetVariants } from "../lib/fleet.mjs";

const TIMERS = 100_000;
// Effection would take half a minute for each sample.
const { effection: _, ...variants } = fleetVariants(TIMERS, 1000);

export const scenario = {
  name: "timers_100k",
  title: "100 000 timers fire within 1..1 000 ms",
  ops: TIMERS,
  measured: true,
  samples: 2,
  metrics: {
    cpu: { title: "CPU per timer", unit: "ns" },
    p50: { title: "lateness p50", unit: "ms" },
    p99: { title: "lateness p99", unit: "ms" },
    max: { title: "lateness max", unit: "ms" },
    beyond: { title: "lateness max beyond what the load forces", unit: "ms" },
  },
  goals: [{ metric: "beyond", atMost: 20 }],
  variants,
};
