// A pool as one writes it by hand: two workers, a queue at home, calls and results through the workers' ports.
import { Worker } from "node:worker_threads";

const url = new URL("../threads/ports.mjs", import.meta.url);

export class PortPool {
  /**
   * `batch`: the most calls in one message; `ahead`: how many messages a worker has at a time. A second one keeps it busy
   * while the answer to the first is on its way; with any number, all get them in turn; with one call a message and nothing
   * ahead, whoever is idle takes the next.
   */
  constructor(threads, { batch, ahead }) {
    this.batch = batch;
    this.ahead = ahead;
    this.queue = [];
    this.head = 0;
    this.scheduled = false;
    this.flush = this.flush.bind(this);
    this.members = Array.from({ length: threads }, () => this.start());
  }

  start() {
    const worker = new Worker(url);
    const member = { worker, sent: [] };
    worker.on("message", (results) => this.settle(member, results));
    worker.on("error", (error) => {
      throw error;
    });
    return member;
  }

  /** The promise of what the job `name` makes of `value`. */
  run(name, value) {
    return new Promise((resolve, reject) => this.push({ name, value, resolve, reject }));
  }

  /** The same with bytes that are given away; a message of its own. */
  move(name, bytes) {
    return new Promise((resolve, reject) => {
      const member = this.members.reduce((a, b) => (b.sent.length < a.sent.length ? b : a));
      member.sent.push([{ resolve, reject }]);
      const message = { names: [name], values: [bytes], moved: true };
      member.worker.postMessage(message, [bytes.buffer]);
    });
  }

  push(call) {
    this.queue.push(call);
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(this.flush);
  }

  /** Hands out what is queued, to all workers in turn, less at a time towards the end. */
  flush() {
    this.scheduled = false;
    for (let depth = 0; depth < this.ahead; depth++) {
      for (const member of this.members) {
        if (this.head === this.queue.length) return this.clear();
        if (member.sent.length === depth) this.send(member);
      }
    }
    if (this.head === this.queue.length) this.clear();
  }

  clear() {
    this.queue.length = 0;
    this.head = 0;
  }

  send(member) {
    const left = this.queue.length - this.head;
    const share = Math.ceil(left / (2 * this.members.length));
    const calls = this.queue.slice(this.head, this.head + Math.min(this.batch, share));
    this.head += calls.length;
    member.sent.push(calls);
    const names = calls.map((call) => call.name);
    const values = calls.map((call) => call.value);
    member.worker.postMessage({ names, values, moved: false });
  }

  settle(member, results) {
    const calls = member.sent.shift();
    for (let i = 0; i < calls.length; i++) {
      const result = results[i];
      if (result?.error === undefined) calls[i].resolve(result);
      else calls[i].reject(result.error);
    }
    if (this.head < this.queue.length) this.flush();
  }
}
