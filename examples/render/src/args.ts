/** The command line. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type Job, SCENES, type SceneName } from "./job.ts";

/** What a run is asked to do. */
export interface RunOptions {
  readonly job: Job;
  readonly output: string;
  readonly threads: number;
  /** The side of a tile, in pixels. */
  readonly tile: number;
  readonly quiet: boolean;
}

/** What the command line asks for. */
export type Command =
  | { readonly kind: "run"; readonly options: RunOptions }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly message: string };

const MAX_SIDE = 16_384;
const MAX_THREADS = 256;

/** What `--help` prints. */
export const HELP: string = `Usage: render [OPTION]... [SCENE]
Render a picture on all cores and write it as PNG. SCENE is ${SCENES.join(" or ")} (default ${SCENES[0]}).
The picture depends on the scene, its size, the samples and the seed, and on nothing else.

  -o, --output FILE    write the picture to FILE (default SCENE.png)
  -s, --size WxH       in pixels (default 960x540)
  -n, --samples N      points or rays per pixel, 1 to 4096 (default 16)
      --seed N         seed of the random numbers (default 1)
  -t, --threads N      threads that render, 1 to ${MAX_THREADS} (default: one for each core)
      --tile N         side of a tile in pixels, 4 to 1024 (default 32)
  -q, --quiet          show neither progress nor the summary
  -h, --help           show this help and exit
  -V, --version        show the version and exit

Ctrl-C stops and leaves a picture in which what was not rendered is grey; a second Ctrl-C stops at once. So does SIGTERM.

Exit status: 0 done, 1 the picture could not be written, 2 wrong usage, 130 stopped by Ctrl-C, 143 by SIGTERM.
`;

const OPTIONS = {
  output: { type: "string", short: "o" },
  size: { type: "string", short: "s" },
  samples: { type: "string", short: "n" },
  seed: { type: "string" },
  threads: { type: "string", short: "t" },
  tile: { type: "string" },
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
  const scene = sceneOf(positionals);
  const [width, height] = sizeOf(values.size ?? "960x540");
  const samples = wholeNumber("--samples", values.samples, 1, 4096) ?? 16;
  const seed = wholeNumber("--seed", values.seed, 0, 2 ** 31) ?? 1;
  const options: RunOptions = {
    job: { scene, width, height, samples, seed },
    output: values.output ?? `${scene}.png`,
    threads: wholeNumber("--threads", values.threads, 1, MAX_THREADS) ?? availableParallelism(),
    tile: wholeNumber("--tile", values.tile, 4, 1024) ?? 32,
    quiet: values.quiet === true,
  };
  if (options.output === "") throw new Error("--output needs the name of a file");
  return { kind: "run", options };
}

function sceneOf(positionals: readonly string[]): SceneName {
  const [name = SCENES[0], second] = positionals;
  if (second !== undefined) throw new Error(`one scene at a time, '${second}' is too many`);
  const scene = SCENES.find((known) => known === name);
  if (scene === undefined)
    throw new Error(`there is no scene '${name}', only ${SCENES.join(", ")}`);
  return scene;
}

function sizeOf(given: string): [number, number] {
  const [, width, height] = /^(\d+)x(\d+)$/.exec(given) ?? [];
  const size: [number, number] = [Number(width), Number(height)];
  if (size.every((side) => side >= 1 && side <= MAX_SIDE)) return size;
  throw new Error(`--size must be WxH with sides from 1 to ${MAX_SIDE}, not '${given}'`);
}

function wholeNumber(
  name: string,
  given: string | undefined,
  min: number,
  max: number,
): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (/^\d+$/.test(given) && value >= min && value <= max) return value;
  throw new Error(`${name} must be a whole number from ${min} to ${max}, not '${given}'`);
}

/** Node's explanations of wrong options go on with advice for programmers. */
function firstSentence(message: string): string {
  const text = message.split(/\.(?:\s|$)|\n/, 1)[0] as string;
  return text.charAt(0).toLowerCase() + text.slice(1);
}
