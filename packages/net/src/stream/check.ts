/** Checks of the arguments of streams. */
import { invalidArg } from "@treadle/core";

/** Refuses what is not a Uint8Array. */
export function checkBytes(name: string, given: unknown): void {
  if (!(given instanceof Uint8Array)) {
    throw invalidArg(name, given, "must be a Uint8Array (a Buffer is one)");
  }
}

/** Refuses what has no `read()`. */
export function checkSource(name: string, given: unknown): void {
  if (typeof (given as { read?: unknown } | null | undefined)?.read !== "function") {
    throw invalidArg(
      name,
      given,
      "must be something to read from (AsyncRead): a socket, a pipe, a duplex()",
    );
  }
}

/** Refuses what has no `write()` and `shutdown()`. */
export function checkSink(name: string, given: unknown): void {
  const sink = given as { write?: unknown; shutdown?: unknown } | null | undefined;
  if (typeof sink?.write !== "function" || typeof sink.shutdown !== "function") {
    throw invalidArg(
      name,
      given,
      "must be something to write to (AsyncWrite): a socket, a pipe, a duplex()",
    );
  }
}

/** Refuses what is not a whole number of bytes, at least 1. */
export function checkSize(name: string, given: unknown): void {
  if (!Number.isSafeInteger(given) || (given as number) < 1) {
    throw invalidArg(name, given, "must be a whole number of bytes, at least 1");
  }
}

/** Refuses what is neither a whole number of bytes nor Infinity. */
export function checkLimit(name: string, given: unknown): void {
  if (given === Number.POSITIVE_INFINITY) return;
  if (!Number.isSafeInteger(given) || (given as number) < 0) {
    throw invalidArg(name, given, "must be a whole number of bytes, at least 0, or Infinity");
  }
}

/** Refuses what is not a byte. */
export function checkByte(name: string, given: unknown): void {
  if (!Number.isInteger(given) || (given as number) < 0 || (given as number) > 255) {
    throw invalidArg(name, given, "must be a byte, 0 to 255");
  }
}
