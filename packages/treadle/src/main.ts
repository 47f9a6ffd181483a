/** The entry of a program. */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { isMainThread } from "node:worker_threads";
import { type IntoFuture, invalidArg } from "@treadle/core";
import { Builder } from "./builder.ts";
import type { RuntimeFlavor } from "./config.ts";
import type { AllFeatures } from "./features.ts";
import type { Runtime } from "./runtime.ts";

/** Options of {@link main}. */
export interface MainOptions {
  /** Which scheduler; "multi_thread" by default. */
  readonly flavor?: RuntimeFlavor;
  /** Builds the runtime instead; `flavor` is then ignored. */
  readonly builder?: Builder<AllFeatures>;
  /** How long clean-up may take once the body has ended, in ms; no limit by default. */
  readonly shutdownTimeout?: number;
}

/**
 * Runs `body` as the program, where `moduleUrl` is the program's entry module on the main thread, and does nothing
 * anywhere else.
 *
 * @remarks Builds a runtime with everything enabled, runs the body by the event loop, shuts the runtime down. A body that
 * fails prints its error and makes the exit code 1; one that returns a whole number makes it the exit code. Call it as `main(import.meta.url, options, body)`.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` for a `moduleUrl` that is no URL.
 */
export function main<T>(moduleUrl: string, body: IntoFuture<T>): void;
export function main<T>(moduleUrl: string, options: MainOptions, body: IntoFuture<T>): void;
export function main<T>(
  moduleUrl: string,
  first: MainOptions | IntoFuture<T>,
  second?: IntoFuture<T>,
): void {
  if (!URL.canParse(moduleUrl)) {
    throw invalidArg("moduleUrl", moduleUrl, "must be the module's own import.meta.url");
  }
  if (!isMainThread || !isEntry(moduleUrl)) return;
  const options = second === undefined ? {} : (first as MainOptions);
  const body = second ?? (first as IntoFuture<T>);
  void start(options, body);
}

async function start<T>(options: MainOptions, body: IntoFuture<T>): Promise<void> {
  try {
    const runtime = runtimeOf(options);
    try {
      const value: unknown = await runtime.run(body);
      if (Number.isInteger(value)) process.exitCode = value as number;
    } finally {
      await runtime.shutdownTimeout(options.shutdownTimeout ?? Number.POSITIVE_INFINITY);
    }
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${inspect(error)}\n`);
  }
}

function runtimeOf(options: MainOptions): Runtime<AllFeatures> {
  if (options.builder !== undefined) return options.builder.build();
  return options.flavor === "current_thread"
    ? Builder.newCurrentThread().enableAll().build()
    : Builder.newMultiThread().enableAll().build();
}

function isEntry(moduleUrl: string): boolean {
  const script = process.argv[1];
  if (script === undefined) return false;
  try {
    // As Node does, it finds a script that was named without its ending.
    const entry = createRequire(import.meta.url).resolve(resolve(script));
    return realpathSync(entry) === realpathSync(fileURLToPath(moduleUrl));
  } catch {
    return false;
  }
}
