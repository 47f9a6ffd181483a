// One call after the other, 64 bytes there and back, all threads on one processor.
import { PACKAGED } from "../lib/pools.mjs";
import { roundTrip } from "../lib/round-trip.mjs";

export const scenario = roundTrip({
  name: "threads_round_trip_pinned",
  title: "64 bytes to a worker and back, one call after the other, all threads on one processor",
  about: "As the scenario before, the whole process kept on one processor by `taskset -c 0`.",
  cpus: "0",
  goals: [
    { metric: "wall", againstBest: PACKAGED, faster: 3 },
    { metric: "wall", of: "treadle-hosted", againstBest: PACKAGED, faster: 3, info: true },
  ],
});
