/** Spawning on the current runtime. */
import {
  type Async,
  type Call,
  callOf,
  currentRuntime,
  type Future,
  generatorFunctionOf,
  type IntoFuture,
  intoFuture,
} from "@treadle/core";
import type { JoinHandle } from "./join-handle.ts";
import type { TaskRuntime } from "./schedule.ts";
import { SendFuture } from "./send/index.ts";

/**
 * Runs a future as a task of the current runtime.
 *
 * @remarks The fast form is a hoisted generator function and its arguments: `spawn(work, a, b)`; evaluating a
 * `function*` expression anew for each task costs several times the spawn itself. Nothing of the task runs before
 * `spawn` has returned. On a runtime that was shut down the task is dropped unpolled and its handle answers cancelled.
 *
 * @throws {@link RuntimeError} `ERR_NO_RUNTIME` outside a runtime's context; `ERR_INVALID_ARG` for a promise or
 * anything else that cannot be run.
 */
export function spawn<T>(f: IntoFuture<T>): JoinHandle<T>;
export function spawn<A extends unknown[], T>(
  f: (...args: A) => Future<T> | Async<T>,
  ...args: A
): JoinHandle<T>;
export function spawn<T>(f: IntoFuture<T>, ...args: unknown[]): JoinHandle<T> {
  const runtime = currentRuntime("spawn()") as TaskRuntime;
  // Here `args` is only measured and spread, which lets V8 do without the array.
  const make = typeof f === "function" ? generatorFunctionOf<T>(f) : undefined;
  if (make !== undefined) {
    return runtime.spawnGenerator(args.length === 0 ? make() : make(...(args as never[])), make);
  }
  return spawnAny(runtime, f, ...args);
}

function spawnAny<T>(runtime: TaskRuntime, f: IntoFuture<T>, ...args: unknown[]): JoinHandle<T> {
  const call: Call<T> = args.length === 0 ? intoFuture(f) : callOf(f as never, args);
  if (runtime.spawnSend !== undefined && call instanceof SendFuture && call.isUnstarted()) {
    return runtime.spawnSend(call as SendFuture<T>);
  }
  return runtime.spawnCall(call);
}

/** As {@link spawn}, on the given runtime. */
export function spawnOn<T>(runtime: TaskRuntime, f: IntoFuture<T>, args: unknown[]): JoinHandle<T> {
  const make = typeof f === "function" ? generatorFunctionOf<T>(f) : undefined;
  if (make !== undefined) {
    return runtime.spawnGenerator(args.length === 0 ? make() : make(...(args as never[])), make);
  }
  return spawnAny(runtime, f, ...args);
}

/** Runs a future as a task that stays on this thread; otherwise as {@link spawn}. */
export function spawnLocal<T>(f: IntoFuture<T>): JoinHandle<T>;
export function spawnLocal<A extends unknown[], T>(
  f: (...args: A) => Future<T> | Async<T>,
  ...args: A
): JoinHandle<T>;
export function spawnLocal<T>(f: IntoFuture<T>, ...args: unknown[]): JoinHandle<T> {
  const runtime = currentRuntime("spawnLocal()") as TaskRuntime;
  return runtime.spawnLocalCall(args.length === 0 ? intoFuture(f) : callOf(f as never, args));
}
