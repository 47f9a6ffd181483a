// One call after the other, 1 MiB there and back, copied.
import { BY_HAND, PACKAGED, poolSkips, poolsSay } from "../lib/pools.mjs";
import { echoVariants, FOR_PAYLOADS, ONE_BY_ONE, treadleSays } from "../lib/threads.mjs";

const CALLS = 20;

export const scenario = {
  name: "threads_payload_1m",
  title: "1 MiB to a worker and back, copied, one call after the other",
  about:
    "As the round trip of 64 bytes, with a `Uint8Array` of 1 MiB that is copied both ways. multithreading transfers what it" +
    " can, so there a copy is made first and comes back without another.",
  says: { ...treadleSays, ...poolsSay },
  skips: poolSkips,
  settings: ONE_BY_ONE,
  ops: CALLS,
  metrics: {
    wall: { title: "time per call", unit: "ns" },
    cpu: { title: "CPU of all threads per call", unit: "ns" },
  },
  goals: [
    { metric: "wall", againstBest: PACKAGED, atMost: 1 },
    { metric: "wall", againstBest: BY_HAND, atMost: 1, info: true },
  ],
  variants: echoVariants(1 << 20, CALLS, FOR_PAYLOADS),
};
