import { type Async, type Awaitable, fn, ready } from "@treadle/core";
import {
  type AsyncRead,
  BufReader,
  chain,
  DuplexStream,
  duplex,
  Joined,
  readExact,
  readLine,
  readToEnd,
  readToString,
  readUntil,
  split,
  take,
  writeAll,
  writeAllVectored,
} from "@treadle/net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { TestExecutor } from "../../../../tools/test-executor.ts";
import { Hand } from "../../../../tools/test-hand.ts";
import { b, Script, s } from "./script.ts";

const finish = <T>(f: Awaitable<T>): T => new TestExecutor().finish(f);
const code = (name: string) => expect.objectContaining({ code: name });

/** The pieces of bytes at arbitrary cuts. */
const cuts = fc.array(fc.nat(20), { maxLength: 8 });

/** A source that gives `bytes` in pieces of these sizes, with a wait before each, then the rest. */
function inPieces(bytes: Uint8Array, sizes: readonly number[]): Script {
  const steps: { read: Uint8Array }[] = [];
  let at = 0;
  for (const size of sizes) {
    if (size === 0) continue;
    steps.push({ read: bytes.subarray(at, at + size) });
    at += size;
  }
  steps.push({ read: bytes.subarray(at) });
  return new Script(...steps.filter((step) => step.read.length > 0));
}

describe("readExact", () => {
  conforms("io_read_exact::read_exact", "fills the buffer and takes no more", () => {
    const source = new Script({ read: "hello world" });
    const buf = Buffer.alloc(8);
    finish(readExact(source, buf));
    expect([s(buf), source.left]).toEqual(["hello wo", 1]);
  });

  test("goes on where a piece ended", () => {
    const source = new Script({ read: "ab" }, { wait: "read" }, { read: "c" }, { read: "de" });
    const buf = Buffer.alloc(4);
    const hand = new Hand(readExact(source, buf));
    expect(hand.poll()).toBe("pending");
    source.go();
    expect([hand.wakes, hand.poll(), s(buf), source.offered]).toEqual([1, "ok", "abcd", [4, 2, 1]]);
  });

  test("an early end is an error that tells how much came", () => {
    const buf = Buffer.alloc(8);
    const source = new Script({ read: "abc" });
    expect(() => finish(readExact(source, buf))).toThrow(
      "early eof: the stream ended after 3 of 8 bytes",
    );
    expect(() => finish(readExact(source, buf))).toThrow(code("ERR_UNEXPECTED_EOF"));
    expect(s(buf.subarray(0, 3))).toBe("abc");
  });

  test("is not cancel-safe: what came before the drop is gone from the stream", () => {
    const [near, far] = duplex(8);
    finish(writeAll(near, b("ab")));
    const hand = new Hand(readExact(far, Buffer.alloc(4)));
    expect([hand.poll(), hand.drop()]).toEqual(["pending", "dropped"]);
    finish(writeAll(near, b("cd")));
    const buf = Buffer.alloc(4);
    expect([finish(far.read(buf)), s(buf.subarray(0, 2))]).toEqual([2, "cd"]);
    expect(hand.wakes).toBe(0);
  });

  test("a source that counts wrongly is found out", () => {
    for (const count of [-1, 5, Number.NaN]) {
      const source: AsyncRead = { read: () => ready(count) };
      expect(() => finish(readExact(source, Buffer.alloc(4)))).toThrow(code("ERR_INVALID_DATA"));
    }
  });

  test("the clean-up of a source written with fn is awaited when it is dropped", () => {
    const log: string[] = [];
    const source: AsyncRead = {
      read: fn(function* read(buf: Uint8Array): Async<number> {
        try {
          return yield* far.read(buf);
        } finally {
          yield* other.read(new Uint8Array(1));
          log.push("cleaned");
        }
      }),
    };
    const [, far] = duplex(1);
    const [wake, other] = duplex(1);
    const hand = new Hand(readExact(source, Buffer.alloc(4)));
    expect([hand.poll(), hand.drop(), log.length]).toEqual(["pending", "pending", 0]);
    finish(writeAll(wake, b("x")));
    expect([hand.wakes, hand.drop(), log]).toEqual([1, "dropped", ["cleaned"]]);
  });
});

