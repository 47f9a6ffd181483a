// One call after the other, 4 KiB there and back.
import { PACKAGED, poolSkips, poolsSay } from "../lib/pools.mjs";
import { echoVariants, FOR_PAYLOADS, SHORT, treadleSays } from "../lib/threads.mjs";

const CALLS = 100;

export const scenario = {
  name: "threads_payload_4k",
  title: "4 KiB to a worker and back, copied, one call after the other",
  about: "As the round trip of 64 bytes, with a `Uint8Array` of 4 KiB that is copied both ways.",
  says: { ...treadleSays, ...poolsSay },
  skips: poolSkips,
  settings: SHORT,
  ops: CALLS,
  metrics: {
    wall: { title: "time per call", unit: "ns" },
    cpu: { title: "CPU of all threads per call", unit: "ns" },
  },
  goals: [{ metric: "wall", againstBest: PACKAGED, atMost: 1, info: true }],
  variants: echoVariants(4096, CALLS, FOR_PAYLOADS),
};
