/**
 * The heart: dropped anywhere, a program does exactly what the specification says.
 *
 * Random programs (`support/generator.ts`) are compiled to generator functions (`support/program.ts`, `support/real.ts`)
 * and run beside a reference interpreter that knows no generators (`support/interpreter.ts`): once to the end, then once
 * for each poll, dropped just before it, with random wakes before and after (`support/schedule.ts`). The logs of all
 * statements, polls, drops, clean-up, errors and results must be equal. Half of them run as a `Call` polled by hand, half
 * as a task.
 *
 * What JavaScript limits is not avoided but modelled as JavaScript does it: a catch around a finally that throws, and
 * return, break and continue in a finally, un-cancel the one function they are in; a finally that was entered in normal
 * flow is cut, and its pending error lost.
 *
 * `TREADLE_TREES=20000` runs more of them (without it, for at most 15 seconds); `TREADLE_SEED=n` repeats a run.
 *
 * It was checked that each of these mistakes in the sources makes it fail:
 * - Call: a drop goes on always by `next`, or always by `return`; pending and closing are told apart by a flag; errors of
 *   clean-up are thrown through; a second step of a drop does nothing; an unpolled leaf is not dropped;
 * - plain generators: never cut, always cut, cut by their depth alone, cut without a word; one level, or two, are
 *   overlooked; an ordinary function's generator is run bare (in about a thousand programs);
 * - join, select: losers are not closed, or not awaited, or closed one after the other; the decided error is lost when
 *   they are dropped meanwhile; a drop is not awaited; the first error is lost; children are polled after a failure; no
 *   rotation;
 * - joinAll: children are closed with the parent's waker; the round after a failure is missing; a failure does not end the
 *   others; errors of clean-up are sent back to itself;
 * - shield: drops what it shields; unconstrained: drops nothing; task-locals: not set during a drop; Task: begins its drop
 *   with an unpolled call.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { programs } from "./support/generator.ts";
import { reference } from "./support/interpreter.ts";
import { type Func, numbered } from "./support/program.ts";
import { Compiled } from "./support/real.ts";
import { drive, World } from "./support/schedule.ts";

const asked = process.env["TREADLE_TREES"];
const seed = process.env["TREADLE_SEED"];
const extent: fc.Parameters<unknown> = {
  numRuns: Number(asked ?? 3000),
  ...(asked === undefined ? { interruptAfterTimeLimit: 15_000 } : {}),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
};

/** Errors of clean-up are seen at once in a drop by hand, and at the end in a task: brought into one order. */
function atTheEnd(log: readonly string[]): string[] {
  const isError = (line: string): boolean => line.startsWith("clean-up failed");
  const rest = log.filter((line) => !isError(line));
  return rest.at(-1) === "gone" ? [...rest, ...log.filter(isError)] : rest;
}

/** Runs a program both ways, dropped at one point; throws when they differ; answers the number of drop points. */
function compare(program: Func, compiled: Compiled, wakes: number, dropAt: number): number {
  const real = new World();
  const model = new World();
  const asTask = (wakes & 1) === 1;
  const polls = drive(model, reference(model, program, wakes), wakes, dropAt);
  drive(real, compiled.start(real, wakes, asTask), wakes, dropAt);
  const [is, ought] = asTask ? [atTheEnd(real.log), atTheEnd(model.log)] : [real.log, model.log];
  if (is.join("\n") === ought.join("\n")) return polls;
  const at = is.findIndex((line, i) => line !== ought[i]);
  const from = at < 0 ? is.length : at;
  throw new Error(
    `${compiled.source}\n\nwakes ${wakes}, ${asTask ? "as a task" : "by hand"}, ` +
      `${dropAt < 0 ? "not dropped" : `dropped before poll ${dropAt}`}\n` +
      `both:\n  ${is.slice(0, from).join("\n  ")}\n` +
      `then it did:\n  ${is.slice(from, from + 12).join("\n  ")}\n` +
      `and ought to:\n  ${ought.slice(from, from + 12).join("\n  ")}`,
  );
}

test("a random program, dropped at any suspension point, does what the specification says", () => {
  let drops = 0;
  let trees = 0;
  fc.assert(
    fc.property(programs(), fc.nat(), (body, wakes) => {
      const program = numbered(body);
      const compiled = new Compiled(program);
      const polls = compare(program, compiled, wakes, -1);
      for (let dropAt = 0; dropAt < polls; dropAt++) compare(program, compiled, wakes, dropAt);
      drops += polls;
      trees++;
    }),
    extent,
  );
  if (asked !== undefined) console.log(`${trees} programs, ${drops} drops`);
  expect(drops).toBeGreaterThan(trees);
}, 3_600_000);
