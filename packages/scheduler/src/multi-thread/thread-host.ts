/**
 * Starting threads, whatever they are for: workers of the scheduler, threads for blocking work.
 *
 * A thread is started with a few lines that import `boot`, the module that holds its start function, wherever a bundler has
 * put it; the function is found behind a global symbol. The thread does not keep the process alive: whoever waits for
 * something in it does.
 */
import {
  MessageChannel,
  type MessagePort,
  type ResourceLimits,
  type TransferListItem,
  Worker,
} from "node:worker_threads";
import { isGone } from "./liveness.ts";

/** Where a boot module leaves the function that a thread starts with. */
export const START: symbol = Symbol.for("treadle.thread.v1");

const LINES = `
import { readlinkSync } from "node:fs";
import { workerData } from "node:worker_threads";
try {
  workerData.life[0] = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
} catch {}
import(workerData.boot).then(() => globalThis[Symbol.for("treadle.thread.v1")](workerData));
`;
/** A module: before a script that is evaluated Node does not run what `--import` names. */
const BOOTSTRAP = new URL(`data:text/javascript,${encodeURIComponent(LINES)}`);

/** A thread has the program's arguments; but a module that asks whether it is the script must find that it is not. */
const IN_PLACE_OF_SCRIPT = "[treadle thread]";

/** What a thread is given; the rest is for whoever starts it. */
export interface ThreadData {
  /** The module that holds the start function. */
  readonly boot: string;
  /** This thread's end of the channel to the thread that started it. */
  readonly port: MessagePort;
  /** Word 0: the system's number of the thread, written as its first act; 0 where it is not known. */
  readonly life: Int32Array;
}

/** How to start a thread. */
export interface ThreadOptions<D extends object> {
  readonly boot: string;
  readonly name: string;
  readonly resourceLimits: ResourceLimits | undefined;
  /** Structured-cloneable. */
  readonly data: D;
  /** Called once when the thread is gone: its exit code, and what it died of. */
  readonly onExit: (code: number, error: unknown) => void;
}

/** One thread that was started. */
export class StartedThread {
  /** For what cannot lie in shared memory; read by `receiveMessageOnPort`, never by the event loop. */
  readonly port: MessagePort;
  readonly name: string;
  private readonly worker: Worker;
  private readonly life = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private gone = false;

  constructor(options: ThreadOptions<object>) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.name = options.name;
    const { boot } = options;
    const data: ThreadData = { ...options.data, boot, port: port2, life: this.life };
    let error: unknown;
    this.worker = new Worker(BOOTSTRAP, {
      name: options.name,
      argv: [IN_PLACE_OF_SCRIPT, ...process.argv.slice(2)],
      workerData: data,
      transferList: [port2 as TransferListItem],
      ...(options.resourceLimits === undefined ? {} : { resourceLimits: options.resourceLimits }),
    });
    this.worker.on("error", (thrown) => {
      error = thrown;
    });
    this.worker.on("exit", (code) => {
      this.gone = true;
      this.port.close();
      options.onExit(code, error);
    });
    this.worker.unref();
  }

  /** The thread's number, `threadId` of `node:worker_threads`; -1 when it is gone. */
  get threadId(): number {
    return this.worker.threadId;
  }

  isGone(): boolean {
    return this.gone;
  }

  /** Whether it has run something of ours; true where that is not known. */
  hasRun(): boolean {
    return process.platform !== "linux" || this.life[0] !== 0;
  }

  /** As `isGone`, for a thread that hears no events: asks the system, even before the other one has run any of our code. */
  looksGone(): boolean {
    return this.gone || isGone(this.life[0] as number);
  }

  /** Makes the process wait for the thread, or not. */
  hold(on: boolean): void {
    if (on) this.worker.ref();
    else this.worker.unref();
  }

  /** Stops it wherever it is; `onExit` follows. */
  terminate(): Promise<number> {
    return this.worker.terminate();
  }
}
