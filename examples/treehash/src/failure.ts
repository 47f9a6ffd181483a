/** Why a file could not be hashed, in words, and which errors are the file's own. */
import { getSystemErrorMap } from "node:util";
import { Elapsed, ERR_WORKER_LOST } from "treadle";
import { type BytePath, displayPath } from "./byte-path.ts";
import type { Job } from "./job.ts";

/** The path led to something else than a regular file when it was opened. */
export class Replaced extends Error {
  readonly code = "EREPLACED";

  constructor() {
    super("no longer a regular file");
  }
}

/** The reason in a few words, or undefined where the error is a mistake of the program and no fault of a file. */
export function failureReason(error: unknown): string | undefined {
  if (error instanceof Elapsed) return "timed out";
  if (error instanceof Replaced) return error.message;
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (code === ERR_WORKER_LOST) return "the thread that hashed it ended";
  if (typeof errno !== "number" || typeof syscall !== "string") return undefined;
  return getSystemErrorMap().get(errno)?.[1] ?? (error as Error).message;
}

/** Counts and reports the failure of one path; the run goes on. Throws what is no fault of the path. */
export function noteFailure(job: Job, path: BytePath, error: unknown): void {
  const reason = failureReason(error);
  if (reason === undefined) throw error;
  noteReason(job, path, reason);
}

/** Counts and reports why a path could not be hashed. */
export function noteReason(job: Job, path: BytePath, reason: string): void {
  job.tally.fail(reason);
  job.terminal.report(`${displayPath(path)}: ${reason}`);
}
