import fc from "fast-check";
import { expect, test } from "vitest";
import { bytePath, displayPath, systemPath, withSlash } from "../src/byte-path.ts";

const anyBytes = fc.uint8Array({ min: 1 }).map((bytes) => Buffer.from(bytes));

test("a path reaches the system with the bytes it was read with", () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      expect(Buffer.from(systemPath(bytes.toString("latin1"))).equals(bytes)).toBe(true);
    }),
  );
});

test("paths compare as their bytes do", () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (a, b) => {
      const [one, two] = [a.toString("latin1"), b.toString("latin1")];
      expect(one < two).toBe(Buffer.compare(a, b) < 0);
    }),
  );
});

test("a path from the command line is its UTF-8", () => {
  expect(bytePath("dir")).toBe("dir");
  expect(bytePath("é")).toBe("\xc3\xa9");
});

test("a path is shown as UTF-8, and byte by byte where it is none", () => {
  expect(displayPath("a b")).toBe("a b");
  expect(displayPath("\xc3\xa9")).toBe("é");
  expect(displayPath("\xc3\xa9\xff")).toBe("\\xc3\\xa9\\xff");
});

test("no control character and no mark of direction is shown", () => {
  expect(displayPath("\x1b[2J\n\x7f")).toBe("\\x1b[2J\\x0a\\x7f");
  expect(displayPath(bytePath("a\u202eb\u0085"))).toBe("a\\u{202e}b\\x85");
});

test("a directory's prefix ends with one slash", () => {
  expect([withSlash("a"), withSlash("a/"), withSlash("/")]).toEqual(["a/", "a/", "/"]);
});
