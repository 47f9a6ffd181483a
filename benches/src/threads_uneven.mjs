// 64 tasks of very uneven length, in three orders.
import { againstIdeal, measured } from "../lib/ideal.mjs";
import { PACKAGED, poolSkips, poolsSay } from "../lib/pools.mjs";
import { gatherVariants, treadleSays } from "../lib/threads.mjs";

const HEAVY = 8;
const LIGHT = 56;
const [HEAVY_US, LIGHT_US] = [50_000, 1000];
const total = HEAVY * HEAVY_US + LIGHT * LIGHT_US;
const IDEAL_MS = total / 2 / 1000;

const heavy = Array(HEAVY).fill(HEAVY_US);
const light = Array(LIGHT).fill(LIGHT_US);
const orders = {
  first: [...heavy, ...light],
  spread: Array.from({ length: HEAVY + LIGHT }, (_, i) => (i % 8 === 0 ? HEAVY_US : LIGHT_US)),
  last: [...light, ...heavy],
};

/** The same list is given in each of the orders in turn. */
const values = [];
const order = (name) => values.splice(0, values.length, ...orders[name]);
order("first");

async function measure(iterate) {
  const metrics = {};
  for (const name of Object.keys(orders)) {
    order(name);
    metrics[name] = (await againstIdeal(iterate, total, values.length, IDEAL_MS)).ideal;
  }
  return metrics;
}

export const scenario = {
  name: "threads_uneven",
  title: "64 tasks of uneven length on two workers: 8 of 50 ms, 56 of 1 ms",
  about:
    "All are spawned at once, in three orders; each spins by the clock. Two threads that are never idle need 228 ms.",
  says: { ...treadleSays, ...poolsSay },
  skips: poolSkips,
  settings: { warmupMs: 1, budgetMs: 1500, idleWarmupMs: 1 },
  ops: 1,
  measured: true,
  samples: 2,
  metrics: {
    first: { title: "heavy ones first, as a multiple of the ideal", unit: "x ideal" },
    spread: { title: "every 8th is heavy, as a multiple of the ideal", unit: "x ideal" },
    last: { title: "heavy ones last, as a multiple of the ideal", unit: "x ideal" },
  },
  goals: Object.keys(orders).flatMap((metric) => [
    { metric, atMost: 1.1 },
    { metric, against: "bare", atMost: 1.1, info: true },
    { metric, againstBest: PACKAGED, atMost: 1, info: true },
  ]),
  variants: measured(
    gatherVariants("spin", values, { chunk: 1, treadle: ["treadle", "treadle-hosted"] }),
    measure,
  ),
};
