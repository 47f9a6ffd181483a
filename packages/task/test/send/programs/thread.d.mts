import type { WorkerOptions } from "node:worker_threads";
import type { Outcome, SendFuture } from "@treadle/task";

export interface Thread {
  run<T>(future: SendFuture<T>): Promise<Outcome<T>>;
  stop(): Promise<number>;
}

export function startThread(options?: WorkerOptions): Thread;
