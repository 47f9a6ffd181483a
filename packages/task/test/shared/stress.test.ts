import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import {
  Abort,
  ARGS_BLOCK,
  MailKind,
  nodeOf,
  OUTCOME,
  Parked,
  type Place,
  RESULT_BLOCK,
  Role,
  SharedMemory,
} from "../../src/shared/index.ts";

const THREAD = new URL("./stress-thread.mjs", import.meta.url);

interface Counts {
  readonly ran: number;
  readonly cancelled: number;
}

/** Workers on threads of their own, and home, which spawns and takes what comes back. */
class Crew {
  readonly shared: SharedMemory;
  readonly home: Place;
  readonly control: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  private readonly ends: Promise<Counts>[] = [];
  completed = 0;
  cancelled = 0;

  constructor(workers: number) {
    this.shared = SharedMemory.create({
      workers,
      participants: workers + 2,
      limitBytes: 64 << 20,
    });
    this.shared.participants.join(0, Role.HOME);
    this.home = this.shared.enter(0);
  }

  async start(): Promise<void> {
    const { workers } = this.shared.segment.sizes;
    for (let index = 1; index <= workers; index += 1) {
      const { buffer } = this.shared.segment;
      const thread = new Worker(THREAD, { workerData: { buffer, index, control: this.control } });
      await once(thread, "message");
      this.ends.push(once(thread, "message").then(([counts]) => counts as Counts));
    }
  }

  /** Spawns a task that answers `value ^ 0x5a5a`; its cell. */
  spawn(value: number): number {
    const { shared, home } = this;
    const cell = home.pool.allocate();
    shared.words[cell + ARGS_BLOCK] = value;
    shared.inject.push(0, shared.cells.enqueue(cell));
    shared.notifyWorker();
    return cell;
  }

  abort(cell: number): void {
    const { cells } = this.shared;
    if (cells.abort(cell) === Abort.MAIL) {
      this.shared.post(cells.executor(cell), cell, MailKind.ABORT);
    }
  }

  /** Takes in what has come back; how many. */
  take(): number {
    const { mailboxes, words } = this.shared;
    let count = 0;
    let mail = mailboxes.drain(0);
    while (mail !== 0) {
      const next = mailboxes.next(0, mail);
      const cell = nodeOf(mail);
      if (words[cell + OUTCOME] === 1) {
        this.completed += 1;
        if (words[cell + RESULT_BLOCK] !== (words[cell + ARGS_BLOCK]! ^ 0x5a5a)) {
          throw new Error("a wrong result");
        }
      } else this.cancelled += 1;
      this.home.pool.free(cell);
      count += 1;
      mail = next;
    }
    return count;
  }

  /** Takes in so many. */
  takeAll(count: number): void {
    const { mailboxes, parks } = this.shared;
    let left = count - this.take();
    while (left > 0) {
      if (parks.announce(0, Parked.BLOCKED)) {
        if (!mailboxes.hasMail(0)) parks.sleep(0, 10_000);
        parks.retire(0);
      }
      const taken = this.take();
      left -= taken;
    }
  }

  async stop(): Promise<Counts> {
    Atomics.store(this.control, 0, 1);
    this.shared.unparkAll();
    const all = await Promise.all(this.ends);
    return {
      ran: all.reduce((sum, { ran }) => sum + ran, 0),
      cancelled: all.reduce((sum, { cancelled }) => sum + cancelled, 0),
    };
  }
}

it("accounts for every one of 200 000 tasks on two threads, a tenth of them aborted", async () => {
  const crew = new Crew(2);
  await crew.start();
  const total = 200_000;
  let out = 0;
  for (let i = 0; i < total; i += 1) {
    const cell = crew.spawn(i);
    out += 1;
    // Before, while or after it runs; not once it is back, for then the cell is another's.
    if (i % 10 === 0) crew.abort(cell);
    if (i % 16 === 0) out -= crew.take();
  }
  crew.takeAll(out);
  expect(crew.completed + crew.cancelled).toBe(total);
  expect(crew.home.pool.live).toBe(0);
  const counts = await crew.stop();
  expect(counts).toEqual({ ran: crew.completed, cancelled: crew.cancelled });
}, 60_000);

it("wakes a thread that sleeps for each of 2 000 tasks spawned one by one, and is woken by it", async () => {
  const crew = new Crew(1);
  await crew.start();
  for (let i = 0; i < 2_000; i += 1) {
    crew.spawn(i);
    crew.takeAll(1);
  }
  expect(crew.completed).toBe(2_000);
  expect((await crew.stop()).ran).toBe(2_000);
}, 60_000);

it("lets no task wait while later ones run: one thread's 10 000 come back in order", async () => {
  const crew = new Crew(1);
  await crew.start();
  const order: number[] = [];
  const { mailboxes, words } = crew.shared;
  for (let i = 0; i < 10_000; i += 1) crew.spawn(i);
  while (order.length < 10_000) {
    let mail = mailboxes.drain(0);
    while (mail !== 0) {
      const next = mailboxes.next(0, mail);
      order.push(words[nodeOf(mail) + ARGS_BLOCK]!);
      mail = next;
    }
  }
  expect(order).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  await crew.stop();
}, 60_000);
