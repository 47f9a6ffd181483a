import type { Awaitable } from "@treadle/core";
import { BufReader, type LinesOptions, lines, readExact } from "@treadle/net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { TestExecutor } from "../../../../tools/test-executor.ts";
import { Hand, labelOf } from "../../../../tools/test-hand.ts";
import { b, Script, type Step, s } from "./script.ts";

const finish = <T>(f: Awaitable<T>): T => new TestExecutor().finish(f);

/** All lines and the codes of all errors, in order. */
function all(steps: Step[], options: LinesOptions = {}, capacity = 8192): string[] {
  const source = lines(new BufReader(new Script(...steps), capacity), options);
  const found: string[] = [];
  for (;;) {
    try {
      const line = finish(source.nextLine());
      if (line === undefined) return found;
      found.push(line);
    } catch (error) {
      found.push(labelOf(error));
    }
  }
}

describe("lines", () => {
  conforms(
    "io_lines::lines_inherent",
    "are without their ends; what stands after the last is one too",
    () => {
      expect(all([{ read: "hello\r\nworld\n\n" }])).toEqual(["hello", "world", ""]);
      expect(all([{ read: "a\rb\nc\r" }])).toEqual(["a\rb", "c\r"]);
      expect(all([])).toEqual([]);
    },
  );

  test("a line that is longer than the buffer is put together", () => {
    expect(all([{ read: "a long line\r\nx\ny" }], {}, 4)).toEqual(["a long line", "x", "y"]);
  });

  test("a line that is too long is an error, once, and reading goes on behind it", () => {
    for (const capacity of [1, 2, 3, 5, 64]) {
      const found = all(
        [{ read: "12345\n123456\nok\n1234567890123\n1\n" }],
        { maxLength: 5 },
        capacity,
      );
      expect(found).toEqual(["12345", "ERR_LINE_TOO_LONG", "ok", "ERR_LINE_TOO_LONG", "1"]);
    }
  });

  test("a peer that never ends its line does not fill the memory", () => {
    const source = lines(
      { read: (buf) => new Script({ read: Buffer.alloc(buf.length, 97) }).read(buf) },
      { maxLength: 10_000 },
    );
    expect(() => finish(source.nextLine())).toThrow("max line length exceeded");
  });

  test("bytes that are not UTF-8 are an error, and reading goes on behind the line", () => {
    const text = [{ read: "ok\nb\xffd\nok\n" }];
    expect(all(text)).toEqual(["ok", "ERR_INVALID_DATA", "ok"]);
    expect(all(text, {}, 2)).toEqual(["ok", "ERR_INVALID_DATA", "ok"]);
    expect(all(text, { encoding: "latin1" })).toEqual(["ok", "bÿd", "ok"]);
  });

  test("a character that is cut in two comes out whole", () => {
    const bytes = b(`grüße ${"ü".repeat(100)}\n`);
    for (let at = 1; at < 12; at++) {
      const steps = [{ read: bytes.subarray(0, at) }, { read: bytes.subarray(at) }];
      expect(all(steps)).toEqual([`grüße ${"ü".repeat(100)}`]);
    }
  });

  test("nextLine is cancel-safe: a dropped one loses nothing", () => {
    const source = new Script({ read: "one\ntw" }, { wait: "read" }, { read: "o\n" });
    const found = lines(source);
    expect(finish(found.nextLine())).toBe("one");
    const hand = new Hand(found.nextLine());
    expect([hand.poll(), hand.drop()]).toEqual(["pending", "dropped"]);
    source.go();
    expect(finish(found.nextLine())).toBe("two");
  });

  test("the reader can be read on where the last line ended", () => {
    const reader = new BufReader(new Script({ read: "head\n\nbody" }));
    const head = lines(reader);
    expect([finish(head.nextLine()), finish(head.nextLine())]).toEqual(["head", ""]);
    const buf = Buffer.alloc(4);
    finish(readExact(head.intoInner(), buf));
    expect([s(buf), head.intoInner() === reader]).toEqual(["body", true]);
  });

  test("whole lines that are there use the budget", () => {
    const found = lines(new Script({ read: "\n".repeat(1000) }));
    const ex = new TestExecutor();
    const task = ex.spawn(function* () {
      let count = 0;
      while ((yield* found.nextLine()) !== undefined) count++;
      return count;
    });
    ex.run();
    expect([task.value, task.polls > 7]).toEqual([1000, true]);
  });

  test("are those of a whole-text oracle, whatever the cuts, the buffer and the limit", () => {
    const text = fc.stringMatching(/^[abü\r\n]*$/, { size: "+1" });
    fc.assert(
      fc.property(
        text,
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 12 }),
        fc.option(fc.integer({ min: 0, max: 6 })),
        (whole, sizes, capacity, limit) => {
          const bytes = b(whole);
          const steps: Step[] = [];
          let at = 0;
          for (const size of [...sizes, bytes.length]) {
            if (at < bytes.length) steps.push({ read: bytes.subarray(at, at + size) });
            at += size;
          }
          const maxLength = limit ?? Number.POSITIVE_INFINITY;
          expect(all(steps, { maxLength }, capacity)).toEqual(oracle(whole, maxLength));
        },
      ),
    );
  });
});

function oracle(whole: string, maxLength: number): string[] {
  const parts = whole.split("\n");
  const last = parts.pop() as string;
  const check = (line: string, text: string) =>
    Buffer.byteLength(line) > maxLength ? "ERR_LINE_TOO_LONG" : text;
  const found = parts.map((line) => check(line, line.replace(/\r$/, "")));
  return last === "" ? found : [...found, check(last, last)];
}
