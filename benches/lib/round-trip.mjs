// The round trip of 64 bytes, which is measured on one processor and on two.
import { poolSkips, poolsSay } from "./pools.mjs";
import { echoVariants, SHORT, treadleSays } from "./threads.mjs";

const CALLS = 200;

export function roundTrip(own) {
  return {
    says: { ...treadleSays, ...poolsSay },
    skips: poolSkips,
    settings: SHORT,
    ops: CALLS,
    metrics: {
      wall: { title: "time per call", unit: "ns" },
      cpu: { title: "CPU of all threads per call", unit: "ns" },
    },
    variants: echoVariants(64, CALLS),
    ...own,
  };
}
