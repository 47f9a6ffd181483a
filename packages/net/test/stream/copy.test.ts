import { type Async, type Awaitable, consumeBudget, fn, ready } from "@treadle/core";
import {
  type AsyncRead,
  BufWriter,
  copy,
  copyBidirectional,
  type DuplexStream,
  duplex,
  readExact,
  readToEnd,
  readToString,
  take,
  writeAll,
} from "@treadle/net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { TestExecutor } from "../../../../tools/test-executor.ts";
import { Gate, Hand } from "../../../../tools/test-hand.ts";
import { b, Script, s } from "./script.ts";

const code = (name: string) => expect.objectContaining({ code: name });

describe("copy", () => {
  conforms("io_copy::copy", "copies to the end, flushes, and does not shut down", () => {
    const source = new Script({ read: "hello " }, { read: "world" });
    const sink = new Script({ write: "hello world" });
    expect(new TestExecutor().finish(copy(source, sink))).toBe(11);
    expect([sink.left, sink.flushes, sink.shutdowns, source.offered[0]]).toEqual([0, 1, 0, 65_536]);
  });

  conforms("io_copy::proxy", "flushes when the source has nothing for the moment", () => {
    const [far, near] = duplex(1024);
    const ex = new TestExecutor();
    const sink = new BufWriter(near, 4096);
    ex.finish(writeAll(sink, Buffer.alloc(512, 0x42)));
    ex.finish(sink.flush());
    expect(ex.finish(copy(take(far, 1024), sink))).toBe(1024);
  });

  conforms("io_copy::copy_is_cooperative", "lets others run although nothing ever waits", () => {
    const ex = new TestExecutor();
    const busy = ex.spawn(function* () {
      for (;;) yield* copy(new Script({ read: "hello" }), new Script({ write: "hello" }));
    });
    const other = ex.spawn(function* () {
      yield* consumeBudget();
      busy.drop();
    });
    ex.run(10);
    expect([other.status, busy.status]).toEqual(["ok", "dropped"]);
  });

  test("writes no byte twice when the sink takes little at a time", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 50 }),
        (bytes, from, to, bufferSize) => {
          const [a, source] = duplex(from);
          const [sink, z] = duplex(to);
          const ex = new TestExecutor();
          const copied = ex.spawn(function* () {
            const count = yield* copy(source, sink, { bufferSize });
            sink.close();
            return count;
          });
          const read = ex.spawn(readToEnd(z));
          ex.finish(writeAll(a, bytes));
          a.close();
          ex.run();
          expect([copied.value, [...(read.value as Uint8Array)]]).toEqual([
            bytes.length,
            [...bytes],
          ]);
        },
      ),
    );
  });

  test("a sink that takes nothing is an error, and so is a size that is none", () => {
    const ex = new TestExecutor();
    expect(() => ex.finish(copy(new Script({ read: "x" }), new Script()))).toThrow(
      code("ERR_WRITE_ZERO"),
    );
    expect(() => copy(new Script(), new Script(), { bufferSize: 0 })).toThrow(
      code("ERR_INVALID_ARG"),
    );
  });

  test("a dropped copy drops the read and the flush that are under way", () => {
    const flushing = new Gate();
    const reading = new Gate<number>();
    const [near] = duplex(8);
    let reads = 0;
    const source: AsyncRead = { read: () => (reads++ === 0 ? ready(1) : reading) };
    const sink = {
      write: (buf: Uint8Array) => near.write(buf),
      flush: () => flushing,
      shutdown: () => ready(undefined),
    };
    const hand = new Hand(copy(source, sink));
    expect(hand.poll()).toBe("pending");
    expect([reading.polls, flushing.polls]).toEqual([1, 1]);
    expect(hand.drop()).toBe("dropped");
    expect([reading.drops, flushing.drops]).toEqual([1, 1]);
  });

  test("a failed flush drops the read that waits before it is thrown", () => {
    const flushing = new Gate();
    const log: string[] = [];
    const [wake, waits] = duplex(1);
    let reads = 0;
    const source: AsyncRead = {
      read: () => (reads++ === 0 ? ready(1) : readWithCleanup()),
    };
    const readWithCleanup = fn(function* read(): Async<number> {
      try {
        return yield* new Gate<number>();
      } finally {
        yield* readExact(waits, new Uint8Array(1));
        log.push("cleaned");
      }
    });
    const [near] = duplex(8);
    const sink = {
      write: (buf: Uint8Array) => near.write(buf),
      flush: () => flushing,
      shutdown: () => ready(undefined),
    };
    const hand = new Hand(copy(source, sink));
    hand.poll();
    flushing.fail(new Error("no flush"));
    expect([hand.poll(), log]).toEqual(["pending", []]);
    new TestExecutor().finish(writeAll(wake, b("x")));
    expect([hand.poll(), log, (hand.error as Error).message]).toEqual([
      "failed",
      ["cleaned"],
      "no flush",
    ]);
  });
});

/** A proxy between two pairs, and the far ends of both. */
function proxied(size = 64): [
  TestExecutor,
  DuplexStream,
  DuplexStream,
  {
    readonly value: [number, number] | undefined;
    readonly status: string;
    readonly error: unknown;
    drop(): void;
  },
] {
  const [a, a1] = duplex(size);
  const [z, z1] = duplex(size);
  const ex = new TestExecutor();
  return [ex, a, z, ex.spawn(copyBidirectional(a1, z1))];
}

