import { expect, test } from "vitest";
import { OBITUARY_WORDS, readObituary, writeObituary } from "../../src/multi-thread/obituary.ts";

const AT = 3;
const memory = () => new Int32Array(new SharedArrayBuffer((AT + OBITUARY_WORDS + 1) * 4));

test("the reason of a death is read by the reference to the dead, and by no other", () => {
  const words = memory();
  expect(readObituary(words, AT, 0)).toBeUndefined();
  writeObituary(words, AT, 0, "it exited with code 3");
  expect(readObituary(words, AT, 0)).toBe("it exited with code 3");
  expect(readObituary(words, AT, 1 << 10)).toBeUndefined();
  writeObituary(words, AT, 1 << 10, "größer");
  expect(readObituary(words, AT, 0)).toBeUndefined();
  expect(readObituary(words, AT, 1 << 10)).toBe("größer");
});

test("a long reason is cut between two characters, and stays in its words", () => {
  const words = memory();
  writeObituary(words, AT, 5, "ä€😀".repeat(100));
  const text = readObituary(words, AT, 5) as string;
  expect("ä€😀".repeat(100).startsWith(text.slice(0, -1))).toBe(true);
  expect(text.endsWith("…")).toBe(true);
  expect(text).not.toContain("\ufffd");
  expect(new TextEncoder().encode(text).length).toBeGreaterThan(170);
  expect([words[AT - 1], words[AT + OBITUARY_WORDS]]).toEqual([0, 0]);
});
