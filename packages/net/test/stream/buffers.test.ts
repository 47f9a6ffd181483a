import { type Awaitable, DONE, Leaf, PENDING, type Poll, readyPoll } from "@treadle/core";
import {
  type AsyncWrite,
  BufReader,
  BufWriter,
  duplex,
  lines,
  readExact,
  readToEnd,
  readUntil,
  writeAll,
} from "@treadle/net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { TestExecutor } from "../../../../tools/test-executor.ts";
import { Hand } from "../../../../tools/test-hand.ts";
import { b, Script, s } from "./script.ts";

const finish = <T>(f: Awaitable<T>): T => new TestExecutor().finish(f);
const code = (name: string) => expect.objectContaining({ code: name });
const bytes = (...all: number[]) => Uint8Array.from(all);

/** Takes what it is given, at most `most` bytes at once, after a wait each time if `waits`. */
class Sink implements AsyncWrite {
  readonly taken: number[] = [];
  readonly calls: number[] = [];
  flushes = 0;
  shutdowns = 0;
  writev?: (bufs: readonly Uint8Array[]) => Awaitable<number>;
  private readonly most: number;
  private readonly waits: boolean;

  constructor(most = Number.POSITIVE_INFINITY, waits = false, isVectored = false) {
    this.most = most;
    this.waits = waits;
    if (isVectored) this.writev = (bufs) => this.write(Buffer.concat(bufs));
  }

  write(buf: Uint8Array): Awaitable<number> {
    return new Later(() => {
      const count = Math.min(buf.length, this.most);
      this.calls.push(count);
      this.taken.push(...buf.subarray(0, count));
      return readyPoll(count);
    }, this.waits);
  }

  flush(): Awaitable<void> {
    return new Later(() => {
      this.flushes++;
      return DONE;
    }, false);
  }

  shutdown(): Awaitable<void> {
    return new Later(() => {
      this.shutdowns++;
      return DONE;
    }, false);
  }
}

class Later<T> extends Leaf<T> {
  private readonly f: () => Poll<T>;
  private waits: boolean;

  constructor(f: () => Poll<T>, waits: boolean) {
    super();
    this.f = f;
    this.waits = waits;
  }

  protected override poll(): Poll<T> {
    if (!this.waits) return this.f();
    this.waits = false;
    return PENDING;
  }
}

/** Polls to the end by hand. */
function drive<T>(f: Awaitable<T>): T {
  const hand = new Hand(f);
  for (let i = 0; i < 100 && hand.poll() === "pending"; i++);
  if (hand.status === "failed") throw hand.error;
  return hand.value as T;
}