/** In both orders, for the two are interchangeable. */
function symmetric(
  body: (
    ex: TestExecutor,
    a: DuplexStream,
    z: DuplexStream,
    proxy: ReturnType<typeof proxied>[3],
    counts: (there: number, back: number) => number[],
  ) => void,
): void {
  const [ex, a, z, proxy] = proxied();
  body(ex, a, z, proxy, (there, back) => [there, back]);
  const [ex2, a2, z2, proxy2] = proxied();
  body(ex2, z2, a2, proxy2, (there, back) => [back, there]);
}

describe("copyBidirectional", () => {
  conforms("io_copy_bidirectional::test_basic_transfer", "bytes go through", () => {
    symmetric((ex, a, z) => {
      const buf = Buffer.alloc(4);
      ex.finish(writeAll(a, b("test")));
      ex.finish(readExact(z, buf));
      expect(s(buf)).toBe("test");
    });
  });

  conforms(
    "io_copy_bidirectional::test_transfer_after_close",
    "the end of one direction leaves the other open",
    () => {
      symmetric((ex, a, z, proxy, counts) => {
        ex.finish(a.shutdown());
        expect(ex.finish(readToString(z))).toBe("");
        ex.finish(writeAll(z, b("quux")));
        const buf = Buffer.alloc(4);
        ex.finish(readExact(a, buf));
        expect([s(buf), proxy.status]).toEqual(["quux", "pending"]);
        z.close();
        ex.run();
        expect(proxy.value).toEqual(counts(0, 4));
      });
    },
  );

  conforms(
    "io_copy_bidirectional::blocking_one_side_does_not_block_other",
    "a direction that is stuck does not stop the other",
    () => {
      symmetric((ex, a, z, proxy, counts) => {
        const stuck = ex.spawn(writeAll(a, Buffer.alloc(200_000)));
        ex.run();
        expect(stuck.status).toBe("pending");
        ex.finish(writeAll(z, b("quux")));
        const buf = Buffer.alloc(4);
        ex.finish(readExact(a, buf));
        expect(s(buf)).toBe("quux");
        const read = ex.spawn(readToEnd(z));
        ex.run();
        ex.finish(a.shutdown());
        ex.run();
        z.close();
        ex.run();
        expect([(read.value as Uint8Array).length, proxy.value]).toEqual([
          200_000,
          counts(200_000, 4),
        ]);
      });
    },
  );

  conforms(
    "io_copy_bidirectional::immediate_exit_on_write_error",
    "a failed write ends both directions at once",
    () => {
      const make = () =>
        new Script({ read: "here, take this" }, { failWrite: new Error("no thanks!") });
      expect(() => new TestExecutor().finish(copyBidirectional(make(), make()))).toThrow(
        "no thanks!",
      );
    },
  );

  conforms(
    "io_copy_bidirectional::immediate_exit_on_read_error",
    "a failed read ends both directions at once",
    () => {
      const [idle, peer] = duplex(8);
      const failing = new Script({ fail: new Error("got nothing!") });
      expect(() => new TestExecutor().finish(copyBidirectional(failing, idle))).toThrow(
        "got nothing!",
      );
      const hand = new Hand(idle.read(Buffer.alloc(8)));
      hand.poll();
      new TestExecutor().finish(writeAll(peer, b("x")));
      expect([hand.wakes, hand.poll()]).toEqual([1, "ok"]);
    },
  );

  conforms(
    "io_copy_bidirectional::copy_bidirectional_is_cooperative",
    "lets others run although nothing ever waits",
    () => {
      const ex = new TestExecutor();
      const make = () => new Script({ read: "x" }, { write: "x" });
      const busy = ex.spawn(function* () {
        for (;;) yield* copyBidirectional(make(), make());
      });
      const other = ex.spawn(function* () {
        yield* consumeBudget();
        busy.drop();
      });
      ex.run(20);
      expect([other.status, busy.status]).toEqual(["ok", "dropped"]);
    },
  );

  test("a direction that never waits does not use up the budget of the other", () => {
    let reads = 0;
    const stream = (read: (buf: Uint8Array) => number) => ({
      read: (buf: Uint8Array): Awaitable<number> => ready(read(buf)),
      write: (buf: Uint8Array): Awaitable<number> => ready(buf.length),
      shutdown: () => ready(undefined),
    });
    const flood = stream((buf) => buf.length);
    const other = stream((buf) => (reads++ < 100 ? buf.length : 0));
    for (const both of [copyBidirectional(flood, other), copyBidirectional(other, flood)]) {
      reads = 0;
      const hand = new Hand(both);
      for (let i = 0; i < 20; i++) hand.poll(128);
      expect([hand.status, reads]).toEqual(["pending", 101]);
    }
  });

  test("shuts each side down after the last byte of the other", () => {
    const left = new Script({ read: "abc" }, { write: "xyz" });
    const right = new Script({ write: "abc" }, { read: "xyz" });
    expect(new TestExecutor().finish(copyBidirectional(left, right))).toEqual([3, 3]);
    expect([left.shutdowns, right.shutdowns, left.left, right.left]).toEqual([1, 1, 0, 0]);
  });

  test("a dropped one, and a failed one, leave nothing waiting", () => {
    const waiting = (gate: Gate<number>) => ({
      read: (): Awaitable<number> => gate,
      write: (buf: Uint8Array): Awaitable<number> => ready(buf.length),
      shutdown: () => ready(undefined),
    });
    for (const fails of [false, true]) {
      const gates = [new Gate<number>(), new Gate<number>()] as const;
      const hand = new Hand(copyBidirectional(waiting(gates[0]), waiting(gates[1])));
      hand.poll();
      if (fails) gates[0].fail(new Error("broken"));
      expect(fails ? hand.poll() : hand.drop()).toBe(fails ? "failed" : "dropped");
      expect(gates.map((gate) => gate.drops)).toEqual([fails ? 0 : 1, 1]);
    }
  });
});
