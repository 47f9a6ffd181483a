// A fleet of timers: when each was due, when it fired, what the process spent, and how much of the lateness the load forces.
import { effects, treadleRuntime } from "./peers.mjs";
import { median, quantile } from "./stats.mjs";

export class Fleet {
  /** `count` timers, of 1, 2, ... `spread` milliseconds over and over. */
  constructor(count, spread) {
    this.count = count;
    this.spread = spread;
    this.due = new Float64Array(count);
    this.fired = new Float64Array(count);
    this.armed = 0;
    this.done = 0;
    this.cpu = process.cpuUsage();
  }

  /** Timer `i` is about to be set: answers its length. */
  arm(i) {
    const length = 1 + (i % this.spread);
    const now = performance.now();
    this.due[i] = now + length;
    if (++this.armed === this.count) {
      this.armedAt = now;
      this.armedCpu = process.cpuUsage();
    }
    return length;
  }

  /** Timer `i` has fired; true for the last one. */
  fire(i) {
    this.fired[i] = performance.now();
    return ++this.done === this.count;
  }

  /** What the child reports. */
  result() {
    const used = process.cpuUsage(this.cpu);
    const usedAfterArming = process.cpuUsage(this.armedCpu);
    const late = this.due.map((due, i) => this.fired[i] - due);
    return {
      done: this.done,
      metrics: {
        cpu: ((used.user + used.system) * 1000) / this.count,
        p50: median(late),
        p99: quantile(late, 0.99),
        max: quantile(late, 1),
        beyond: this.beyondLoad(usedAfterArming),
      },
    };
  }

  /**
   * The worst lateness beyond what the load forces: each firing is compared with a queue that serves the timers in order of
   * their deadlines from the moment when all were set, each for the CPU time that a timer took on average after it.
   */
  beyondLoad(used) {
    const each = (used.user + used.system) / 1000 / this.count;
    const order = Uint32Array.from(this.due.keys()).sort((a, b) => this.due[a] - this.due[b]);
    let free = this.armedAt;
    let worst = 0;
    for (const i of order) {
      free = Math.max(free, this.due[i]) + each;
      worst = Math.max(worst, this.fired[i] - free);
    }
    return worst;
  }
}

/** The limit: an array for each millisecond, and a thread that sleeps until the next one that is not empty. */
class Calendar {
  constructor() {
    this.start = performance.now();
    this.days = [];
    this.left = 0;
    this.word = new Int32Array(new SharedArrayBuffer(4));
  }

  add(length, item) {
    const at = Math.ceil(performance.now() - this.start + length);
    while (this.days.length <= at) this.days.push([]);
    this.days[at].push(item);
    this.left++;
  }

  run(fire) {
    for (let at = 0; this.left > 0; at++) {
      const day = this.days[at];
      if (day.length === 0) continue;
      const wait = this.start + at - performance.now();
      if (wait > 0) Atomics.wait(this.word, 0, 0, wait);
      for (const item of day) fire(item);
      this.left -= day.length;
    }
  }
}

/** What the variants of `fleetVariants` are. */
export const fleetSays = {
  treadle: "a task for each timer: spawn, sleep, join",
  "treadle-delay-queue": "one task and one `DelayQueue` that holds all deadlines",
  bare: "an array of numbers for each millisecond, `Atomics.wait` in between; no object for each timer",
  "bare-generators": "the same with a generator for each timer, plain `yield`",
  native: "`setTimeout` with a callback, no task",
  "native-promises":
    "an async function for each timer, with the `setTimeout` of node:timers/promises",
  effect4: "a fiber for each timer, of a hoisted `Effect.fnUntraced`",
  effection: "a task for each timer, bound to its parent",
};

/** The variants of a scenario in which `count` tasks sleep for 1 to `spread` ms each. */
export function fleetVariants(count, spread) {
  return {
    async treadle() {
      const { runtime, spawn, sleep } = await treadleRuntime();
      function* sleeper(fleet, i) {
        yield* sleep(fleet.arm(i));
        fleet.fire(i);
      }
      function* main() {
        const fleet = new Fleet(count, spread);
        const handles = [];
        for (let i = 0; i < count; i++) handles.push(spawn(sleeper, fleet, i));
        for (const handle of handles) yield* handle;
        return fleet.result();
      }
      return () => runtime.blockOn(main);
    },
    async "treadle-delay-queue"() {
      const { runtime, DelayQueue } = await treadleRuntime();
      function* main() {
        const fleet = new Fleet(count, spread);
        const queue = new DelayQueue();
        for (let i = 0; i < count; i++) queue.insert(i, fleet.arm(i));
        for (let left = count; left > 0; left--) fleet.fire((yield* queue.next()).value);
        return fleet.result();
      }
      return () => runtime.blockOn(main);
    },
    async bare() {
      return () => {
        const fleet = new Fleet(count, spread);
        const calendar = new Calendar();
        for (let i = 0; i < count; i++) calendar.add(fleet.arm(i), i);
        calendar.run((i) => fleet.fire(i));
        return fleet.result();
      };
    },
    async "bare-generators"() {
      function* sleeper(fleet, calendar, i, self) {
        calendar.add(fleet.arm(i), self.generator);
        yield;
        fleet.fire(i);
      }
      return () => {
        const fleet = new Fleet(count, spread);
        const calendar = new Calendar();
        const self = { generator: null };
        for (let i = 0; i < count; i++) {
          self.generator = sleeper(fleet, calendar, i, self);
          self.generator.next();
        }
        calendar.run((generator) => generator.next());
        return fleet.result();
      };
    },
    async native() {
      return () =>
        new Promise((resolve) => {
          const fleet = new Fleet(count, spread);
          const fire = (i) => fleet.fire(i) && resolve(fleet.result());
          for (let i = 0; i < count; i++) setTimeout(fire, fleet.arm(i), i);
        });
    },
    async "native-promises"() {
      const { setTimeout: delay } = await import("node:timers/promises");
      async function sleeper(fleet, i) {
        await delay(fleet.arm(i));
        fleet.fire(i);
      }
      return async () => {
        const fleet = new Fleet(count, spread);
        const promises = [];
        for (let i = 0; i < count; i++) promises.push(sleeper(fleet, i));
        await Promise.all(promises);
        return fleet.result();
      };
    },
    ...effects(({ Effect, Fiber, spawn }) => {
      const sleeper = Effect.fnUntraced(function* (fleet, i) {
        yield* Effect.sleep(fleet.arm(i));
        fleet.fire(i);
      });
      const main = Effect.gen(function* () {
        const fleet = new Fleet(count, spread);
        const fibers = [];
        for (let i = 0; i < count; i++) fibers.push(yield* spawn(sleeper(fleet, i)));
        for (const fiber of fibers) yield* Fiber.join(fiber);
        return fleet.result();
      });
      return () => Effect.runPromise(main);
    }),
    async effection() {
      const { run, spawn, sleep } = await import("effection");
      function* sleeper(fleet, i) {
        yield* sleep(fleet.arm(i));
        fleet.fire(i);
      }
      function* main() {
        const fleet = new Fleet(count, spread);
        const tasks = [];
        for (let i = 0; i < count; i++) tasks.push(yield* spawn(() => sleeper(fleet, i)));
        for (const task of tasks) yield* task;
        return fleet.result();
      }
      return () => run(main);
    },
  };
}
