import { Interest } from "@treadle/io";
import { expect, test } from "vitest";
import { checkInterest } from "../src/interest.ts";
import { maskOf, Ready } from "../src/ready.ts";

test("an interest is added to and taken from, and equal ones are one object", () => {
  const both = Interest.READABLE.add(Interest.WRITABLE);
  expect(both).toBe(Interest.WRITABLE.add(Interest.READABLE));
  expect([both.isReadable(), both.isWritable(), both.isPriority(), both.isError()]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(both.remove(Interest.READABLE)).toBe(Interest.WRITABLE);
  expect(both.remove(both)).toBe(undefined);
  expect(String(both.add(Interest.PRIORITY).add(Interest.ERROR))).toBe(
    "READABLE | WRITABLE | PRIORITY | ERROR",
  );
});

test("anything else is refused", () => {
  expect(() => checkInterest("interest", 1 as never)).toThrow(
    "interest must be an Interest, as Interest.READABLE; it was given 1",
  );
});

test("a closed side satisfies who waits for that side", () => {
  const of = (interest: Interest) => String(Ready.of(maskOf(interest)));
  expect(of(Interest.READABLE)).toBe("READABLE | READ_CLOSED");
  expect(of(Interest.WRITABLE)).toBe("WRITABLE | WRITE_CLOSED");
  expect(of(Interest.PRIORITY)).toBe("READ_CLOSED | PRIORITY");
  expect(of(Interest.ERROR)).toBe("ERROR");
});
