// What an operation on the shared segment costs, in ns: on one thread, then from home to workers and back.
//   npm run setup && node tools/bench-shared.mjs [--threads N] [--tasks N]
import { once } from "node:events";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { load, store } from "../packages/core/dist/shared/index.js";
import {
  cellOf,
  MailKind,
  nodeOf,
  Parked,
  Role,
  SharedMemory,
} from "../packages/task/dist/shared/index.js";

if (isMainThread) await main();
else serve(workerData);

async function main() {
  const { values } = parseArgs({
    options: {
      threads: { type: "string", default: "1" },
      tasks: { type: "string", default: "10000" },
    },
  });
  onOneThread();
  await acrossThreads(Number(values.threads), Number(values.tasks));
}

/** The best of some rounds, each of `count` operations done by `body`. */
function measure(name, count, body) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 40; round += 1) {
    const start = process.hrtime.bigint();
    body(count);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / count);
  }
  console.log(`${name.padEnd(52)} ${best.toFixed(1).padStart(7)} ns`);
}

function onOneThread() {
  const shared = SharedMemory.create({ workers: 2, participants: 8, limitBytes: 64 << 20 });
  const { cells, idle, inject, mailboxes, parks, participants } = shared;
  for (let i = 0; i < 3; i += 1) participants.join(i, Role.WORKER);
  const [home, one, two] = [0, 1, 2].map((i) => shared.enter(i));
  const out = new Int32Array(10_000);

  measure("ring: push and pop", 20_000, (n) => {
    for (let i = 0; i < n; i += 200) {
      for (let j = 0; j < 200; j += 1) one.ring.push(j + 1);
      for (let j = 0; j < 200; j += 1) one.ring.pop();
    }
  });
  measure("ring: push, steal half of 128, pop", 12_800, (n) => {
    for (let i = 0; i < n; i += 128) {
      for (let j = 0; j < 128; j += 1) one.ring.push(j + 1);
      two.ring.stealFrom(one.ring);
      while (two.ring.pop() !== 0);
      while (one.ring.pop() !== 0);
    }
  });
  measure("slot: put and take", 10_000, (n) => {
    for (let i = 0; i < n; i += 1) {
      one.lifo.put(i + 1);
      one.lifo.take();
    }
  });
  measure("outbox: push (offered), take in batches, pop", 10_000, (n) => {
    for (let i = 0; i < n; i += 1) inject.push(0, i + 1);
    while (inject.takeBatch(two.ring, 2) !== 0) while (two.ring.pop() !== 0);
  });
  measure("cell: allocate and free", 10_000, (n) => {
    for (let i = 0; i < n; i += 1) out[i] = home.pool.allocate();
    for (let i = 0; i < n; i += 1) home.pool.free(out[i]);
  });
  measure("cell: enqueue, claim, complete", 10_000, (n) => {
    const cell = home.pool.allocate();
    for (let i = 0; i < n; i += 1) {
      cells.claim(cells.enqueue(cell), two.ref);
      cells.complete(cell);
    }
    home.pool.free(cell);
  });
  for (let i = 0; i < 1000; i += 1) out[i] = home.pool.allocate();
  measure("mail: post and take", 10_000, (n) => {
    for (let i = 0; i < n; i += 1000) {
      for (let j = 0; j < 1000; j += 1) mailboxes.post(home.ref, out[j], MailKind.DONE);
      let mail = mailboxes.drain(0);
      while (mail !== 0) mail = mailboxes.next(0, mail);
    }
  });
  for (let i = 0; i < 1000; i += 1) home.pool.free(out[i]);
  measure("heap: allocate and free, 200 bytes", 10_000, (n) => {
    for (let i = 0; i < n; i += 1) out[i] = home.heap.allocate(200);
    for (let i = 0; i < n; i += 1) home.heap.free(out[i]);
  });
  measure("heap: allocate, free by another, reclaim", 10_000, (n) => {
    for (let i = 0; i < n; i += 1) out[i] = home.heap.allocate(200);
    for (let i = 0; i < n; i += 1) two.heap.free(out[i]);
    home.heap.reclaim();
  });
  measure("idle: notifyOne with nobody asleep", 10_000, (n) => {
    for (let i = 0; i < n; i += 1) idle.notifyOne();
  });
  measure("park: wake of one that is awake", 10_000, (n) => {
    for (let i = 0; i < n; i += 1) parks.wake(1);
  });
  measure("park: announce and retire", 10_000, (n) => {
    for (let i = 0; i < n; i += 1) {
      parks.announce(1, Parked.BLOCKED);
      parks.retire(1);
    }
  });
  measure("a task's whole way, on one thread", 10_000, (n) => {
    for (let i = 0; i < n; i += 1) {
      inject.push(0, cells.enqueue(home.pool.allocate()));
      shared.notifyWorker();
    }
    for (;;) {
      const entry = two.ring.pop() || inject.takeBatch(two.ring, 2);
      if (entry === 0) break;
      cells.claim(entry, two.ref);
      const cell = cellOf(entry);
      if (cells.complete(cell)) shared.post(cells.spawner(cell), cell, MailKind.DONE);
    }
    takeBack(shared, home);
  });
}

