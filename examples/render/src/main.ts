/** The entry of render. */
import { readFileSync } from "node:fs";
import { type Async, Builder, fn, main } from "treadle";
import { HELP, parseCommand } from "./args.ts";
import { run } from "./run.ts";

const command = parseCommand(process.argv.slice(2));

const program = fn(function* program(): Async<void> {
  if (command.kind === "run") {
    process.exitCode = yield* run(command.options);
  } else if (command.kind === "help") {
    process.stdout.write(HELP);
  } else if (command.kind === "version") {
    process.stdout.write(`render ${version()}\n`);
  } else {
    process.stderr.write(`render: ${command.message}\nTry 'render --help' for how to use it.\n`);
    process.exitCode = 2;
  }
});

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Only a run needs threads. */
function builder(): Builder {
  return command.kind === "run"
    ? Builder.newMultiThread().workerThreads(command.options.threads)
    : Builder.newCurrentThread();
}

main(import.meta.url, { builder: builder().enableAll(), shutdownTimeout: 1000 }, program);
