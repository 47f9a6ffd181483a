/** One run: the parts put together, and its end in every case. */
import { statSync } from "node:fs";
import { type Async, type Future, fn, Handle, ready, Semaphore, select, spawn } from "treadle";
import type { RunOptions } from "./args.ts";
import { bytePath, displayPath, withSlash } from "./byte-path.ts";
import { ChunkBuffers } from "./chunk-buffers.ts";
import { failureReason } from "./failure.ts";
import { hashTree } from "./hash-tree.ts";
import { Interrupt } from "./interrupt.ts";
import type { Job } from "./job.ts";
import type { Live } from "./live.ts";
import { mountsBelow } from "./mounts.ts";
import { OrderedOutput, writeLines } from "./ordered-output.ts";
import { ownPaths, ownStdout } from "./own-files.ts";
import { Pace } from "./pace.ts";
import { showProgress } from "./progress.ts";
import { commit, discard, openSink, pathsOf, type Sink } from "./sink.ts";
import { summary } from "./summary.ts";
import { Tally } from "./tally.ts";
import { Terminal } from "./terminal.ts";

const FAILED = 1;
const WRONG_USAGE = 2;
/** What a shell shows for a program that a broken pipe has stopped. */
const READER_GONE = 141;

/** Does what the options ask for, on other threads if there is a `live`; answers the program's exit status. */
export const run: (options: RunOptions, live: Live | undefined) => Future<number> = fn(
  function* run(options, live) {
    const terminal = new Terminal(process.stderr);
    const refused = whyNoDirectory(options.directory);
    if (refused !== undefined) return refuse(terminal, options.directory, refused);
    let sink: Sink;
    try {
      sink = yield* openSink(options.output);
    } catch (error) {
      return refuse(terminal, listName(options), wordsFor(error));
    }
    using interrupt = new Interrupt();
    const job = jobOf(options, live, sink, terminal);
    try {
      yield* hashAndWrite(job, sink, interrupt);
      commit(sink);
    } catch (error) {
      discard(sink);
      if ((error as NodeJS.ErrnoException).code === "EPIPE") return READER_GONE;
      terminal.report(`${listName(options)}: ${wordsFor(error)}`);
      return FAILED;
    }
    return conclude(job, interrupt);
  },
);

/** Hashes until all is done or a signal comes; then the lines that are there are written to the end. */
const hashAndWrite = fn(function* hashAndWrite(
  job: Job,
  sink: Sink,
  interrupt: Interrupt,
): Async<void> {
  const writer = spawn(writeLines, job.output, sink);
  const progress = job.options.quiet ? undefined : spawn(showProgress, job);
  try {
    // A writer that ends first has failed, and its error comes out here.
    yield* select({ hashed: hashTree(job), writer, stopped: interrupt.token.cancelled() });
    job.output.end();
    yield* writer;
  } finally {
    progress?.abort();
    yield* progress?.outcome() ?? ready(undefined);
  }
});

function conclude(job: Job, interrupt: Interrupt): number {
  const { options, tally, terminal } = job;
  if (interrupt.status !== 0) terminal.report("stopped; the list holds what was hashed so far");
  if (!options.quiet) terminal.print(summary(tally, Handle.current().metrics(), options.threads));
  return interrupt.status || (tally.failed > 0 ? FAILED : 0);
}

function jobOf(options: RunOptions, live: Live | undefined, sink: Sink, terminal: Terminal): Job {
  const { directory } = options;
  // With a single slot the other threads have it, so that this one is left free.
  const slotsHere = live !== undefined && options.concurrency > 1 ? 1 : 0;
  const root = withSlash(bytePath(directory));
  return {
    options,
    root,
    terminal,
    tally: new Tally(live),
    localPace: live === undefined ? new Pace() : new Pace("in place"),
    remotePace: new Pace("by pool"),
    mounts: mountsBelow(root, directory),
    output: new OrderedOutput(),
    own: sink.target === undefined ? ownStdout() : ownPaths(root, directory, pathsOf(sink)),
    slots: new Semaphore(options.concurrency - slotsHere),
    slotHere: new Semaphore(slotsHere),
    buffers: new ChunkBuffers(),
    readAhead: true,
    live,
  };
}

function whyNoDirectory(directory: string): string | undefined {
  try {
    return statSync(directory).isDirectory() ? undefined : "not a directory";
  } catch (error) {
    return wordsFor(error);
  }
}

function refuse(terminal: Terminal, name: string, why: string): number {
  terminal.report(`${displayPath(bytePath(name))}: ${why}`);
  return WRONG_USAGE;
}

function listName(options: RunOptions): string {
  return options.output ?? "standard output";
}

/** What the system refused, in words; throws what is a mistake of the program. */
function wordsFor(error: unknown): string {
  const reason = failureReason(error);
  if (reason === undefined) throw error;
  return reason;
}
