// A worker of `stress.test.ts`: starts what it finds until it is told to end; runs on `dist`, as all threads of tests do.

import { parentPort, workerData } from "node:worker_threads";
import {
  CANCELLED,
  cellOf,
  kindOf,
  MailKind,
  nodeOf,
  OUTCOME,
  Parked,
  SharedMemory,
} from "@treadle/task/shared";

const { buffer, index, control } = workerData;
const shared = SharedMemory.attach(buffer);
const { cells, idle, inject, mailboxes, parks, participants, words } = shared;
const { workers } = shared.segment.sizes;
if (!participants.join(index, 1)) throw new Error(`place ${index} is taken`);
const me = shared.enter(index);
const worker = index - 1;
const counts = { ran: 0, cancelled: 0, stolen: 0, batches: 0, parks: 0 };
let searching = false;
/** Cells that have ended here and whose abort mail is still to come. */
let awaited = 0;

function giveBack(cell) {
  if (!shared.post(cells.spawner(cell), cell, MailKind.DONE)) cells.abandon(cell);
}

function run(entry) {
  const state = cells.claim(entry, me.ref);
  if (state === 0) return;
  const cell = cellOf(entry);
  const cancelled = (state & CANCELLED) !== 0;
  if (cancelled) counts.cancelled += 1;
  else {
    counts.ran += 1;
    // The answer is known from the arguments.
    words[cell + 10] = words[cell + 8] ^ 0x5a5a;
  }
  words[cell + OUTCOME] = cancelled ? 2 : 1;
  if (cells.complete(cell)) giveBack(cell);
  else awaited += 1;
}

function takeMail() {
  let mail = mailboxes.drain(index);
  while (mail !== 0) {
    const next = mailboxes.next(index, mail);
    if (kindOf(mail) === MailKind.ABORT && cells.takeAbort(nodeOf(mail))) {
      awaited -= 1;
      giveBack(nodeOf(mail));
    }
    mail = next;
  }
}

function find() {
  let entry = me.ring.pop();
  if (entry !== 0) return entry;
  searching ||= idle.trySearch(worker);
  if (!searching) return 0;
  entry = inject.takeBatch(me.ring, workers);
  if (entry !== 0) counts.batches += 1;
  for (let i = 1; entry === 0 && i <= workers; i += 1) {
    if (i !== index) entry = me.ring.stealFrom(shared.ring(i));
    if (entry !== 0) counts.stolen += me.ring.taken;
  }
  return entry;
}

function somewhere() {
  if (inject.mayHaveWork) return true;
  for (let i = 1; i <= workers; i += 1) if (shared.ring(i).length > 0) return true;
  return false;
}

parentPort.postMessage("ready");
for (;;) {
  takeMail();
  const entry = find();
  if (entry !== 0) {
    if (searching && idle.found(worker)) shared.notifyWorker();
    searching = false;
    run(entry);
    continue;
  }
  if (Atomics.load(control, 0) === 1 && awaited === 0) break;
  counts.parks += 1;
  const look = idle.sleep(worker);
  searching = false;
  if (parks.announce(index, Parked.BLOCKED)) {
    if (!mailboxes.hasMail(index) && !(look && somewhere())) parks.sleep(index, 100);
    parks.retire(index);
  }
  searching = idle.rouse(worker);
}
me.heap.publish();
participants.leave(index);
parentPort.postMessage(counts);
