/** One run, from the options to the exit status. */
import { type Async, type Call, fn, Handle, select, spawn } from "treadle";
import type { RunOptions } from "./args.ts";
import { Interrupt } from "./interrupt.ts";
import { Picture } from "./picture.ts";
import { showProgress } from "./progress.ts";
import { render } from "./render.ts";
import { summary } from "./summary.ts";

const FAILED = 1;

/** Does what the options ask for; answers the program's exit status. */
export const run: (options: RunOptions) => Call<number> = fn(function* run(
  options: RunOptions,
): Async<number> {
  using interrupt = new Interrupt();
  const picture = new Picture(options.job.width, options.job.height);
  const began = performance.now();
  yield* renderUntilStopped(picture, options, interrupt);
  const ms = performance.now() - began;
  try {
    picture.write(options.output);
  } catch (error) {
    say(`${options.output}: ${(error as Error).message}`);
    return FAILED;
  }
  if (interrupt.token.isCancelled) say(`stopped; ${options.output} holds what was rendered so far`);
  if (!options.quiet)
    process.stderr.write(summary(picture, options, ms, Handle.current().metrics()));
  return interrupt.status;
});

const renderUntilStopped = fn(function* renderUntilStopped(
  picture: Picture,
  options: RunOptions,
  interrupt: Interrupt,
): Async<void> {
  const progress = options.quiet ? undefined : spawn(showProgress, picture);
  try {
    yield* select({
      rendered: render(picture, options.job, options.tile),
      stopped: interrupt.token.cancelled(),
    });
  } finally {
    progress?.abort();
    if (progress !== undefined) yield* progress.outcome();
  }
});

function say(text: string): void {
  process.stderr.write(`render: ${text}\n`);
}
