import { Ready } from "@treadle/io";
import { expect, test } from "vitest";

test("readiness is a set, and equal sets are one object", () => {
  const some = Ready.READABLE.union(Ready.READ_CLOSED);
  expect(some.contains(Ready.READABLE)).toBe(true);
  expect(some.contains(Ready.ALL)).toBe(false);
  expect(Ready.ALL.intersection(some)).toBe(some);
  expect(some.without(Ready.READABLE)).toBe(Ready.READ_CLOSED);
  expect(some.without(some)).toBe(Ready.EMPTY);
  expect([Ready.EMPTY.isEmpty(), some.isEmpty()]).toEqual([true, false]);
});

test("a closed side is readable or writable, and says that it is closed", () => {
  expect([Ready.READ_CLOSED.isReadable(), Ready.READ_CLOSED.isReadClosed()]).toEqual([true, true]);
  expect([Ready.WRITE_CLOSED.isWritable(), Ready.WRITE_CLOSED.isWriteClosed()]).toEqual([
    true,
    true,
  ]);
  expect([Ready.READABLE.isReadClosed(), Ready.WRITABLE.isWriteClosed()]).toEqual([false, false]);
  expect([Ready.PRIORITY.isPriority(), Ready.ERROR.isError()]).toEqual([true, true]);
});

test("readiness has names", () => {
  expect(String(Ready.EMPTY)).toBe("EMPTY");
  expect(String(Ready.ALL)).toBe(
    "READABLE | WRITABLE | READ_CLOSED | WRITE_CLOSED | PRIORITY | ERROR",
  );
});
