import { consumeBudget } from "@treadle/core";
import { DuplexStream, duplex, readExact, SimplexStream, simplex, writeAll } from "@treadle/net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { TestExecutor } from "../../../../tools/test-executor.ts";
import { Hand } from "../../../../tools/test-hand.ts";
import { b, s } from "./script.ts";

describe("duplex", () => {
  conforms("io_mem_stream::ping_pong", "what one end writes the other reads, both ways", () => {
    const [near, far] = duplex(32);
    const ex = new TestExecutor();
    const buf = Buffer.alloc(4);
    ex.finish(function* () {
      yield* writeAll(near, b("ping"));
      yield* readExact(far, buf);
    });
    expect(s(buf)).toBe("ping");
    ex.finish(function* () {
      yield* writeAll(far, b("pong"));
      yield* readExact(near, buf);
    });
    expect(s(buf)).toBe("pong");
  });

  conforms("io_mem_stream::across_tasks", "a reader that waits is woken by the other task", () => {
    const [near, far] = duplex(32);
    const ex = new TestExecutor();
    const answer = Buffer.alloc(4);
    const server = ex.spawn(function* () {
      const buf = Buffer.alloc(4);
      yield* readExact(far, buf);
      yield* writeAll(far, b("pong"));
      return s(buf);
    });
    const client = ex.spawn(function* () {
      yield* writeAll(near, b("ping"));
      yield* readExact(near, answer);
    });
    ex.run();
    expect([server.value, client.status, s(answer)]).toEqual(["ping", "ok", "pong"]);
    expect([server.polls, client.polls]).toEqual([2, 2]);
  });

  conforms("io_mem_stream::disconnect", "a closed end is read to its end, then there is 0", () => {
    const [near, far] = duplex(32);
    const ex = new TestExecutor();
    const reads = ex.spawn(function* () {
      const buf = Buffer.alloc(32);
      const first = yield* far.read(buf);
      return [s(buf.subarray(0, first)), yield* far.read(buf)];
    });
    ex.run();
    ex.finish(writeAll(near, b("ping")));
    near.close();
    ex.run();
    expect(reads.value).toEqual(["ping", 0]);
  });

  conforms(
    "io_mem_stream::disconnect_reader",
    "a writer that waits fails when the reader closes",
    () => {
      const [near, far] = duplex(2);
      const ex = new TestExecutor();
      const writes = ex.spawn(writeAll(near, b("ping")));
      ex.run();
      expect(writes.status).toBe("pending");
      far[Symbol.dispose]();
      ex.run();
      expect(writes.error).toMatchObject({ code: "EPIPE", syscall: "write", name: "IoError" });
    },
  );

  conforms("io_mem_stream::max_write_size", "a write takes what has room", () => {
    const [near, far] = duplex(32);
    const ex = new TestExecutor();
    const writes = ex.spawn(function* () {
      return [yield* near.write(Buffer.alloc(64)), yield* near.write(Buffer.alloc(64))];
    });
    ex.run();
    expect(writes.polls).toBe(1);
    ex.finish(readExact(far, Buffer.alloc(4)));
    ex.run();
    expect(writes.value).toEqual([32, 4]);
  });

  conforms(
    "io_mem_stream::zero_length_operations",
    "reading and writing nothing never waits",
    () => {
      const [near, far] = duplex(1);
      const ex = new TestExecutor();
      expect(ex.finish(far.read(Buffer.alloc(0)))).toBe(0);
      ex.finish(writeAll(near, b("x")));
      expect(ex.finish(near.write(Buffer.alloc(0)))).toBe(0);
      expect(ex.finish(near.writev([Buffer.alloc(0), Buffer.alloc(0)]))).toBe(0);
    },
  );

  conforms(
    "io_mem_stream::zero_length_writes_to_closed_stream",
    "writing nothing to a closed stream fails all the same",
    () => {
      const [near, far] = duplex(1);
      far.close();
      const ex = new TestExecutor();
      expect(() => ex.finish(near.write(Buffer.alloc(0)))).toThrow("EPIPE");
      expect(() => ex.finish(near.writev([Buffer.alloc(0)]))).toThrow("EPIPE");
    },
  );

  conforms(
    "io_mem_stream::duplex_is_cooperative",
    "a loop that never waits lets others run",
    () => {
      const [near, far] = duplex(8192);
      const ex = new TestExecutor();
      const buf = Buffer.alloc(4096);
      let rounds = 0;
      const busy = ex.spawn(function* () {
        for (;;) {
          yield* writeAll(near, buf);
          yield* far.read(buf);
          rounds++;
        }
      });
      const other = ex.spawn(function* () {
        yield* consumeBudget();
        busy.drop();
      });
      ex.run(10);
      expect([other.status, busy.status, rounds]).toEqual(["ok", "dropped", 64]);
    },
  );

  test("shutdown ends one direction only", () => {
    const [near, far] = duplex(8);
    const ex = new TestExecutor();
    ex.finish(near.shutdown());
    expect(ex.finish(far.read(Buffer.alloc(4)))).toBe(0);
    expect(() => ex.finish(near.write(b("x")))).toThrow("EPIPE");
    ex.finish(writeAll(far, b("still")));
    expect(ex.finish(near.read(Buffer.alloc(8)))).toBe(5);
  });

  test("an end that is closed can no longer be used", () => {
    const [near] = duplex(8);
    near.close();
    near.close();
    expect(() => near.read(Buffer.alloc(1))).toThrow(
      expect.objectContaining({ code: "ERR_IO_CLOSED" }),
    );
    expect(() => near.write(b("x"))).toThrow(expect.objectContaining({ code: "ERR_IO_CLOSED" }));
  });

  test("a dropped read or write has moved nothing and is not woken again", () => {
    const [near, far] = duplex(1);
    const read = new Hand(far.read(Buffer.alloc(1)));
    expect([read.poll(), read.drop()]).toEqual(["pending", "dropped"]);
    const first = new Hand(near.write(b("a")));
    const second = new Hand(near.write(b("b")));
    expect([first.poll(), second.poll(), second.drop()]).toEqual(["ok", "pending", "dropped"]);
    const buf = Buffer.alloc(2);
    expect(new TestExecutor().finish(far.read(buf))).toBe(1);
    expect([s(buf.subarray(0, 1)), read.wakes, second.wakes]).toEqual(["a", 0, 0]);
  });

  test("several readers that wait are all woken, and one of them gets the bytes", () => {
    const [near, far] = duplex(8);
    const hands = [0, 1, 2].map(() => new Hand(far.read(Buffer.alloc(8))));
    for (const hand of hands) hand.poll();
    hands[1]!.drop();
    new TestExecutor().finish(near.write(b("x")));
    expect(hands.map((hand) => hand.wakes)).toEqual([1, 0, 1]);
    expect(hands[2]!.poll()).toBe("ok");
    expect(hands[0]!.poll()).toBe("pending");
  });

  test("readers that wait behind a dropped one are woken", () => {
    const [near, far] = duplex(8);
    const hands = [0, 1, 2].map(() => new Hand(far.read(Buffer.alloc(8))));
    for (const hand of hands) hand.poll();
    hands[0]!.drop();
    new TestExecutor().finish(near.write(b("x")));
    expect(hands.map((hand) => hand.wakes)).toEqual([0, 1, 1]);
  });

  test("sizes and buffers are checked", () => {
    for (const size of [0, -1, 1.5, Number.NaN, "8" as never]) {
      expect(() => duplex(size)).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
    }
    const [near] = duplex(1);
    expect(near).toBeInstanceOf(DuplexStream);
    expect(() => near.write("text" as never)).toThrow("must be a Uint8Array");
    expect(() => near.read([] as never)).toThrow("must be a Uint8Array");
    expect(() => near.writev(["text" as never])).toThrow("must be a Uint8Array");
  });
});

