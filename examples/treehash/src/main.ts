/** The entry of treehash. */
import { readFileSync } from "node:fs";
import { type Async, Builder, fn, main } from "treadle";
import { HELP, parseCommand } from "./args.ts";
import { Live } from "./live.ts";
import { run } from "./run.ts";
import { setUpThreads } from "./thread-setup.ts";

const command = parseCommand(process.argv.slice(2));
const live =
  command.kind === "run" && command.options.threads > 1
    ? new Live(command.options.concurrency)
    : undefined;

const program = fn(function* treehash(): Async<void> {
  if (command.kind === "run") {
    process.exitCode = yield* run(command.options, live);
  } else if (command.kind === "help") {
    process.stdout.write(HELP);
  } else if (command.kind === "version") {
    process.stdout.write(`treehash ${version()}\n`);
  } else {
    process.stderr.write(
      `treehash: ${command.message}\nTry 'treehash --help' for how to use it.\n`,
    );
    process.exitCode = 2;
  }
});

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** One thread needs no others; of several, this one hashes too, when it has nothing else to do. */
function builder(): Builder {
  if (command.kind !== "run" || live === undefined) return Builder.newCurrentThread();
  setUpThreads(command.options, live);
  return Builder.newMultiThread().workerThreads(command.options.threads - 1);
}

main(import.meta.url, { builder: builder().enableAll(), shutdownTimeout: 1000 }, program);
