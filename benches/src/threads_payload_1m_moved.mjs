// One call after the other, 1 MiB there and back, given away each time.
import { BY_HAND, PACKAGED, poolSkips, poolsSay } from "../lib/pools.mjs";
import { echoVariants, FOR_PAYLOADS, ONE_BY_ONE, treadleSays } from "../lib/threads.mjs";

const CALLS = 100;
const moving = FOR_PAYLOADS.pools.filter((name) => name !== "poolifier");

export const scenario = {
  name: "threads_payload_1m_moved",
  title: "1 MiB to a worker and back, moved, one call after the other",
  about:
    "As the round trip of 64 bytes, with the buffer of a `Uint8Array` of 1 MiB given away both ways. poolifier cannot give a" +
    " result away.",
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
  variants: echoVariants(1 << 20, CALLS, {
    moved: true,
    bare: false,
    treadle: FOR_PAYLOADS.treadle,
    pools: moving,
  }),
};
