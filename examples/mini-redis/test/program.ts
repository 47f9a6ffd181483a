/** Runs the built server as a child process. */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const callFile = promisify(execFile);

/** Whether a program is installed. */
export function has(program: string): boolean {
  return spawnSync(program, ["--version"]).error === undefined;
}

/** How a run ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server that is ready. */
export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[]) {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: build it first`);
    this.child = spawn(process.execPath, [MAIN, ...args]);
    onTestFinished(() => void this.child.kill("SIGKILL"));
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.on("close", (code, signal) => resolve({ code, signal }));
    });
  }

  get port(): number {
    return Number(/ready on \S+:(\d+)/.exec(this.stdout)?.[1]);
  }

  /** Waits until the program has said something. */
  async says(what: string | RegExp): Promise<void> {
    const text = (): string => this.stdout + this.stderr;
    while (typeof what === "string" ? !text().includes(what) : !what.test(text())) {
      if (this.child.exitCode !== null) throw new Error(`it has ended: ${text()}`);
      await new Promise(setImmediate);
    }
  }

  /** Connects as a client that speaks bytes. */
  async connect(): Promise<RawClient> {
    const socket = connect(this.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** What redis-cli shows for one command. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await callFile("redis-cli", ["-p", String(this.port), ...args]);
    return stdout.trimEnd();
  }
}

/** Starts a server on a free port. */
export async function start(...args: string[]): Promise<Program> {
  const program = new Program(["--port", "0", ...args]);
  await program.says("ready on");
  return program;
}

/** A client that sends and expects bytes. */
export class RawClient {
  readonly socket: Socket;
  received = "";
  readonly closed: Promise<void>;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("latin1").on("data", (text: string) => {
      this.received += text;
    });
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => {
      socket.on("close", () => resolve());
    });
  }

  /** Sends bytes; answers when the kernel has them. */
  send(bytes: string): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(bytes, "latin1", () => resolve());
    });
  }

  /** Waits until so much has come, takes and answers it. */
  async take(length: number): Promise<string> {
    while (this.received.length < length) await new Promise(setImmediate);
    const taken = this.received.slice(0, length);
    this.received = this.received.slice(length);
    return taken;
  }

  /** Sends a line and waits for the reply that it must have. */
  async expectReply(line: string, reply: string): Promise<void> {
    await this.send(`${line}\r\n`);
    const got = await this.take(reply.length);
    if (got !== reply) throw new Error(`${line}: ${JSON.stringify(got)}`);
  }
}

/** A folder that is removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "mini-redis-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a program to its end. */
export function call(
  file: string,
  ...args: string[]
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return callFile(file, args, { maxBuffer: 1 << 26 });
}
