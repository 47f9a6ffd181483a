/** Ties a test of ours to the tests of Tokio whose behaviour it shows; `tools/conformance.mjs` collects the calls. */
import { test } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** The Tokio tests that this one shows, as `file::name`. */
    tokio?: readonly string[];
  }
}

/**
 * Declares a test that shows what one or more of Tokio's tests show.
 *
 * @param tokio - `"rt_basic::no_extra_poll"`: the file without folder `tests/` or `src/` and ending, then the test's name.
 * Literals only, for they are collected by reading the source.
 * @param sentence - the behaviour; the test's name.
 */
export function conforms(
  tokio: string | readonly string[],
  sentence: string,
  body: () => unknown,
): void {
  test(sentence, { meta: { tokio: typeof tokio === "string" ? [tokio] : tokio } }, async () => {
    await body();
  });
}