describe("BufReader", () => {
  for (const [name, waits] of [
    ["test_buffered_reader", false],
    ["maybe_pending", true],
  ] as const) {
    const check = () => {
      const steps = [5, 6, 7, 0, 1, 2, 3, 4];
      const source = {
        read: (buf: Uint8Array) =>
          new Later(() => {
            const part = steps.splice(0, buf.length);
            buf.set(part);
            return readyPoll(part.length);
          }, waits),
      };
      const reader = new BufReader(source, 2);
      const read = (size: number) => {
        const buf = new Uint8Array(size);
        const count = drive(reader.read(buf));
        return [count, [...buf], [...reader.buffer()]];
      };
      expect(read(3)).toEqual([3, [5, 6, 7], []]);
      expect(read(2)).toEqual([2, [0, 1], []]);
      expect(read(1)).toEqual([1, [2], [3]]);
      expect(read(3)).toEqual([1, [3, 0, 0], []]);
      expect(read(3)).toEqual([1, [4, 0, 0], []]);
      expect(read(3)).toEqual([0, [0, 0, 0], []]);
    };
    if (name === "maybe_pending") {
      conforms("io_buf_reader::maybe_pending", "a source that waits makes no difference", check);
    } else {
      conforms("io_buf_reader::test_buffered_reader", "large reads go past an empty buffer", check);
    }
  }

  conforms(
    "io_buf_reader::test_short_reads",
    "an empty read of the source is passed on as it is",
    () => {
      const lengths = [0, 1, 2, 0, 1, 0];
      const reader = new BufReader({
        read: () => new Later(() => readyPoll(lengths.shift() ?? 0), false),
      });
      const buf = Buffer.alloc(2);
      expect([0, 0, 0, 0, 0, 0, 0].map(() => finish(reader.read(buf)))).toEqual([
        0, 1, 2, 0, 1, 0, 0,
      ]);
    },
  );

  conforms(
    ["io_buf_reader::maybe_pending_buf_read", "io_buf_reader::test_fill_buf_wrapper"],
    "what is shown stays until it is consumed",
    () => {
      const reader = new BufReader(new Script({ read: "\0\x01\x02\x03\x01\0" }), 2);
      expect([...finish(reader.fillBuf())]).toEqual([0, 1]);
      expect([...finish(reader.fillBuf())]).toEqual([0, 1]);
      reader.consume(1);
      expect([...finish(readUntil(reader, 3))]).toEqual([1, 2, 3]);
      expect([...finish(readUntil(reader, 1))]).toEqual([1]);
      expect([...finish(readUntil(reader, 8))]).toEqual([0]);
      expect(finish(reader.fillBuf()).length).toBe(0);
      expect(() => reader.consume(1)).toThrow(code("ERR_INVALID_DATA"));
    },
  );

  test("a dropped read loses nothing, and the next goes on", () => {
    const [near, far] = duplex(8);
    const reader = new BufReader(far, 4);
    const hands = [new Hand(reader.read(Buffer.alloc(1))), new Hand(reader.fillBuf())];
    for (const hand of hands) expect([hand.poll(), hand.drop()]).toEqual(["pending", "dropped"]);
    finish(writeAll(near, b("abcdef")));
    const buf = Buffer.alloc(6);
    finish(readExact(reader, buf));
    expect(s(buf)).toBe("abcdef");
  });

  test("a second reader is refused while the first still waits", () => {
    const reader = new BufReader(duplex(8)[0]);
    const first = new Hand(reader.fillBuf());
    first.poll();
    expect(() => finish(reader.read(Buffer.alloc(1)))).toThrow(code("ERR_STREAM_BUSY"));
    expect(() => finish(lines(reader).nextLine())).toThrow(code("ERR_STREAM_BUSY"));
    first.drop();
    expect(new Hand(reader.read(Buffer.alloc(1))).poll()).toBe("pending");
  });

  test("a failed read leaves it usable", () => {
    const reader = new BufReader(new Script({ fail: new Error("once") }, { read: "on" }));
    expect(() => finish(reader.fillBuf())).toThrow("once");
    expect(s(finish(readToEnd(reader)))).toBe("on");
    expect(reader.intoInner()).toBe(reader.getRef());
    expect(() => new BufReader(reader, 0)).toThrow(code("ERR_INVALID_ARG"));
  });

  test("reading what is buffered uses the budget", () => {
    const reader = new BufReader(new Script({ read: "x".repeat(1000) }));
    const ex = new TestExecutor();
    const task = ex.spawn(function* () {
      const buf = Buffer.alloc(1);
      for (let i = 0; i < 1000; i++) yield* reader.read(buf);
    });
    ex.run();
    expect([task.status, task.polls > 7]).toEqual(["ok", true]);
  });
});

