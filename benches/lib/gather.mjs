// "Spawn `count` tasks, join them one after the other, sum what they return", once for each library. A task is given its
// number.

export function gatherTreadle(treadle, task, count) {
  const main = treadleMain(treadle, task, count);
  return () => treadle.runtime.blockOn(main);
}

/** The same by Node's event loop. */
export function gatherHosted(treadle, task, count) {
  const main = treadleMain(treadle, task, count);
  return () => treadle.runtime.run(main);
}

function treadleMain({ spawn }, task, count) {
  return function* main() {
    const handles = [];
    for (let i = 0; i < count; i++) handles.push(spawn(task, i));
    let sum = 0;
    for (const handle of handles) sum += yield* handle;
    return sum;
  };
}

export function gatherPromises(task, count) {
  return async () => {
    const promises = [];
    for (let i = 0; i < count; i++) promises.push(task(i));
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  };
}

/** `task(i)` makes an effect. */
export function gatherEffect({ Effect, Fiber, spawn }, task, count) {
  const main = Effect.gen(function* () {
    const fibers = [];
    for (let i = 0; i < count; i++) fibers.push(yield* spawn(task(i)));
    let sum = 0;
    for (const fiber of fibers) sum += yield* Fiber.join(fiber);
    return sum;
  });
  return () => Effect.runPromise(main);
}

export function gatherEffection({ run, spawn }, task, count) {
  function* main() {
    const tasks = [];
    for (let i = 0; i < count; i++) tasks.push(yield* spawn(() => task(i)));
    let sum = 0;
    for (const joined of tasks) sum += yield* joined;
    return sum;
  }
  return () => run(main);
}

/** The limit: a queue of generators, polled round and round; what they return is summed as they end. */
export function gatherBare(makeRing, task, count) {
  return () => {
    const ring = makeRing();
    for (let i = 0; i < count; i++) ring.push(task(i));
    return ring.run();
  };
}

/** The limit of spawn and join: each result lies in an object of its task until the joiner reads it there. */
export function gatherJoined(makeRing, task, count) {
  return () => {
    const ring = makeRing();
    const cells = [];
    for (let i = 0; i < count; i++) {
      const cell = new Cell(task(i));
      cells.push(cell);
      ring.push(cell);
    }
    ring.runCells();
    let sum = 0;
    for (const cell of cells) sum += cell.output;
    return sum;
  };
}

class Cell {
  constructor(generator) {
    this.generator = generator;
    this.output = undefined;
  }

  end(output) {
    this.output = output;
    this.generator = null;
  }
}
