import { describe, expect, it } from "vitest";
import {
  Abort,
  CANCELLED,
  Cells,
  cellOf,
  executorOf,
  INLINE,
  INLINE_BYTES,
  Phase,
  phaseOf,
} from "../../src/shared/index.ts";

const CELL = 3 * 32;
const REF = (511 << 10) | 1023;

function cells(): Cells {
  return new Cells(new Int32Array(new SharedArrayBuffer(8 * 32 * 4)));
}

describe("a cell", () => {
  it("keeps its number, ticket and executor apart, however large they are", () => {
    const one = cells();
    const entry = one.enqueue(CELL);
    expect(cellOf(entry)).toBe(CELL);
    const state = one.claim(entry, REF);
    expect([phaseOf(state), executorOf(state), state & CANCELLED]).toEqual([Phase.STARTED, REF, 0]);
    expect(one.executor(CELL)).toBe(REF);
    expect(one.complete(CELL)).toBe(true);
    expect(phaseOf(one.state(CELL))).toBe(Phase.DONE);
    expect(INLINE * 4 + INLINE_BYTES).toBe(128);
  });

  it("has an entry that names cells up to the end of 4 GiB", () => {
    const last = 2 ** 30 - 32;
    expect(cellOf(((last >>> 5) << 7) | 127)).toBe(last);
  });

  it("refuses every entry but the last, until its tickets come round", () => {
    const one = cells();
    const entries = [one.enqueue(CELL)];
    for (let i = 1; i < 128; i += 1) entries.push(one.reoffer(CELL));
    expect(new Set(entries).size).toBe(128);
    for (const stale of entries.slice(0, -1)) expect(one.claim(stale, 1)).toBe(0);
    expect(phaseOf(one.claim(entries.at(-1)!, 1))).toBe(Phase.STARTED);
    expect(one.reoffer(CELL)).toBe(0);
    expect(one.withdraw(CELL)).toBe(false);
  });

  it("keeps its flags when it is offered again, and loses them when it is used again", () => {
    const one = cells();
    one.enqueue(CELL);
    expect(one.abort(CELL)).toBe(Abort.MARKED);
    expect(one.detach(CELL)).toBe(true);
    const entry = one.reoffer(CELL);
    expect(one.isWanted(CELL)).toBe(false);
    expect(one.claim(entry, 1) & CANCELLED).toBe(CANCELLED);
    expect(one.abort(CELL)).toBe(Abort.NOTHING);
    one.complete(CELL);
    expect(one.detach(CELL)).toBe(false);
    expect(one.claim(one.enqueue(CELL), 1) & CANCELLED).toBe(0);
    expect(one.isWanted(CELL)).toBe(true);
  });

  it("is aborted by mail while it runs, and not once it has ended", () => {
    const one = cells();
    one.claim(one.enqueue(CELL), 1);
    expect(one.abort(CELL)).toBe(Abort.MAIL);
    expect(one.takeAbort(CELL)).toBe(false);
    expect(one.complete(CELL)).toBe(true);
    expect(one.abort(CELL)).toBe(Abort.NOTHING);
    one.claim(one.enqueue(CELL), 1);
    one.abort(CELL);
    expect(one.complete(CELL)).toBe(false);
    expect(one.takeAbort(CELL)).toBe(true);
  });

  it("that was withdrawn may be used again, and its old entry may not", () => {
    const one = cells();
    const old = one.enqueue(CELL);
    expect(one.withdraw(CELL)).toBe(true);
    expect(phaseOf(one.state(CELL))).toBe(Phase.FREE);
    expect(one.claim(old, 1)).toBe(0);
    const entry = one.enqueueDetached(CELL);
    expect(one.claim(old, 1)).toBe(0);
    expect(one.isWanted(CELL)).toBe(false);
    expect(one.claim(entry, 1)).not.toBe(0);
  });
});
