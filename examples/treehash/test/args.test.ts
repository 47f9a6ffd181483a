import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { HELP, parseCommand } from "../src/args.ts";

const defaults = {
  directory: "dir",
  output: undefined,
  threads: availableParallelism(),
  concurrency: Math.max(8, 2 * availableParallelism()),
  timeout: undefined,
  quiet: false,
};

test("a directory alone runs with the defaults", () => {
  expect(parseCommand(["dir"])).toEqual({ kind: "run", options: defaults });
});

test.each([
  [
    [
      "--output",
      "list",
      "--concurrency",
      "3",
      "--timeout",
      "250",
      "--quiet",
      "--threads",
      "5",
      "dir",
    ],
  ],
  [["-o", "list", "dir", "-j3", "-t=250", "-q", "-T5"].map((arg) => arg.replace("=", ""))],
  [["--output=list", "--concurrency=3", "--timeout=250", "-q", "--threads=5", "--", "dir"]],
])("%j gives all options", (args) => {
  const options = {
    ...defaults,
    output: "list",
    threads: 5,
    concurrency: 3,
    timeout: 250,
    quiet: true,
  };
  expect(parseCommand(args)).toEqual({ kind: "run", options });
});

test("many threads have at least two files each in work", () => {
  const options = { ...defaults, threads: 20, concurrency: 40 };
  expect(parseCommand(["-T20", "dir"])).toEqual({ kind: "run", options });
});

test("the output - is standard output", () => {
  expect(parseCommand(["-o", "-", "dir"])).toEqual({ kind: "run", options: defaults });
});

test("a directory may begin with a dash after --", () => {
  const options = { ...defaults, directory: "-d" };
  expect(parseCommand(["--", "-d"])).toEqual({ kind: "run", options });
});

test("help and version need no directory, and win over one", () => {
  expect(parseCommand(["-h"])).toEqual({ kind: "help" });
  expect(parseCommand(["--version", "dir"])).toEqual({ kind: "version" });
});

test.each([
  [[], "a directory is missing"],
  [[""], "the directory's name is empty"],
  [["a", "b"], "one directory at a time, 'b' is too many"],
  [["-x", "dir"], "unknown option '-x'"],
  [["dir", "-o"], "option '-o, --output <value>' argument missing"],
  [["dir", "-o", ""], "--output needs the name of a file"],
  [["dir", "-j", "257"], "--concurrency must be a whole number from 1 to 256, not '257'"],
  [["dir", "-j", "1.5"], "--concurrency must be a whole number from 1 to 256, not '1.5'"],
  [["dir", "-j", "1e2"], "--concurrency must be a whole number from 1 to 256, not '1e2'"],
  [["dir", "-T", "129"], "--threads must be a whole number from 1 to 128, not '129'"],
  [["dir", "-t", "0"], "--timeout must be a whole number from 1 to 2147483647, not '0'"],
])("%j is wrong: %s", (args, message) => {
  expect(parseCommand(args)).toEqual({ kind: "wrong", message });
});

test("the help names every option and fits a terminal", () => {
  for (const option of [
    "output",
    "threads",
    "concurrency",
    "timeout",
    "quiet",
    "help",
    "version",
  ]) {
    expect(HELP).toContain(`--${option}`);
  }
  expect(Math.max(...HELP.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
});
