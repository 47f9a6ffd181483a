// A future that stays pending is polled a million times: nothing may be allocated.
import { treadleRuntime } from "../lib/peers.mjs";
import { median } from "../lib/stats.mjs";

const POLLS = 1_000_000;
const CHUNK = 100_000;

/**
 * What a million calls of `poll` allocate: the young generation is too large to be collected meanwhile, and the median over
 * chunks leaves out what the compiler allocates now and then. What piles up stays and shows as retained.
 */
function measure(poll) {
  polls(poll, POLLS);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const allocated = [];
  let pending = 0;
  for (let i = 0; i < POLLS; i += CHUNK) {
    const start = process.memoryUsage().heapUsed;
    pending += polls(poll, CHUNK);
    allocated.push(process.memoryUsage().heapUsed - start);
  }
  globalThis.gc();
  const retained = Math.max(0, process.memoryUsage().heapUsed - before);
  return {
    done: pending,
    metrics: { allocated: median(allocated) / CHUNK, retained: retained / POLLS },
  };
}

function polls(poll, count) {
  let pending = 0;
  for (let i = 0; i < count; i++) if (!poll().done) pending++;
  return pending;
}

/** Measures inside a task; `make` gives the future and what ends it. */
async function treadlePolls(make) {
  const treadle = await treadleRuntime();
  function* main() {
    const future = make(treadle);
    const result = measure(() => future.next());
    future.return();
    return result;
  }
  return () => treadle.runtime.blockOn(main);
}

export const scenario = {
  name: "repoll",
  title: "a pending future polled again",
  about:
    "Not a race: it shows what a poll allocates. A thousandth of a byte means nothing at all; `bare` is the control, in which" +
    " each `yield` makes one result object.",
  says: {
    treadle: "a sleep, three functions deep",
    "treadle-sleep": "a sleep by itself",
    "treadle-oneshot": "a oneshot's receiver",
    "treadle-join": "a task's handle",
    bare: "a generator that says plain `yield`",
  },
  ops: POLLS,
  measured: true,
  samples: 2,
  execArgv: ["--expose-gc", "--min-semi-space-size=128", "--max-semi-space-size=128"],
  metrics: {
    allocated: { title: "allocated per poll", unit: "B" },
    retained: { title: "retained per poll", unit: "B" },
  },
  // A thousandth of what the smallest object takes.
  goals: [
    { metric: "allocated", atMost: 0.05 },
    { metric: "retained", atMost: 0.05 },
  ],
  variants: {
    // Three functions deep, as a task waits.
    treadle: () =>
      treadlePolls(({ fn, sleep }) => {
        const inner = fn(function* inner() {
          yield* sleep(1_000_000);
        });
        const middle = fn(function* middle() {
          yield* inner();
        });
        return fn(function* outer() {
          yield* middle();
        })();
      }),
    "treadle-sleep": () => treadlePolls(({ sleep }) => sleep(1_000_000)),
    "treadle-oneshot": () => treadlePolls(({ oneshot }) => oneshot()[1]),
    "treadle-join": () =>
      treadlePolls(({ spawn, sleep }) =>
        spawn(function* () {
          yield* sleep(1_000_000);
        }),
      ),
    // The control: `yield` makes a result object each time.
    async bare() {
      function* forever() {
        for (;;) yield;
      }
      const generator = forever();
      return () => measure(() => generator.next());
    },
  },
};
