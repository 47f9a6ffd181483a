// 100 000 tasks that sleep for 1 to 1 000 ms: is any of them forgotten for long?
import { fleetSays, fleetVariants } from "../lib/fleet.mjs";

const TIMERS = 100_000;
// Effection would take half a minute for each sample, Effect 3 several seconds.
const { effection: _, effect3: __, ...variants } = fleetVariants(TIMERS, 1000);

export const scenario = {
  name: "timers_100k",
  title: "100 000 timers fire within 1..1 000 ms",
  about:
    "As timers_10k with ten times as many. Arming 100 000 timers takes so long that the first are due before the last one is" +
    " armed, in every library; the last figure therefore compares each firing with a queue that serves the same timers in the" +
    " order of their deadlines at the same CPU cost each.",
  says: fleetSays,
  ops: TIMERS,
  measured: true,
  samples: 2,
  rounds: 2,
  metrics: {
    cpu: { title: "CPU per timer", unit: "ns" },
    p50: { title: "lateness p50", unit: "ms" },
    p99: { title: "lateness p99", unit: "ms" },
    max: { title: "lateness max", unit: "ms" },
    beyond: { title: "lateness max beyond what the load forces", unit: "ms" },
  },
  goals: [
    { metric: "cpu", against: "native", atMost: 0.5 },
    { metric: "cpu", of: "treadle-delay-queue", against: "native", atMost: 0.5 },
    { metric: "beyond", atMost: 20 },
    { metric: "beyond", of: "treadle-delay-queue", atMost: 20 },
  ],
  variants,
};
