/** The entry of treehash. */
import { readFileSync } from "node:fs";
import { type Async, Builder, fn, main } from "treadle";
import { HELP, parseCommand } from "./args.ts";
import { run } from "./run.ts";

const program = fn(function* treehash(): Async<void> {
  const command = parseCommand(process.argv.slice(2));
  if (command.kind === "run") {
    process.exitCode = yield* run(command.options);
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

main(
  import.meta.url,
  { builder: Builder.newCurrentThread().enableAll(), shutdownTimeout: 1000 },
  program,
);