describe("BufWriter", () => {
  const walk = (waits: boolean) => {
    const sink = new Sink(undefined, waits);
    const writer = new BufWriter(sink, 2);
    const write = (...all: number[]) => {
      const count = drive(writer.write(bytes(...all)));
      return [count, [...writer.buffer()], sink.taken.length];
    };
    expect(write(0, 1)).toEqual([2, [], 2]);
    expect(write(2)).toEqual([1, [2], 2]);
    expect(write(3)).toEqual([1, [2, 3], 2]);
    drive(writer.flush());
    expect([[...writer.buffer()], sink.taken, sink.flushes]).toEqual([[], [0, 1, 2, 3], 1]);
    expect(write(4)).toEqual([1, [4], 4]);
    expect(write(5)).toEqual([1, [4, 5], 4]);
    expect(write(6)).toEqual([1, [6], 6]);
    expect(write(7, 8)).toEqual([2, [], 9]);
    expect(write(9, 10, 11)).toEqual([3, [], 12]);
    drive(writer.flush());
    expect(sink.taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  };

  conforms("io_buf_writer::buf_writer", "gathers what fits and lets large writes past", () =>
    walk(false),
  );
  conforms("io_buf_writer::maybe_pending_buf_writer", "a sink that waits makes no difference", () =>
    walk(true),
  );

  for (const [waits, label] of [
    [false, "at once"],
    [true, "after a wait"],
  ] as const) {
    test(`flush() writes and flushes the sink, ${label}`, () => {
      const sink = new Sink(undefined, waits);
      const writer = new BufWriter(sink, 3);
      drive(writer.write(bytes(0, 1)));
      expect(sink.taken).toEqual([]);
      drive(writer.flush());
      expect([sink.taken, sink.flushes, sink.shutdowns]).toEqual([[0, 1], 1, 0]);
      drive(writer.write(bytes(2)));
      drive(writer.shutdown());
      expect([sink.taken, sink.flushes, sink.shutdowns]).toEqual([[0, 1, 2], 2, 1]);
    });
  }

  conforms(
    [
      "io_buf_writer::buf_writer_inner_flushes",
      "io_buf_writer::maybe_pending_buf_writer_inner_flushes",
    ],
    "the sink has what was flushed when it is taken back",
    () => {
      for (const waits of [false, true]) {
        const writer = new BufWriter(new Sink(undefined, waits), 3);
        drive(writer.write(bytes(0, 1)));
        drive(writer.flush());
        expect(writer.intoInner().taken).toEqual([0, 1]);
      }
    },
  );

  const msg = b("foo bar baz");

  conforms(
    [
      "io_buf_writer::write_vectored_empty_on_non_vectored",
      "io_buf_writer::write_vectored_empty_on_vectored",
    ],
    "writing no buffers and empty buffers writes nothing",
    () => {
      for (const isVectored of [false, true]) {
        const sink = new Sink(4, false, isVectored);
        const writer = new BufWriter(sink);
        expect(drive(writer.writev([]))).toBe(0);
        expect(drive(writer.writev([b(""), b(""), b("")]))).toBe(0);
        drive(writer.flush());
        expect(sink.calls).toEqual([]);
      }
    },
  );

  conforms(
    [
      "io_buf_writer::write_vectored_basic_on_non_vectored",
      "io_buf_writer::write_vectored_basic_on_vectored",
    ],
    "several buffers that fit are gathered",
    () => {
      for (const isVectored of [false, true]) {
        const sink = new Sink(4, false, isVectored);
        const writer = new BufWriter(sink);
        expect(
          drive(writer.writev([msg.subarray(0, 4), msg.subarray(4, 8), msg.subarray(8)])),
        ).toBe(11);
        expect(s(writer.buffer())).toBe("foo bar baz");
        drive(writer.flush());
        expect(sink.calls).toEqual([4, 4, 3]);
      }
    },
  );

  conforms(
    "io_buf_writer::write_vectored_large_total_on_non_vectored",
    "several buffers that do not fit are gathered as far as they do, where the sink has no writev",
    () => {
      const sink = new Sink(4);
      const writer = new BufWriter(sink, 8);
      const parts = [msg.subarray(0, 4), msg.subarray(4, 8), msg.subarray(8)];
      expect(drive(writer.writev(parts))).toBe(8);
      expect([s(writer.buffer()), sink.taken.length]).toEqual(["foo bar ", 0]);
      expect(drive(writer.writev(parts.slice(2)))).toBe(3);
      expect([s(writer.buffer()), sink.taken.length]).toEqual(["baz", 8]);
    },
  );

  conforms(
    "io_buf_writer::write_vectored_large_total_on_vectored",
    "several buffers that do not fit go past the buffer, where the sink has writev",
    () => {
      const sink = new Sink(10, false, true);
      const writer = new BufWriter(sink, 8);
      const parts = [msg.subarray(0, 4), msg.subarray(4, 8), msg.subarray(8)];
      expect([drive(writer.writev(parts)), writer.buffer().length]).toEqual([10, 0]);
      expect(drive(writer.writev([msg.subarray(10)]))).toBe(1);
      expect([s(Uint8Array.from(sink.taken)), s(writer.buffer())]).toEqual(["foo bar ba", "z"]);
    },
  );

  conforms(
    [
      "io_buf_writer::write_vectored_odd_on_non_vectored",
      "io_buf_writer::write_vectored_odd_on_vectored",
      "io_buf_writer::write_vectored_large_slice_on_non_vectored",
      "io_buf_writer::write_vectored_large_slice_on_vectored",
    ],
    "whatever is written comes out in order, and the buffer is never too full",
    () => {
      const check = (parts: Uint8Array[], capacity: number, most: number, isVectored: boolean) => {
        const sink = new Sink(most, false, isVectored);
        const writer = new BufWriter(sink, capacity);
        let left = parts.filter((part) => part.length > 0);
        while (left.length > 0) {
          let count = drive(writer.writev(left));
          expect(count).toBeGreaterThan(0);
          expect(writer.buffer().length).toBeLessThanOrEqual(capacity);
          while (count > 0) {
            const [first, ...rest] = left as [Uint8Array, ...Uint8Array[]];
            left = first.length > count ? [first.subarray(count), ...rest] : rest;
            count -= Math.min(count, first.length);
          }
        }
        drive(writer.flush());
        expect(sink.taken).toEqual([...Buffer.concat(parts)]);
      };
      for (const isVectored of [false, true]) {
        check([msg.subarray(0, 4), b(""), msg.subarray(4, 9), msg.subarray(9)], 8, 4, isVectored);
        check([b(""), msg.subarray(0, 9), msg.subarray(9)], 8, 4, isVectored);
      }
      fc.assert(
        fc.property(
          fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 }),
          fc.integer({ min: 1, max: 20 }),
          fc.integer({ min: 1, max: 12 }),
          fc.boolean(),
          check,
        ),
      );
    },
  );

  test("a dropped write has taken nothing, a dropped flush lost nothing", () => {
    const [near, far] = duplex(2);
    const writer = new BufWriter(near, 4);
    drive(writer.write(b("abc")));
    const ex = new TestExecutor();
    const flush = new Hand(writer.flush());
    flush.poll();
    const write = new Hand(writer.write(b("no")));
    write.poll();
    expect(write.error).toMatchObject({ code: "ERR_STREAM_BUSY" });
    expect([flush.status, flush.drop()]).toEqual(["pending", "dropped"]);
    const second = new Hand(writer.write(b("never")));
    expect([second.poll(), second.drop()]).toEqual(["pending", "dropped"]);
    const read = ex.spawn(readToEnd(far));
    ex.spawn(writer.shutdown());
    ex.run();
    expect(s(read.value as Uint8Array)).toBe("abc");
  });

  test("a sink that takes nothing is an error, and what is buffered stays", () => {
    const writer = new BufWriter(new Sink(0), 4);
    drive(writer.write(b("abc")));
    expect(() => drive(writer.flush())).toThrow(code("ERR_WRITE_ZERO"));
    expect(s(writer.buffer())).toBe("abc");
  });
});
