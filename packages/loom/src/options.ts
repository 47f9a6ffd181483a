/** How a model is explored. */
import { invalidArg } from "@treadle/core";

/** Options of `model`. */
export interface ModelOptions {
  /**
   * How often a thread that could go on may be stopped in favour of another in one execution, default 3; `Infinity` for all
   * interleavings.
   */
  readonly preemptionBound?: number | undefined;
  /** The most operations of one execution, default 5000; one that has more is reported as a livelock. */
  readonly maxBranches?: number | undefined;
  /** Stop after so many executions, default `Infinity`. */
  readonly maxPermutations?: number | undefined;
  /** Stop after so many milliseconds, default `Infinity`. */
  readonly maxDuration?: number | undefined;
  /**
   * `"any"` (default): a wait with a finite timeout may time out whenever others could go on, at the price of a preemption,
   * and does when nobody else can. `"never"`: it sleeps until it is notified, so that a timeout hides no lost wake-up.
   */
  readonly timeouts?: "any" | "never" | undefined;
  /** Off, every state is explored as often as it is reached, and every operation is a place to switch; default on. */
  readonly reduction?: boolean | undefined;
  /** Told about once a second how far it is. */
  readonly onProgress?: ((report: ModelReport) => void) | undefined;
}

/** What a model explored. */
export interface ModelReport {
  /** Executions that ran to their end. */
  readonly executions: number;
  /** Executions that were left because they had reached a state explored before. */
  readonly pruned: number;
  /** Different states at which there was a choice. */
  readonly states: number;
  /** Operations done, those not counted that were only run again. */
  readonly steps: number;
  /** The most preemptions of one execution that have been explored in full. */
  readonly preemptions: number;
  /** Every execution within the bound was explored; false if `maxPermutations` or `maxDuration` came first. */
  readonly complete: boolean;
  /** There are no more executions beyond the bound either. */
  readonly exhaustive: boolean;
  /** Milliseconds it took. */
  readonly duration: number;
}

/** The options with their defaults. */
export interface Settings {
  readonly preemptionBound: number;
  readonly maxBranches: number;
  readonly maxPermutations: number;
  readonly maxDuration: number;
  readonly timeouts: "any" | "never";
  readonly reduction: boolean;
  readonly onProgress: ((report: ModelReport) => void) | undefined;
}

/** Checks the options and fills in the defaults. */
export function settingsOf(options: ModelOptions): Settings {
  const timeouts = options.timeouts ?? "any";
  if (timeouts !== "any" && timeouts !== "never") {
    throw invalidArg("timeouts", timeouts, 'must be "any" or "never"');
  }
  return {
    preemptionBound: count("preemptionBound", options.preemptionBound, 3, 0),
    maxBranches: count("maxBranches", options.maxBranches, 5000, 1),
    maxPermutations: count("maxPermutations", options.maxPermutations, Infinity, 1),
    maxDuration: count("maxDuration", options.maxDuration, Infinity, 1),
    timeouts,
    reduction: options.reduction ?? true,
    onProgress: options.onProgress,
  };
}

function count(name: string, given: number | undefined, otherwise: number, least: number): number {
  const value = given ?? otherwise;
  if (value === Infinity || (Number.isInteger(value) && value >= least)) return value;
  throw invalidArg(name, value, `must be an integer from ${least} on, or Infinity`);
}
