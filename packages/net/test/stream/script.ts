/** A stream that answers as a test has written down, and checks that nothing is left at the end. */
import { type Awaitable, cx, Leaf, PENDING, type Poll, readyPoll, type Waker } from "@treadle/core";
import type { AsyncReadWrite } from "@treadle/net";
import { expect } from "vitest";

/** One thing that happens: bytes that are read, bytes that must be written, a wait, a failure. */
export type Step =
  | { readonly read: string | Uint8Array }
  | { readonly write: string | Uint8Array }
  | { readonly wait: "read" | "write" }
  | { readonly fail: Error }
  | { readonly failWrite: Error };

class Scripted extends Leaf<number> {
  private readonly stream: Script;
  private readonly buf: Uint8Array;
  private readonly reads: boolean;

  constructor(stream: Script, buf: Uint8Array, reads: boolean) {
    super();
    this.stream = stream;
    this.buf = buf;
    this.reads = reads;
  }

  protected override poll(): Poll<number> {
    const { stream, buf } = this;
    return this.reads ? stream.pollRead(buf) : stream.pollWrite(buf);
  }

  protected override drop(): void {
    this.stream.drops++;
  }
}

const bytesOf = (bytes: string | Uint8Array): Uint8Array =>
  typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;

/** Reads and writes by a script: `wait` answers pending until `go()`. */
export class Script implements AsyncReadWrite {
  drops = 0;
  flushes = 0;
  shutdowns = 0;
  /** The sizes of the buffers that were offered to reads. */
  readonly offered: number[] = [];
  private readonly steps: Step[];
  private waker: Waker | null = null;

  constructor(...steps: Step[]) {
    this.steps = steps;
  }

  read(buf: Uint8Array): Awaitable<number> {
    return new Scripted(this, buf, true);
  }

  write(buf: Uint8Array): Awaitable<number> {
    return new Scripted(this, buf, false);
  }

  flush(): Awaitable<void> {
    return new Counted(() => this.flushes++);
  }

  shutdown(): Awaitable<void> {
    return new Counted(() => this.shutdowns++);
  }

  /** Ends the wait that stands first. */
  go(): void {
    expect(this.steps[0]).toHaveProperty("wait");
    this.pass();
  }

  /** The first step is over; whoever waited for the next may look again. */
  private pass(): void {
    this.steps.shift();
    const { waker } = this;
    this.waker = null;
    waker?.wake();
  }

  /** How many steps are left. */
  get left(): number {
    return this.steps.length;
  }

  pollRead(buf: Uint8Array): Poll<number> {
    const step = this.steps[0];
    if (step === undefined) return readyPoll(0);
    if ("wait" in step || "write" in step || "failWrite" in step) return this.pend();
    this.offered.push(buf.length);
    this.pass();
    if ("fail" in step) throw step.fail;
    const bytes = bytesOf(step.read);
    const count = Math.min(bytes.length, buf.length);
    buf.set(bytes.subarray(0, count));
    if (count < bytes.length) this.steps.unshift({ read: bytes.subarray(count) });
    return readyPoll(count);
  }

  pollWrite(buf: Uint8Array): Poll<number> {
    const step = this.steps[0];
    if (step === undefined) return readyPoll(0);
    if ("wait" in step || "read" in step || "fail" in step) return this.pend();
    this.pass();
    if ("failWrite" in step) throw step.failWrite;
    const wanted = bytesOf(step.write);
    const count = Math.min(wanted.length, buf.length);
    expect(Buffer.from(buf.subarray(0, count)).toString("latin1")).toBe(
      Buffer.from(wanted.subarray(0, count)).toString("latin1"),
    );
    if (count < wanted.length) this.steps.unshift({ write: wanted.subarray(count) });
    return readyPoll(count);
  }

  private pend(): Poll<never> {
    this.waker = cx.waker;
    return PENDING;
  }
}

class Counted extends Leaf<void> {
  private readonly f: () => void;

  constructor(f: () => void) {
    super();
    this.f = f;
  }

  protected override poll(): Poll<void> {
    this.f();
    return readyPoll(undefined);
  }
}

/** The bytes of a text. */
export const b = (text: string): Buffer => Buffer.from(text);

/** The text of bytes. */
export const s = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
