// 10 000 tasks that sleep for 1 to 100 ms: what a timer that fires costs, from its task's spawn to its join.
// `native` is a bare setTimeout callback with no task round it, which `treadle-delay-queue` corresponds to; `native-promises`
// is an async function each, as `treadle` is a task each.
import { fleetSays, fleetVariants } from "../lib/fleet.mjs";

const TIMERS = 10_000;

export const scenario = {
  name: "timers_10k",
  title: "10 000 timers fire within 1..100 ms",
  about:
    "The CPU time is that of the whole sample, arming and joining too; a timer is late by the time from its deadline to its" +
    " code's first statement. `setTimeout` calls a callback without any task round it: the `DelayQueue` is what corresponds" +
    " to that, the task of `treadle` to the async function of `native-promises`. Treadle rounds up to its ticks of 1 ms, so" +
    " its median lateness is half a millisecond or more even on an idle machine; Node's count" +
    " from a reading of the clock that may be older and can fire early.",
  says: fleetSays,
  // A round takes 0.1 s; V8 has compiled all of it after some thirty.
  settings: { warmupMs: 1200, idleWarmupMs: 4500 },
  ops: TIMERS,
  measured: true,
  metrics: {
    cpu: { title: "CPU per timer", unit: "ns", tokio: [1670, 1840] },
    p50: { title: "lateness p50", unit: "ms", tokio: [1.08, 1.21] },
    p99: { title: "lateness p99", unit: "ms", tokio: [2.1, 7.2] },
    max: { title: "lateness max", unit: "ms" },
  },
  goals: [
    { metric: "cpu", against: "native", atMost: 0.5 },
    { metric: "cpu", of: "treadle-delay-queue", against: "native", atMost: 0.5 },
  ],
  variants: fleetVariants(TIMERS, 100),
};
