/** Runs the built program as a child process, on trees made for one test. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** How a run ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A run under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** A new directory that is removed after the test. */
export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "treehash-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

let threads: readonly string[] = [];

/** Has the programs of this test hash on so many threads; on one per core by default. */
export function useThreads(n: number): void {
  threads = ["--threads", `${n}`];
  onTestFinished(() => {
    threads = [];
  });
}

/** Starts the program in `cwd`; a list on standard output is collected unless `reads` is false. */
export function start(cwd: string, args: readonly string[], reads = true): Running {
  return follow(spawn(process.execPath, [MAIN, ...threads, ...args], { cwd }), reads);
}

/** Starts the program so that each of its threads runs `script` first. */
export function startWithPreload(cwd: string, args: readonly string[], script: string): Running {
  const file = join(newDirectory(), "preload.cjs");
  writeFileSync(file, script);
  const command = ["--require", file, MAIN, ...threads, ...args];
  return follow(spawn(process.execPath, command, { cwd }), true);
}

/** Starts the program so that the modes of files hold for root too. */
export function startWithoutPrivileges(cwd: string, args: readonly string[]): Running {
  if (process.getuid?.() !== 0) return start(cwd, args);
  const drop = ["--bounding-set", "-dac_override,-dac_read_search"];
  return follow(
    spawn("setpriv", [...drop, process.execPath, MAIN, ...threads, ...args], { cwd }),
    true,
  );
}

/** Runs the program to its end. */
export function run(cwd: string, ...args: string[]): Promise<Ended> {
  return start(cwd, args).ended;
}

function follow(child: ChildProcess, reads: boolean): Running {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build it first`);
  const chunks: Buffer[] = [];
  let stderr = "";
  if (reads) child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    // Not "close": a list that nobody reads keeps its pipe open.
    child.on(reads ? "close" : "exit", (code, signal) => {
      resolve({ code, signal, stderr, stdout: Buffer.concat(chunks) });
    });
  });
  return { child, ended };
}

/** Waits until the program has a file open whose path ends like this; it has read the file's directory then. */
export async function hasOpen(running: Running, end: string): Promise<void> {
  const fds = `/proc/${running.child.pid}/fd`;
  while (running.child.exitCode === null && running.child.signalCode === null) {
    if (linksIn(fds).some((target) => target.endsWith(end))) return;
    await new Promise(setImmediate);
  }
  throw new Error(`the program ended without having opened ${end}`);
}

function linksIn(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => readlinkSync(join(directory, name)));
  } catch {
    return [];
  }
}

/** What `find` and `sha256sum` say of a directory, sorted by path as bytes. */
export function reference(cwd: string, directory: string): Buffer {
  const script = 'find "$0" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum';
  return execFileSync("sh", ["-c", script, directory], { cwd, maxBuffer: 1 << 28 });
}

/** The exit status of `sha256sum --strict -c` on a list. */
export function check(cwd: string, list: string): number | null {
  return spawnSync("sha256sum", ["--strict", "--quiet", "-c", list], { cwd }).status;
}

/** Takes all permissions of a file or directory away until the test is over. */
export function forbid(path: string): void {
  chmodSync(path, 0);
  onTestFinished(() => chmodSync(path, 0o700));
}
