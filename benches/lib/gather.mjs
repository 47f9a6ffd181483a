// "Spawn `count` tasks, join them one after the other, sum what they return", once for each library.

export function gatherTreadle({ runtime, spawn }, task, count) {
  function* main() {
    const handles = [];
    for (let i = 0; i < count; i++) handles.push(spawn(task));
    let sum = 0;
    for (const handle of handles) sum += yield* handle;
    return sum;
  }
  return () => runtime.blockOn(main);
}

export function gatherPromises(task, count) {
  return async () => {
    const promises = [];
    for (let i = 0; i < count; i++) promises.push(task());
    let sum = 0;
    for (const promise of promises) sum += await promise;
    return sum;
  };
}

export function gatherEffect({ Effect, Fiber, spawn }, task, count) {
  const main = Effect.gen(function* () {
    const fibers = [];
    for (let i = 0; i < count; i++) fibers.push(yield* spawn(task));
    let sum = 0;
    for (const fiber of fibers) sum += yield* Fiber.join(fiber);
    return sum;
  });
  return () => Effect.runPromise(main);
}

export function gatherEffection({ run, spawn }, task, count) {
  function* main() {
    const tasks = [];
    for (let i = 0; i < count; i++) tasks.push(yield* spawn(task));
    let sum = 0;
    for (const joined of tasks) sum += yield* joined;
    return sum;
  }
  return () => run(main);
}

/** The limit: a queue of generators, polled round and round. */
export function gatherBare(makeRing, task, count) {
  return () => {
    const ring = makeRing();
    for (let i = 0; i < count; i++) ring.push(task());
    return ring.run();
  };
}
