// sleep(1) again and again on an idle thread: how long does one millisecond take?
import { setTimeout as delay } from "node:timers/promises";
import { effects, treadleRuntime } from "../lib/peers.mjs";
import { quantile } from "../lib/stats.mjs";

const SLEEPS = 300;

class Naps {
  elapsed = [];

  add(start) {
    this.elapsed.push(performance.now() - start);
  }

  result() {
    const early = this.elapsed.filter((ms) => ms < 1).length;
    const [p50, p99] = [0.5, 0.99].map((q) => quantile(this.elapsed, q));
    return { done: this.elapsed.length, metrics: { p50, p99, early } };
  }
}

/** The loop, the same for every library whose sleep is awaited by `yield*`. */
function* nap(sleep) {
  const naps = new Naps();
  for (let i = 0; i < SLEEPS; i++) {
    const start = performance.now();
    yield* sleep(1);
    naps.add(start);
  }
  return naps.result();
}

export const scenario = {
  name: "sleep_1ms",
  title: "sleep(1) in sequence, from call to going on",
  about:
    "Not a race either: Tokio, and so Treadle, rounds a deadline up to its next tick of 1 ms and never fires early, so one" +
    " millisecond takes one to a little over two; `setTimeout` counts from a clock that the event loop read earlier and may fire" +
    " early by the clock that the program reads.",
  ops: SLEEPS,
  measured: true,
  samples: 2,
  rounds: 2,
  metrics: {
    p50: { title: "p50", unit: "ms", tokio: [2.11, 2.14] },
    p99: { title: "p99", unit: "ms", tokio: [2.3, 7.6] },
    early: { title: "too early, of 300", unit: "", tokio: [0, 0] },
  },
  goals: [{ metric: "early", atMost: 0 }],
  variants: {
    async treadle() {
      const { runtime, sleep } = await treadleRuntime();
      return () => runtime.blockOn(() => nap(sleep));
    },
    async native() {
      return async () => {
        const naps = new Naps();
        for (let i = 0; i < SLEEPS; i++) {
          const start = performance.now();
          await delay(1);
          naps.add(start);
        }
        return naps.result();
      };
    },
    ...effects(({ Effect }) => {
      const main = Effect.gen(() => nap(Effect.sleep));
      return () => Effect.runPromise(main);
    }),
    async effection() {
      const { run, sleep } = await import("effection");
      return () => run(() => nap(sleep));
    },
  },
};
