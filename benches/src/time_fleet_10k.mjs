// 10 000 tasks that sleep for 1 to 100 ms: what a timer that fires costs, from its task's spawn to its join.
// `native` is a bare setTimeout callback with no task round it; `native-promises` is an async function each.
import { fleetVariants } from "../lib/fleet.mjs";

const TIMERS = 10_000;

export const scenario = {
  name: "timers_10k",
  title: "10 000 timers fire within 1..100 ms",
  ops: TIMERS,
  measured: true,
  metrics: {
    cpu: { title: "CPU per timer", unit: "ns", tokio: [1670, 1840] },
    p50: { title: "lateness p50", unit: "ms", tokio: [1.08, 1.21] },
    p99: { title: "lateness p99", unit: "ms", tokio: [2.1, 7.2] },
    max: { title: "lateness max", unit: "ms" },
  },
  goals: [{ metric: "cpu", against: "native", atMost: 0.5 }],
  variants: fleetVariants(TIMERS, 100),
};
