/** The entry of mini-redis. */
import { readFileSync } from "node:fs";
import { type Async, Builder, fn, main } from "treadle";
import { HELP, parseCommandLine } from "./args.ts";
import { run } from "./run.ts";

const program = fn(function* miniRedis(): Async<number> {
  const line = parseCommandLine(process.argv.slice(2));
  if (line.kind === "run") return yield* run(line.options);
  if (line.kind === "wrong") {
    process.stderr.write(
      `mini-redis: ${line.message}\nTry 'mini-redis --help' for how to use it.\n`,
    );
    return 2;
  }
  process.stdout.write(line.kind === "help" ? HELP : `mini-redis ${version()}\n`);
  return 0;
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