/** Frees what has come back; how many. */
function takeBack(shared, home) {
  let count = 0;
  let mail = shared.mailboxes.drain(0);
  while (mail !== 0) {
    const next = shared.mailboxes.next(0, mail);
    home.pool.free(nodeOf(mail));
    count += 1;
    mail = next;
  }
  return count;
}

async function acrossThreads(threads, tasks) {
  const shared = SharedMemory.create({ workers: threads, participants: 8, limitBytes: 64 << 20 });
  shared.participants.join(0, Role.HOME);
  const home = shared.enter(0);
  const control = new Int32Array(new SharedArrayBuffer(4));
  const { buffer } = shared.segment;
  for (let index = 1; index <= threads; index += 1) {
    const thread = new Worker(new URL(import.meta.url), {
      workerData: { buffer, index, control },
    });
    await once(thread, "message");
  }
  measure(`${tasks} tasks to ${threads} thread(s) and back, each`, tasks, (n) => {
    for (let i = 0; i < n; i += 1) {
      shared.inject.push(0, shared.cells.enqueue(home.pool.allocate()));
      shared.notifyWorker();
    }
    for (let left = n - takeBack(shared, home); left > 0; left -= takeBack(shared, home)) {
      if (shared.parks.announce(0, Parked.BLOCKED)) {
        if (!shared.mailboxes.hasMail(0)) shared.parks.sleep(0, 1000);
        shared.parks.retire(0);
      }
    }
  });
  store(control, 0, 1);
  shared.unparkAll();
}

/** A worker without its scheduler. */
function serve({ buffer, index, control }) {
  const shared = SharedMemory.attach(buffer);
  const { cells, idle, inject, parks } = shared;
  shared.participants.join(index, Role.WORKER);
  const me = shared.enter(index);
  const { workers } = shared.segment.sizes;
  let searching = false;
  const find = () => {
    let entry = me.ring.pop();
    if (entry !== 0) return entry;
    searching ||= idle.trySearch(index - 1);
    if (!searching) return 0;
    entry = inject.takeBatch(me.ring, workers);
    for (let i = 1; entry === 0 && i <= workers; i += 1) {
      if (i !== index) entry = me.ring.stealFrom(shared.ring(i));
    }
    return entry;
  };
  parentPort.postMessage("ready");
  while (load(control, 0) === 0) {
    const entry = find();
    if (entry !== 0) {
      if (searching && idle.found(index - 1)) shared.notifyWorker();
      searching = false;
      if (cells.claim(entry, me.ref) === 0) continue;
      const cell = cellOf(entry);
      if (cells.complete(cell)) shared.post(cells.spawner(cell), cell, MailKind.DONE);
      continue;
    }
    const look = idle.sleep(index - 1);
    searching = false;
    if (parks.announce(index, Parked.BLOCKED)) {
      if (!(look && inject.mayHaveWork)) parks.sleep(index, 100);
      parks.retire(index);
    }
    searching = idle.rouse(index - 1);
  }
}
