/**
 * The list on its way out: lines come in any order and leave in the order of the files.
 *
 * **Layout.** `ring` holds the lines between the first that is missing (`next`) and the newest; `ready` the lines that
 * are in order and wait to be written. A place is taken for each file before its work begins, and given back when its
 * line is written: so neither a slow file at the front nor a slow reader of the list lets memory grow, and the ring is
 * always wide enough.
 *
 * **Invariant.** What is written is whole lines, in order. After `end()` those behind a gap follow too: a run that was
 * stopped lists all it has hashed.
 */
import { type Async, type Future, Notify, type Permit, Semaphore, select, sleep } from "treadle";
import type { BytePath } from "./byte-path.ts";
import { type Sink, writeAll } from "./sink.ts";

/** How many files may be ahead of the first whose line is not written. */
const PLACES = 1 << 14;
/** Lines are written when there are so many bytes of them, */
const ENOUGH = 64 * 1024;
/** or when the first has waited so long, in ms. */
const PATIENCE = 100;

export class OrderedOutput {
  /** Told when there is something to write, and when it is worth writing at once. */
  readonly some: Notify = new Notify();
  readonly enough: Notify = new Notify();
  private readonly places = new Semaphore(PLACES);
  private readonly ring = new Array<BytePath | undefined>(PLACES).fill(undefined);
  private next = 0;
  private ready: BytePath[] = [];
  private length = 0;
  private ended = false;

  /** Waits until so many more files may be begun; the permit is to be forgotten, their lines give the places back. */
  place(files = 1): Future<Permit> {
    return this.places.acquire(files);
  }

  /** Takes the line of the file that was begun as number `at`; an empty one for a file that has none. */
  put(at: number, line: BytePath): void {
    this.ring[at % PLACES] = line;
    if (at !== this.next) return;
    const wasEnough = this.isEnough;
    this.gather();
    this.some.notifyOne();
    if (!wasEnough && this.isEnough) this.enough.notifyOne();
  }

  /** Says that no more lines come. */
  end(): void {
    this.ended = true;
    while (this.ring.some((line) => line !== undefined)) {
      this.gather();
      this.next++;
    }
    this.some.notifyOne();
    this.enough.notifyOne();
  }

  get isEnded(): boolean {
    return this.ended;
  }

  /** Takes all lines that are in order. */
  takeReady(): readonly BytePath[] {
    const lines = this.ready;
    this.ready = [];
    this.length = 0;
    return lines;
  }

  /** Gives back the places of lines that were written. */
  written(lines: number): void {
    this.places.addPermits(lines);
  }

  private get isEnough(): boolean {
    return this.length >= ENOUGH;
  }

  /** Moves the lines from `next` to the next gap over to those that are ready. */
  private gather(): void {
    for (;;) {
      const place = this.next % PLACES;
      const line = this.ring[place];
      if (line === undefined) return;
      this.ring[place] = undefined;
      this.next++;
      this.ready.push(line);
      this.length += line.length;
    }
  }
}

/** Writes the lines as they get ready, until the output has ended; fails as the sink does. */
export function* writeLines(output: OrderedOutput, sink: Sink): Async<void> {
  for (;;) {
    yield* output.some.notified();
    yield* select({ enough: output.enough.notified(), patience: sleep(PATIENCE) });
    // Asked before the lines are taken: after the end there come no more.
    const isLast = output.isEnded;
    const lines = output.takeReady();
    yield* writeAll(sink, Buffer.from(lines.join(""), "latin1"));
    output.written(lines.length);
    if (isLast) return;
  }
}
