// One call after the other, 64 bytes there and back, on two processors.
import { PACKAGED } from "../lib/pools.mjs";
import { roundTrip } from "../lib/round-trip.mjs";

export const scenario = roundTrip({
  name: "threads_round_trip",
  title: "64 bytes to a worker and back, one call after the other, on two processors",
  about:
    "Each call waits for the one before. On a virtual machine this has two modes: some ten microseconds while the other" +
    " processor is awake or shared, a hundred when it has gone to sleep; the next scenario has only the first.",
  cpus: "0,1",
  goals: [
    { metric: "wall", againstBest: PACKAGED, faster: 3 },
    { metric: "wall", of: "treadle-hosted", againstBest: PACKAGED, faster: 3, info: true },
  ],
});
