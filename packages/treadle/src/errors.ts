/** Errors of the meta package. */
import { RuntimeError } from "@treadle/core";

/** Code of the error thrown by what this version does not contain yet. */
export const ERR_NOT_BUILT = "ERR_NOT_BUILT";

/** Something that belongs to Treadle but not to this version; `instead` says what to do now. */
export function notBuilt(what: string, instead: string): RuntimeError {
  return new RuntimeError(
    ERR_NOT_BUILT,
    `${what} is not built into this version of Treadle: ${instead}`,
  );
}
