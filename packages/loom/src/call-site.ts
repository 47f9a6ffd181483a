/** Where in a program an operation is: the innermost place that is neither the checker's nor the seam's. */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Frames of these are not the program's: this package, the seam to shared memory, the engine. */
const SKIPPED =
  /\/packages\/loom\/(src|dist)\/|\/@treadle\/loom\/|\/core\/(src|dist)\/shared\/|\bnode:|<anonymous>/;
const PLACE = /^\s*at (?:(.*) \()?(.*?):(\d+):\d+\)?$/;

/** Function, file and line that called into the checker; empty if it cannot be told. */
export function callSite(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const stack = new Error("where").stack ?? "";
  Error.stackTraceLimit = limit;
  for (const line of stack.split("\n").slice(1)) {
    const match = PLACE.exec(line);
    if (match === null || SKIPPED.test(line)) continue;
    return `${match[1] ?? "(top)"} ${shorten(match[2]!)}:${match[3]}`;
  }
  return "";
}

function shorten(file: string): string {
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  const short = relative(process.cwd(), path);
  return short.length < path.length ? short : path;
}
