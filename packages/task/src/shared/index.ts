/**
 * What the threads of a runtime share: unstarted tasks, mail, sleep, payloads, and who takes part.
 *
 * A sketch of how the parts go together; {@link SharedMemory} puts them together so. `i` is this thread's index, `block = participants.block(i)`.
 *
 *     home       segment = Segment.create({ workers }), index 0; workers are 1 ... workers, blocking threads the rest
 *     others     segment = Segment.attach(buffer)
 *     all        participants = new Participants(words, layout, sizes); participants.join(i, role)
 *                (blocking threads: i = participants.joinAny(Role.BLOCKING, workers + 1)); me = participants.refOf(i)
 *                mailboxes = new Mailboxes(words, participants); parks = new ParkWords(words, participants)
 *                cells = new Cells(words); idle = new Idle(words, layout, sizes); keys = new KeyTable(segment)
 *                ring = new RunRing(words, block, sizes.ring); lifo = new LifoSlot(words, block + LIFO)
 *                outbox = new Outbox(words, block + OUTBOX, segment, 256); inject = new Inject(participants, offers, outboxOf)
 *                pool = new CellPool(segment, me); heap = new PayloadHeap(segment, i)
 *                participants.incarnationOf(i) > 0 && pool.adopt(heir): the place had another owner
 *                Of one's own ring, outbox, pool, heap: one object, made after the join. Of others': any.
 *
 *     spawn      cell = pool.allocate() (-1: full); it has SPAWNER set; payload inline at (cell + INLINE) * 4 or in
 *                b = heap.allocate(bytes) at payloadOf(b); write KEY, ARGS_BLOCK, ...; entry = cells.enqueue(cell), and
 *                  from a worker's task: old = lifo.put(entry); old !== 0 && (ring.push(old) || ring.spill(old, outbox))
 *                                        (ROOM: push again; MOVED: inject.offer(i); NO_MEMORY: full)
 *                  elsewhere: inject.push(i, entry)
 *                then w = idle.notifyOne(); w >= 0 && parks.unpark(w + 1)
 *     find       lifo.take(), ring.pop(), inject.takeBatch(ring, workers), ring.stealFrom(another's ring): 0 is none
 *     start      state = cells.claim(entry, me); 0: stale, drop it; state & CANCELLED: complete it unpolled
 *     end        write OUTCOME and the result; cells.complete(cell) ? return it : an abort mail is on its way
 *     return it  post(cells.spawner(cell), cell, MailKind.DONE), and if that was refused cells.abandon(cell)
 *     post       p = mailboxes.post(ref, node, kind); FIRST: parks.wake(indexOfRef(ref)); REFUSED: the addressee is gone
 *     abort      cells.abort(cell) === Abort.MAIL: post(cells.executor(cell), cell, MailKind.ABORT); refused: wait for `fate`
 *     mail       for (mail = mailboxes.drain(i); mail !== 0; mail = next) { next = mailboxes.next(i, mail); ... }
 *                DONE: read the result, free its blocks (any heap's `free` takes any block), zero their words, pool.free(cell)
 *                ABORT: cells.takeAbort(cell) ? return it : abort the task that runs here
 *                WAKE: waiters.idOf(node)
 *     sleep      a worker: look = idle.sleep(i - 1); everybody: if (parks.announce(i, how)): sleep, unless there is mail now or,
 *                if `look`, something in the offers or rings. Then parks.retire(i); a worker: searching = idle.rouse(i - 1)
 *     search     idle.trySearch(i - 1); when something is found: idle.found(i - 1) && notify as after a push
 *     death      participants.die(j), idle.forget(j - 1), unpark everybody. Everybody, when participants.deaths has changed:
 *                take all mail, then for each cell that is out, by cells.fate(cell, participants):
 *                QUEUED: e = cells.reoffer(cell), push it unless it is 0; LOST: the task fails, free the cell;
 *                DONE: as if by mail; RUNNING: nothing. And pool.sweep(heir, participants).
 */
export {
  ABORT_MAILED,
  Abort,
  ARGS_BLOCK,
  ARGS_LENGTH,
  CANCELLED,
  Cells,
  cellOf,
  DETACHED,
  executorOf,
  Fate,
  giveUp,
  ID_HIGH,
  ID_LOW,
  INLINE,
  INLINE_BYTES,
  KEY,
  LINKS,
  OUTCOME,
  Phase,
  phaseOf,
  RESULT_BLOCK,
  RESULT_LENGTH,
  SPAWNER,
  STATE,
} from "./cell.ts";
export { CellPool, type Heir } from "./cell-pool.ts";
export type { Fifo } from "./fifo.ts";
export { Idle } from "./idle.ts";
export { Inject } from "./inject.ts";
export { KeyTable } from "./key-table.ts";
export {
  EXTRA,
  EXTRA_COUNT,
  JOBS,
  LIFO,
  layoutOf,
  MAX_PARTICIPANTS,
  OUTBOX,
  ROOTS,
  ROOTS_COUNT,
  type SegmentLayout,
  type SegmentSizes,
} from "./layout.ts";
export { LifoSlot } from "./lifo-slot.ts";
export { kindOf, Mailboxes, MailKind, nodeOf, Posted } from "./mailbox.ts";
export { Offers } from "./offers.ts";
export { type Allocator, Outbox } from "./outbox.ts";
export { Parked, ParkWords } from "./park-word.ts";
export {
  incarnationOfRef,
  indexOfRef,
  Participants,
  Role,
  Status,
} from "./participants.ts";
export { PayloadHeap, payloadOf } from "./payload-heap.ts";
export { RunRing, Spilled } from "./run-ring.ts";
export { DEFAULT_SEGMENT_BYTES, Segment, type SegmentOptions } from "./segment.ts";
export { type Grain, type Place, SharedMemory } from "./shared-memory.ts";
export { Waiters } from "./waiters.ts";
