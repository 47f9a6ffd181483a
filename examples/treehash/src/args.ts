/** The command line. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

/** What a run is asked to do. */
export interface RunOptions {
  readonly directory: string;
  /** The file to write; undefined for standard output. */
  readonly output: string | undefined;
  /** How many threads hash; the first of them is the one that does everything else, too. */
  readonly threads: number;
  /** How many files may be in work at once. */
  readonly concurrency: number;
  /** How long one file may take, in ms; undefined for as long as it likes. */
  readonly timeout: number | undefined;
  readonly quiet: boolean;
}

/** What the command line asks for. */
export type Command =
  | { readonly kind: "run"; readonly options: RunOptions }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly message: string };

const MAX_THREADS = 128;
const DEFAULT_THREADS = Math.min(availableParallelism(), MAX_THREADS);
/** Files in work: so many at least, that a slow disk has something to do, */
const DEFAULT_CONCURRENCY = 8;
/** and so many for each thread, that none has to wait for the next. */
const PER_THREAD = 2;
const MAX_CONCURRENCY = 256;
/** The longest timer: about 24 days. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** What `--help` prints. */
export const HELP: string = `Usage: treehash [OPTION]... DIR
Hash (SHA-256) every regular file below DIR, and list them, sorted by path, as sha256sum does:
\`sha256sum -c\` accepts the list. Symbolic links are not followed.

  -o, --output FILE      write the list to FILE; it is replaced when the list is whole
  -T, --threads N        hash on N threads, 1 to ${MAX_THREADS} (default: one per core, here ${DEFAULT_THREADS})
  -j, --concurrency N    have at most N files in work at once, 1 to ${MAX_CONCURRENCY} (default ${DEFAULT_CONCURRENCY},
                         or ${PER_THREAD} per thread where that is more)
  -t, --timeout MS       give a file up that takes longer than MS milliseconds
  -q, --quiet            show neither progress nor the summary
  -h, --help             show this help and exit
  -V, --version          show the version and exit

Ctrl-C stops and leaves what was hashed so far; a second Ctrl-C stops at once.

Exit status: 0 all files hashed, 1 some failed, 2 wrong usage, 130 stopped by Ctrl-C.
`;

const OPTIONS = {
  output: { type: "string", short: "o" },
  threads: { type: "string", short: "T" },
  concurrency: { type: "string", short: "j" },
  timeout: { type: "string", short: "t" },
  quiet: { type: "boolean", short: "q" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

/** Reads the arguments after the program's name. */
export function parseCommand(args: readonly string[]): Command {
  try {
    return read(args);
  } catch (error) {
    return { kind: "wrong", message: firstSentence((error as Error).message) };
  }
}

function read(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help === true) return { kind: "help" };
  if (values.version === true) return { kind: "version" };
  const threads = wholeNumber("--threads", values.threads, MAX_THREADS) ?? DEFAULT_THREADS;
  const options: RunOptions = {
    directory: onlyDirectory(positionals),
    output: outputFile(values.output),
    threads,
    concurrency:
      wholeNumber("--concurrency", values.concurrency, MAX_CONCURRENCY) ??
      Math.max(DEFAULT_CONCURRENCY, PER_THREAD * threads),
    timeout: wholeNumber("--timeout", values.timeout, MAX_TIMEOUT),
    quiet: values.quiet === true,
  };
  return { kind: "run", options };
}

function onlyDirectory(positionals: readonly string[]): string {
  const [directory, second] = positionals;
  if (directory === undefined) throw new Error("a directory is missing");
  if (directory === "") throw new Error("the directory's name is empty");
  if (second !== undefined) throw new Error(`one directory at a time, '${second}' is too many`);
  return directory;
}

function outputFile(given: string | undefined): string | undefined {
  if (given === "") throw new Error("--output needs the name of a file");
  return given === "-" ? undefined : given;
}

function wholeNumber(name: string, given: string | undefined, max: number): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (/^\d+$/.test(given) && value >= 1 && value <= max) return value;
  throw new Error(`${name} must be a whole number from 1 to ${max}, not '${given}'`);
}

/** Node's explanations of wrong options go on with advice for programmers. */
function firstSentence(message: string): string {
  const text = message.split(/\.(?:\s|$)|\n/, 1)[0] as string;
  return text.charAt(0).toLowerCase() + text.slice(1);
}