describe("simplex", () => {
  test("the halves belong to one stream", () => {
    const [reader, writer] = simplex(4);
    const ex = new TestExecutor();
    ex.finish(writeAll(writer, b("abcd")));
    const buf = Buffer.alloc(4);
    ex.finish(readExact(reader, buf));
    expect(s(buf)).toBe("abcd");
    expect(reader.unsplit(writer)).toBeInstanceOf(SimplexStream);
    expect(() => reader.unsplit(simplex(4)[1])).toThrow("other half");
  });

  test("bytes come out as they went in, whatever the sizes", () => {
    const op = fc.oneof(
      fc.record({ put: fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 3 }) }),
      fc.record({ take: fc.nat(12) }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.array(op, { minLength: 10, maxLength: 60 }),
        (size, ops) => {
          const pipe = new SimplexStream(size);
          const model: number[] = [];
          for (const each of ops) {
            if ("put" in each) checkPut(pipe, model, size, each.put);
            else checkTake(pipe, model, each.take);
          }
        },
      ),
    );
  });
});

function checkPut(pipe: SimplexStream, model: number[], size: number, put: Uint8Array[]): void {
  const all = put.flatMap((bytes) => [...bytes]);
  const hand = new Hand(pipe.writev(put));
  const room = size - model.length;
  if (room === 0 && all.length > 0) {
    expect([hand.poll(), hand.drop()]).toEqual(["pending", "dropped"]);
    return;
  }
  hand.poll();
  expect(hand.value).toBe(Math.min(room, all.length));
  model.push(...all.slice(0, room));
}

function checkTake(pipe: SimplexStream, model: number[], take: number): void {
  if (model.length === 0) return;
  const buf = new Uint8Array(take);
  const hand = new Hand(pipe.read(buf));
  hand.poll();
  expect([...buf.subarray(0, hand.value)]).toEqual(model.splice(0, take));
}
