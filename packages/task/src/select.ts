/** The first of several futures; the others are dropped. */
import {
  type Awaitable,
  cx,
  hasBudgetRemaining,
  type IntoFuture,
  invalidArg,
  PENDING,
  pollProceed,
  RuntimeError,
} from "@treadle/core";
import { Combinator } from "./children.ts";
import type { OutputOf } from "./join.ts";

/** Which future of a {@link select} was first, and its output. */
export type Selected<B extends Record<string, IntoFuture<unknown>>> = {
  [K in keyof B & string]: { readonly key: K; readonly value: OutputOf<B[K]> };
}[keyof B & string];

/** Options of {@link select}. */
export interface SelectOptions {
  /** Polls the branches in the order they are written; otherwise each poll starts at a random one. */
  readonly biased?: boolean;
}

class Select<T> extends Combinator<T> {
  private readonly keys: readonly string[] | null;
  private readonly biased: boolean;

  constructor(futures: IntoFuture<unknown>[], keys: readonly string[] | null, biased: boolean) {
    super(futures);
    this.keys = keys;
    this.biased = biased;
  }

  protected override pollChildren(): void {
    // With the budget spent only branches outside it could be ready, and would starve the others.
    if (!hasBudgetRemaining() && !pollProceed()) return;
    const { calls } = this.children;
    const count = calls.length;
    const first = this.biased ? 0 : cx.rand.nextBelow(count);
    for (let i = 0; i < count; i++) {
      if (this.pollChild(first + i >= count ? first + i - count : first + i)) return;
    }
  }

  /** Polls one branch; true when it decided the race. */
  private pollChild(at: number): boolean {
    const call = this.children.calls[at];
    if (call === null || call === undefined) return false;
    try {
      const answer = call.next();
      if (answer === PENDING) return false;
      const key = this.keys?.[at];
      this.decide((key === undefined ? answer.value : { key, value: answer.value }) as T);
    } catch (error) {
      this.fail(error);
    }
    this.children.calls[at] = null;
    return true;
  }
}

/**
 * Waits for the first of several named futures, then drops the others and waits for their clean-up.
 *
 * @remarks A branch that fails first decides too: its error is thrown. Each poll starts at a random branch, from the
 * runtime's seeded generator, unless `biased`. **Cancel safety**: the losers are dropped; whether that loses data is
 * said by each of them. **Errors**: `ERR_INVALID_ARG` without branches; what the first branch, or a loser's clean-up,
 * throws.
 * @example
 * ```ts
 * import { Builder, pending, ready, select } from "treadle";
 *
 * const runtime = Builder.newCurrentThread().build();
 * runtime.blockOn(select({ never: pending(), now: ready(7) })); // => { key: "now", value: 7 }
 * ```
 */
export function select<B extends Record<string, IntoFuture<unknown>>>(
  branches: B,
  options?: SelectOptions,
): Awaitable<Selected<B>> {
  if (typeof branches !== "object" || branches === null) {
    throw invalidArg(
      "the argument of select()",
      branches,
      "must be an object of futures: select({ name: future })",
    );
  }
  const keys = Object.keys(branches);
  if (keys.length === 0) throw noBranches("select({})");
  const futures = keys.map((key) => branches[key] as IntoFuture<unknown>);
  return new Select(futures, keys, options?.biased ?? false);
}

/**
 * The output or failure of whichever future is first; the others are dropped and their clean-up awaited.
 *
 * @remarks As {@link select}, without names.
 */
export function race<F extends readonly IntoFuture<unknown>[]>(
  ...futures: F
): Awaitable<OutputOf<F[number]>> {
  if (futures.length === 0) throw noBranches("race()");
  return new Select([...futures], null, false);
}

function noBranches(call: string): RuntimeError {
  return new RuntimeError(
    "ERR_INVALID_ARG",
    `${call} has nothing to wait for and would wait for ever: give it at least one future`,
  );
}
