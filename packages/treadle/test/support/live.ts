/** Programs of their own that are told something while they run. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const home = fileURLToPath(new URL("../..", import.meta.url));

/** How a program ended: by its exit code, or by a signal. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs. */
export class Live implements Disposable {
  readonly process: ChildProcess;
  /** What it wrote to standard error. */
  err = "";
  private readonly folder: string;
  private readonly lines: AsyncIterator<string>;
  private readonly exit: Promise<End>;

  /** Starts `source` as the entry module of a process; `treadle` can be imported in it. */
  constructor(source: string) {
    const parent = join(home, ".vitest");
    mkdirSync(parent, { recursive: true });
    this.folder = mkdtempSync(join(parent, "live-"));
    const file = join(this.folder, "entry.mjs");
    writeFileSync(file, source);
    const env = { ...process.env, NODE_OPTIONS: "" };
    this.process = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "pipe"] });
    const { stdout, stderr } = this.process;
    if (stdout === null || stderr === null) throw new Error("no pipes");
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.err += text;
    });
    this.lines = createInterface(stdout)[Symbol.asyncIterator]();
    this.exit = new Promise((done) =>
      this.process.once("close", (code, signal) => done({ code, signal })),
    );
  }

  /** The next line that it prints; null at the end. */
  async line(): Promise<string | null> {
    const { done, value } = await this.lines.next();
    return done === true ? null : value;
  }

  /** Sends it a signal. */
  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Waits until it has ended. */
  ended(): Promise<End> {
    return this.exit;
  }

  [Symbol.dispose](): void {
    this.process.kill("SIGKILL");
    rmSync(this.folder, { recursive: true });
  }
}
