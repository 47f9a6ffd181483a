/** Large buffers in results: copied once, and given away by message port. */
import {
  BESIDE,
  ByteArea,
  decodeOutcome,
  encodeArguments,
  encodeOutcome,
  move,
  type SendMessage,
  takeMessage,
} from "@treadle/task";
import { describe, expect, test } from "vitest";

const LARGE = 1 << 18;
const area = new ByteArea(new ArrayBuffer(4096));

function sent(value: unknown): SendMessage {
  expect(encodeOutcome({ status: "ok", value }, area, 0, 4096)).toBe(BESIDE);
  return takeMessage();
}

/** As it comes out of a port. */
function received(value: unknown): unknown {
  const { bytes, beside, transfer } = sent(value);
  const there = structuredClone({ bytes, beside }, { transfer: transfer as ArrayBuffer[] });
  const outcome = decodeOutcome(new ByteArea(there.bytes), 0, there.beside);
  if (outcome.status !== "ok") throw outcome.error;
  return outcome.value;
}

function large(fill = 7, length = LARGE): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(fill);
}

describe("a large buffer in a result", () => {
  test("is copied: the task keeps its own, and neither sees what is written to the other", () => {
    const bytes = large();
    const copy = received(bytes) as Uint8Array;
    expect(bytes.byteLength).toBe(LARGE);
    bytes[0] = 1;
    expect(copy.length).toBe(LARGE);
    expect(copy.every((byte) => byte === 7)).toBe(true);
  });

  test("lies beside the message and not in it", () => {
    const { bytes, beside } = sent(large());
    expect(bytes.byteLength).toBeLessThan(64);
    expect((beside[0] as ArrayBuffer).byteLength).toBe(LARGE);
  });

  test("is one buffer there as well for all views of it, short ones too", () => {
    const { buffer } = large();
    const got = received([
      new Uint8Array(buffer),
      new Float64Array(buffer),
      buffer,
      new Uint8Array(buffer, 8, 2),
    ]);
    const [whole, doubles, same, short] = got as [
      Uint8Array,
      Float64Array,
      ArrayBuffer,
      Uint8Array,
    ];
    expect([whole.buffer, doubles.buffer, short.buffer]).toEqual([same, same, same]);
    expect(short.buffer).toBe(whole.buffer);
    expect(doubles.buffer).toBe(same);
    expect([short.byteOffset, short.length, doubles.length]).toEqual([8, 2, LARGE / 8]);
  });

  test("stays in the message if a part of it was written there before", () => {
    const { buffer } = large();
    const value = [new Uint8Array(buffer, 8, 2), new Uint8Array(buffer)];
    expect(encodeOutcome({ status: "ok", value }, area, 0, 4096)).toBeLessThan(-LARGE);
    expect(() => takeMessage()).not.toThrow();
  });

  test("is written into the message if it is smaller, or if only a part of it is shown", () => {
    for (const value of [large(1, LARGE - 8), new Uint8Array(large(1, 2 * LARGE).buffer, 8, LARGE)])
      expect(encodeOutcome({ status: "ok", value }, area, 0, 4096)).toBeLessThan(8 - LARGE);
  });

  test("crosses beside what was moved, each in its place", () => {
    const kept = large(1);
    const gone = large(2);
    const got = received({ a: kept, b: move(gone), c: kept }) as Record<string, Uint8Array>;
    expect([got["a"]?.[0], got["b"]?.[0]]).toEqual([1, 2]);
    expect(got["c"]).toBe(got["a"]);
    expect([kept.byteLength, gone.byteLength]).toEqual([LARGE, 0]);
  });

  test("crosses with an error that has it as a property", () => {
    const error = Object.assign(new Error("no"), { sent: large(3), not: () => {} });
    expect(encodeOutcome({ status: "failed", error }, area, 0, 4096)).toBe(BESIDE);
    const { bytes, beside } = takeMessage();
    const outcome = decodeOutcome(new ByteArea(bytes), 0, beside);
    expect((outcome as { error: { sent: Uint8Array } }).error.sent[5]).toBe(3);
  });
});

test("a large buffer among arguments lies in the message, for any thread may read it", () => {
  expect(encodeArguments([large()], area, 0, 4096)).toBeLessThan(-LARGE);
  takeMessage();
});
