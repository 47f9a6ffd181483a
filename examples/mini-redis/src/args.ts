/** The command line. */
import { parseArgs } from "node:util";
import { DEFAULT_OPTIONS, type ServerOptions } from "./server/options.ts";

/** What the command line asks for. */
export type CommandLine =
  | { readonly kind: "run"; readonly options: ServerOptions }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly message: string };

const MAX_SECONDS = 2 ** 31 / 1000;
const MEGABYTE = 1024 * 1024;

/** What `--help` prints. */
export const HELP: string = `Usage: mini-redis [OPTION]...
A server that speaks the protocol of Redis and keeps its data in memory.

  -p, --port N              listen on TCP port N; 0 for one that is free (default ${DEFAULT_OPTIONS.port})
  -b, --bind ADDRESS        listen on this address (default ${DEFAULT_OPTIONS.bind})
      --unixsocket PATH     listen on a Unix socket besides
      --max-clients N       serve at most N clients at once (default ${DEFAULT_OPTIONS.maxClients})
      --idle-timeout S      disconnect who says nothing for S seconds; 0: never (default 0)
      --max-request BYTES   the size of one request (default ${DEFAULT_OPTIONS.maxRequest / MEGABYTE} MiB)
      --max-output BYTES    what may wait for a slow subscriber (default ${DEFAULT_OPTIONS.maxOutput / MEGABYTE} MiB)
      --drain-timeout S     give clients S seconds to finish at the end (default ${DEFAULT_OPTIONS.drainTimeout / 1000})
  -h, --help                show this help and exit
  -V, --version             show the version and exit

Ctrl-C stops: no new clients, those that are there get the answers to what they have asked; a second
Ctrl-C stops at once.

Exit status: 0 stopped, 1 cannot listen, or clients were cut off at the end, 2 wrong usage.
`;

const OPTIONS = {
  port: { type: "string", short: "p" },
  bind: { type: "string", short: "b" },
  unixsocket: { type: "string" },
  "max-clients": { type: "string" },
  "idle-timeout": { type: "string" },
  "max-request": { type: "string" },
  "max-output": { type: "string" },
  "drain-timeout": { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

/** Reads the arguments after the program's name. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  try {
    return read(args);
  } catch (error) {
    return { kind: "wrong", message: firstSentence((error as Error).message) };
  }
}

function read(args: readonly string[]): CommandLine {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help === true) return { kind: "help" };
  if (values.version === true) return { kind: "version" };
  const d = DEFAULT_OPTIONS;
  const seconds = (name: "idle-timeout" | "drain-timeout"): number | undefined => {
    const given = number(`--${name}`, values[name], 0, MAX_SECONDS, false);
    return given === undefined ? undefined : given * 1000;
  };
  const options: ServerOptions = {
    port: number("--port", values.port, 0, 65_535) ?? d.port,
    bind: text("--bind", values.bind) ?? d.bind,
    unixSocket: text("--unixsocket", values.unixsocket),
    maxClients: number("--max-clients", values["max-clients"], 1, 1_000_000) ?? d.maxClients,
    idleTimeout: seconds("idle-timeout") ?? d.idleTimeout,
    maxRequest: number("--max-request", values["max-request"], 1024, 2 ** 30) ?? d.maxRequest,
    maxOutput: number("--max-output", values["max-output"], 1024, 2 ** 30) ?? d.maxOutput,
    drainTimeout: seconds("drain-timeout") ?? d.drainTimeout,
  };
  return { kind: "run", options };
}

function text(name: string, given: string | undefined): string | undefined {
  if (given === "") throw new Error(`${name} needs a value`);
  return given;
}

function number(
  name: string,
  given: string | undefined,
  min: number,
  max: number,
  isWhole = true,
): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  const form = isWhole ? /^\d+$/ : /^\d+(\.\d+)?$/;
  if (form.test(given) && value >= min && value <= max) return value;
  throw new Error(
    `${name} must be a ${isWhole ? "whole " : ""}number from ${min} to ${Math.floor(max)}, not '${given}'`,
  );
}

/** Node's explanations of wrong options go on with advice for programmers. */
function firstSentence(message: string): string {
  const sentence = message.split(/\.(?:\s|$)|\n/, 1)[0] as string;
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
