/** A runtime that is bound to its thread for good. */
import type { AllFeatures, Features } from "./features.ts";
import { Runtime } from "./runtime.ts";

/** A current-thread runtime whose tasks never leave this thread, so `spawnLocal` takes anything. */
export class LocalRuntime<F extends Features = AllFeatures> extends Runtime<F> {}