describe("readToEnd", () => {
  conforms("io_read_to_end::read_to_end", "gives all that came", () => {
    expect(s(finish(readToEnd(new Script({ read: "hello " }, { read: "world" }))))).toBe(
      "hello world",
    );
  });

  conforms("io_read_to_string::read_to_string", "gives all that came as text", () => {
    expect(finish(readToString(new Script({ read: b("grüße") })))).toBe("grüße");
  });

  test("text that is not UTF-8 is an error", () => {
    expect(() => finish(readToString(new Script({ read: "\xff" })))).toThrow(
      "stream did not contain valid UTF-8",
    );
  });

  test("as many bytes as the limit are allowed, and one more is not", () => {
    expect(finish(readToEnd(new Script({ read: "12345" }), 5)).length).toBe(5);
    expect(() => finish(readToEnd(new Script({ read: "123456" }), 5))).toThrow(
      code("ERR_READ_LIMIT"),
    );
    expect(finish(readToEnd(new Script(), 0)).length).toBe(0);
    expect(() => readToEnd(new Script(), -1)).toThrow(code("ERR_INVALID_ARG"));
  });

  test("a stream that never ends cannot make it take more than its limit", () => {
    const offered: number[] = [];
    const zeros: AsyncRead = {
      read(buf) {
        offered.push(buf.length);
        return ready(buf.length);
      },
    };
    expect(() => finish(readToEnd(zeros, 10_000))).toThrow(code("ERR_READ_LIMIT"));
    expect(offered.reduce((sum, n) => sum + n, 0)).toBe(10_001);
  });

  test("gives what was put in, whatever the pieces", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 9000 }), cuts, (bytes, sizes) => {
        expect(Buffer.from(finish(readToEnd(inPieces(bytes, sizes)))).equals(bytes)).toBe(true);
      }),
    );
  });
});

describe("readUntil", () => {
  conforms(
    "io_read_until::read_until",
    "reads up to the delimiter, then what is left, then nothing",
    () => {
      const reader = new BufReader(new Script({ read: "hello world" }));
      expect(s(finish(readUntil(reader, 32)))).toBe("hello ");
      expect(s(finish(readUntil(reader, 32)))).toBe("world");
      expect(s(finish(readUntil(reader, 32)))).toBe("");
    },
  );

  conforms("io_read_until::read_until_not_all_ready", "puts pieces together", () => {
    const reader = new BufReader(
      new Script({ read: "Hello Wor" }, { read: "ld#Fizz\xffBuz" }, { read: "z#1#2" }),
    );
    const found = [0, 1, 2, 3, 4].map(() =>
      Buffer.from(finish(readUntil(reader, 35))).toString("latin1"),
    );
    expect(found).toEqual(["Hello World#", "Fizz\xffBuzz#", "1#", "2", ""]);
  });

  test("a failure of the source comes through", () => {
    const failing = new Script({ read: "Hello" }, { fail: new Error("The world has no end") });
    expect(() => finish(readUntil(new BufReader(failing), 35))).toThrow("The world has no end");
  });

  test("more bytes than the limit are an error", () => {
    const read = (limit: number) =>
      finish(readUntil(new BufReader(new Script({ read: "abc#" })), 35, { limit }));
    expect(s(read(4))).toBe("abc#");
    expect(() => read(3)).toThrow(code("ERR_READ_LIMIT"));
    expect(() => readUntil(new BufReader(new Script()), 256)).toThrow(code("ERR_INVALID_ARG"));
  });

  conforms("io_read_line::read_line", "readLine gives lines with their ends, then nothing", () => {
    const reader = new BufReader(new Script({ read: "hello\nworld\n\n" }));
    expect([0, 1, 2, 3].map(() => finish(readLine(reader)))).toEqual([
      "hello\n",
      "world\n",
      "\n",
      "",
    ]);
  });

  conforms("io_read_line::read_line_not_all_ready", "readLine puts pieces together", () => {
    const reader = new BufReader(
      new Script({ read: "Hello Wor" }, { read: "ld\nFizzBuz" }, { read: "z\n1\n2" }),
    );
    expect([0, 1, 2, 3].map(() => finish(readLine(reader)))).toEqual([
      "Hello World\n",
      "FizzBuzz\n",
      "1\n",
      "2",
    ]);
  });

  conforms("io_read_line::read_line_invalid_utf8", "a line that is not UTF-8 is an error", () => {
    const reader = new BufReader(new Script({ read: "Hello Wor\xffld.\n" }));
    expect(() => finish(readLine(reader))).toThrow("stream did not contain valid UTF-8");
  });

  test("is not cancel-safe: what it took is lost", () => {
    const source = new Script({ read: "lost" }, { wait: "read" }, { read: " kept\n" });
    const reader = new BufReader(source);
    const hand = new Hand(readLine(reader));
    expect([hand.poll(), hand.drop()]).toEqual(["pending", "dropped"]);
    source.go();
    expect(finish(readLine(reader))).toBe(" kept\n");
  });
});

