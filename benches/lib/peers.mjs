// What the variants of many scenarios share: each library behind the names that the scenarios use.

/** A current_thread runtime of Treadle with time, and the package. */
export async function treadleRuntime() {
  const treadle = await import("treadle");
  return { ...treadle, runtime: treadle.Builder.newCurrentThread().enableTime().build() };
}

/**
 * The variants `effect4` and `effect3` of one scenario; `form` is appended to their names. `spawn` is the fork that outlives
 * its parent, as a task of Tokio or Treadle does (the fork that is bound to its parent costs about the same); `spawnNow` has
 * also begun to run when it answers.
 */
export function effects(make, form = "") {
  return {
    [`effect4${form}`]: async () => make(await effect4()),
    [`effect3${form}`]: async () => make(await effect3()),
  };
}

export async function effect4() {
  const Effect = await import("effect/Effect");
  const Fiber = await import("effect/Fiber");
  const Deferred = await import("effect/Deferred");
  const spawnNow = (effect) => Effect.forkDetach(effect, { startImmediately: true });
  return { Effect, Fiber, Deferred, spawn: Effect.forkDetach, spawnNow, yieldNow: Effect.yieldNow };
}

export async function effect3() {
  const Effect = await import("effect3/Effect");
  const Fiber = await import("effect3/Fiber");
  const Deferred = await import("effect3/Deferred");
  const yieldNow = Effect.yieldNow();
  const spawnNow = (effect) => Effect.zipLeft(Effect.forkDaemon(effect), yieldNow);
  return { Effect, Fiber, Deferred, spawn: Effect.forkDaemon, spawnNow, yieldNow };
}
