/** The base of every error this project throws, and the few that belong to no package above. */

/** An error with a stable `code`; match on the code, never on the text. */
export class RuntimeError extends Error {
  /** Stable identifier, `ERR_…`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  override get name(): string {
    return "RuntimeError";
  }
}

/** Code of the error thrown where a runtime is needed and none is entered. */
export const ERR_NO_RUNTIME = "ERR_NO_RUNTIME";
/** Code of the error thrown when a future is polled by anybody but a runtime. */
export const ERR_OUTSIDE_POLL = "ERR_OUTSIDE_POLL";
/** Code of the error thrown by `yield` where `yield*` was meant. */
export const ERR_BARE_YIELD = "ERR_BARE_YIELD";
/** Code of the error thrown when a future is polled after it finished, or by two awaiters at once. */
export const ERR_FUTURE_STATE = "ERR_FUTURE_STATE";
/** Code of the error reported when a plain nested generator's clean-up had to be cut. */
export const ERR_CLEANUP_CUT = "ERR_CLEANUP_CUT";
/** Code of the error thrown for an argument outside its range or of the wrong type. */
export const ERR_INVALID_ARG = "ERR_INVALID_ARG";

/** Makes the error for "no runtime here": names what was called and the ways in. */
export function noRuntime(what: string): RuntimeError {
  return new RuntimeError(
    ERR_NO_RUNTIME,
    `there is no reactor running: ${what} must be called from the context of a Treadle runtime ` +
      "(inside runtime.run(...) or runtime.blockOn(...), or after `using guard = runtime.enter()`)",
  );
}

/** Makes the error for an argument that breaks its rule: names the argument, what it was given and what it takes. */
export function invalidArg(name: string, given: unknown, rule: string): RuntimeError {
  return new RuntimeError(ERR_INVALID_ARG, `${name} ${rule}; it was given ${describe(given)}`);
}

/** Describes any value in a few words for an error text; never throws. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  if (typeof value === "object" && value !== null) {
    return `an object of class ${value.constructor?.name ?? "Object"}`;
  }
  return typeof value === "bigint" ? `${value}n` : String(value);
}
