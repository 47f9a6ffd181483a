/**
 * Loads a subsystem only when a runtime enables it.
 *
 * Importing `treadle` loads the subsystems' modules, because it re-exports their names, and provides them here.
 * Importing `treadle/builder` loads none of them before a Builder that has their flag builds.
 */
import { createRequire } from "node:module";

type TimeModule = typeof import("@treadle/time");
type IoModule = typeof import("@treadle/io");
type SignalModule = typeof import("@treadle/signal");

interface Loaded {
  time: TimeModule | null;
  io: IoModule | null;
  signal: SignalModule | null;
}

const loaded: Loaded = { time: null, io: null, signal: null };

/** Provides a module that is loaded anyway. */
export function provideTime(module: TimeModule): void {
  loaded.time = module;
}

/** The time subsystem, loaded now if it was not. */
export function timeModule(): TimeModule {
  loaded.time ??= createRequire(import.meta.url)("@treadle/time") as TimeModule;
  return loaded.time;
}

/** Provides a module that is loaded anyway; the native addon is not, before it is used. */
export function provideIo(module: IoModule): void {
  loaded.io = module;
}

/** The I/O subsystem, loaded now if it was not. */
export function ioModule(): IoModule {
  loaded.io ??= createRequire(import.meta.url)("@treadle/io") as IoModule;
  return loaded.io;
}

/** Provides a module that is loaded anyway. */
export function provideSignal(module: SignalModule): void {
  loaded.signal = module;
}

/** The signal subsystem, loaded now if it was not. */
export function signalModule(): SignalModule {
  loaded.signal ??= createRequire(import.meta.url)("@treadle/signal") as SignalModule;
  return loaded.signal;
}

/** Loads what a thread will need before it runs, without the detour over `require`. */
export async function loadSubsystems(time: boolean, io: boolean, signal: boolean): Promise<void> {
  if (time) loaded.time ??= await import("@treadle/time");
  if (io || signal) loaded.io ??= await import("@treadle/io");
  if (signal) loaded.signal ??= await import("@treadle/signal");
}