describe("writeAll", () => {
  conforms("io_write_all::write_all", "writes until nothing is left", () => {
    const sink = new Script(
      { write: "hell" },
      { wait: "write" },
      { write: "o wor" },
      { write: "ld" },
    );
    const hand = new Hand(writeAll(sink, b("hello world")));
    expect(hand.poll()).toBe("pending");
    sink.go();
    expect([hand.poll(), sink.left]).toEqual(["ok", 0]);
  });

  test("a sink that takes nothing is an error", () => {
    expect(() => finish(writeAll(new Script({ write: "a" }), b("abc")))).toThrow(
      code("ERR_WRITE_ZERO"),
    );
    expect(() => finish(writeAllVectored(new Script({ write: "a" }), [b("a"), b("bc")]))).toThrow(
      "write zero",
    );
  });

  test("is not cancel-safe: a part was written", () => {
    const [near, far] = duplex(2);
    const hand = new Hand(writeAll(near, b("abcd")));
    expect([hand.poll(), hand.drop()]).toEqual(["pending", "dropped"]);
    near.close();
    expect(finish(readToString(far))).toBe("ab");
  });

  test("several buffers go out in their order, through writev or without it", () => {
    const check = (bufs: Uint8Array[], size: number, isVectored: boolean) => {
      const [near, far] = duplex(size);
      const [, half] = split(near);
      const sink = isVectored
        ? half
        : { write: (buf: Uint8Array) => near.write(buf), shutdown: () => near.shutdown() };
      const ex = new TestExecutor();
      const read = ex.spawn(readToEnd(far));
      ex.finish(writeAllVectored(sink, bufs));
      near.close();
      ex.run();
      expect(Buffer.from(read.value as Uint8Array).equals(Buffer.concat(bufs))).toBe(true);
    };
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        check,
      ),
    );
  });
});

describe("take and chain", () => {
  conforms(
    ["io_take::take", "io_take::issue_4435"],
    "take ends after its limit and leaves the rest",
    () => {
      const source = new Script({ read: "hello world" });
      const first = take(source, 4);
      const buf = Buffer.alloc(6);
      expect([finish(first.read(buf)), s(buf)]).toEqual([4, "hell\0\0"]);
      expect([finish(first.read(buf)), first.limit]).toEqual([0, 0]);
      first.limit = 1;
      expect(finish(readToString(first))).toBe("o");
      expect(finish(readToString(first.getRef()))).toBe(" world");
    },
  );

  conforms("io_take::bad_reader_fails", "a source that counts wrongly is found out", () => {
    const bad: AsyncRead = { read: () => ready(11) };
    expect(() => finish(take(bad, 10).read(Buffer.alloc(20)))).toThrow(code("ERR_INVALID_DATA"));
  });

  conforms("io_chain::chain", "chain goes on with the second source", () => {
    const both = chain(new Script({ read: "hello " }), new Script({ read: "world" }));
    expect(finish(readToString(both))).toBe("hello world");
  });

  conforms(
    "io_chain::empty_read_does_not_skip_first",
    "reading nothing does not end the first source",
    () => {
      const both = chain(new Script({ read: "hello " }), new Script({ read: "world" }));
      expect(finish(both.read(Buffer.alloc(0)))).toBe(0);
      expect(finish(readToString(both))).toBe("hello world");
    },
  );

  test("a dropped read of either has taken nothing", () => {
    for (const wrap of [(r: AsyncRead) => take(r, 100), (r: AsyncRead) => chain(r, new Script())]) {
      const [near, far] = duplex(8);
      const source = wrap(far);
      const hand = new Hand(source.read(Buffer.alloc(4)));
      expect([hand.poll(), hand.drop()]).toEqual(["pending", "dropped"]);
      finish(writeAll(near, b("all")));
      near.close();
      expect(finish(readToString(source))).toBe("all");
    }
  });
});

describe("split", () => {
  conforms(
    ["io_split::method_delegation", "io_join::method_delegation"],
    "halves and joined streams pass everything on",
    () => {
      const stream = new Script({ read: "in" }, { write: "out" });
      const [reader, writer] = split(stream);
      const joined = new Joined(reader, writer);
      const buf = Buffer.alloc(2);
      expect([finish(joined.read(buf)), s(buf)]).toEqual([2, "in"]);
      expect(finish(joined.writev([b(""), b("out")]))).toBe(3);
      finish(joined.flush());
      finish(joined.shutdown());
      expect([stream.flushes, stream.shutdowns, stream.left]).toEqual([1, 1, 0]);
    },
  );

  conforms(
    [
      "io_split::split_stream_id",
      "io_split::unsplit_ok",
      "io_split::unsplit_err1",
      "io_split::unsplit_err2",
      "io_panic::unsplit_panic_caller",
    ],
    "only halves of one stream become one again",
    () => {
      const [a] = duplex(1);
      const [c] = duplex(1);
      const [reader, writer] = split(a);
      const [otherReader, otherWriter] = split(c);
      expect(reader.unsplit(writer)).toBe(a);
      expect(reader.isPairOf(writer)).toBe(true);
      expect(reader.isPairOf(otherWriter)).toBe(false);
      expect(() => reader.unsplit(otherWriter)).toThrow(code("ERR_INVALID_ARG"));
      expect(() => otherReader.unsplit(writer)).toThrow(code("ERR_INVALID_ARG"));
      expect(a).toBeInstanceOf(DuplexStream);
    },
  );
});
