import { type Awaitable, ready } from "@treadle/core";
import {
  BytesCodec,
  BytesMut,
  type Codec,
  type Decoder,
  duplex,
  Framed,
  FramedRead,
  FramedWrite,
  LengthDelimitedCodec,
  LinesCodec,
  readToEnd,
} from "@treadle/net";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { TestExecutor } from "../../../../tools/test-executor.ts";
import { Hand, labelOf } from "../../../../tools/test-hand.ts";
import { b, Script, type Step, s } from "./script.ts";

const finish = <T>(f: Awaitable<T>): T => new TestExecutor().finish(f);

/** Numbers of `size` bytes. */
class Uint implements Codec<number> {
  decodes = 0;
  private readonly size: number;

  constructor(size = 4) {
    this.size = size;
  }

  decode(src: BytesMut): number | undefined {
    this.decodes++;
    if (src.length < this.size) return undefined;
    const found = src.uint(0, this.size);
    src.advance(this.size);
    return found;
  }

  encode(item: number, dst: BytesMut): void {
    dst.putUint(item, this.size);
  }
}

/** What next() gives, `count` times: numbers, undefined, "pending" or the code or text of an error. */
function nexts(framed: FramedRead<number>, script: Script, count: number): unknown[] {
  return Array.from({ length: count }, () => {
    const hand = new Hand(framed.next());
    if (hand.poll() === "pending") {
      hand.drop();
      script.go();
      return "pending";
    }
    return hand.status === "failed" ? labelOf(hand.error) : hand.value;
  });
}

function reading(count: number, ...steps: Step[]): unknown[] {
  const script = new Script(...steps);
  return nexts(new FramedRead<number>(script, new Uint()), script, count);
}

const wait: Step = { wait: "read" };
const other: Step = { fail: new Error("other") };

describe("FramedRead", () => {
  conforms("framed_read::read_multi_frame_in_packet", "several frames of one read", () => {
    expect(reading(4, { read: "\0\0\0\0\0\0\0\x01\0\0\0\x02" })).toEqual([0, 1, 2, undefined]);
  });

  conforms("framed_read::read_multi_frame_across_packets", "a frame for each read", () => {
    expect(
      reading(4, { read: "\0\0\0\0" }, { read: "\0\0\0\x01" }, { read: "\0\0\0\x02" }),
    ).toEqual([0, 1, 2, undefined]);
  });

  conforms(
    "framed_read::read_multi_frame_in_packet_after_codec_changed",
    "another decoder goes on with what was read",
    () => {
      const framed = new FramedRead(
        new Script({ read: "\0\0\0\x04\0\0\0\0\0\0\0\x08" }),
        new Uint(),
      );
      expect(finish(framed.next())).toBe(4);
      const changed = framed.mapDecoder(() => new Uint(8));
      expect([finish(changed.next()), finish(changed.next())]).toEqual([8, undefined]);
    },
  );

  conforms("framed_read::read_not_ready", "waits for the source", () => {
    expect(reading(4, wait, { read: "\0\0\0\0" }, { read: "\0\0\0\x01" })).toEqual([
      "pending",
      0,
      1,
      undefined,
    ]);
  });

  conforms(
    "framed_read::read_partial_then_not_ready",
    "a dropped next() keeps what was read of a frame",
    () => {
      const steps: Step[] = [{ read: "\0\0" }, wait, { read: "\0\0\0\0\0\x01\0\0\0\x02" }];
      expect(reading(5, ...steps)).toEqual(["pending", 0, 1, 2, undefined]);
    },
  );

  conforms(
    [
      "framed_read::read_err",
      "framed_read::read_partial_then_err",
      "framed_read::read_partial_would_block_then_err",
    ],
    "a failure of the source comes through",
    () => {
      expect(reading(1, other)).toEqual(["other"]);
      expect(reading(1, { read: "\0\0" }, other)).toEqual(["other"]);
      expect(reading(2, { read: "\0\0" }, wait, other)).toEqual(["pending", "other"]);
    },
  );

  conforms("framed_read::huge_size", "a frame may be larger than the buffer was", () => {
    const big: Decoder<number> = {
      decode(src) {
        if (src.length < 32_768) return undefined;
        src.advance(32_768);
        return 0;
      },
    };
    const script = new Script({ read: new Uint8Array(32_768) });
    expect(nexts(new FramedRead(script, big), script, 2)).toEqual([0, undefined]);
  });

  conforms("framed_read::data_remaining_is_error", "an end within a frame is an error", () => {
    expect(reading(2, { read: "\0\0\0\0\0" })).toEqual([0, "ERR_UNEXPECTED_EOF"]);
  });

  conforms(
    "framed_read::multi_frames_on_eof",
    "a decoder may give several frames at the end",
    () => {
      const left = [0, 1, 2, 3];
      const decoder: Decoder<number> = {
        decode: () => {
          throw new Error("not at the end");
        },
        decodeEof: () => left.shift(),
      };
      const script = new Script();
      expect(nexts(new FramedRead(script, decoder), script, 6)).toEqual([
        0,
        1,
        2,
        3,
        undefined,
        undefined,
      ]);
    },
  );

  conforms(
    "framed_read::read_eof_then_resume",
    "a source that goes on after its end is read on",
    () => {
      const empty: Step = { read: new Uint8Array(0) };
      const found = reading(7, { read: "\0\0\0\x01" }, empty, { read: "\0\0\0\x02" }, empty, {
        read: "\0\0\0\x03",
      });
      expect(found).toEqual([1, undefined, 2, undefined, 3, undefined, undefined]);
    },
  );

  conforms(
    "framed_stream::return_none_after_error",
    "after an error there is the end once, then it reads on",
    () => {
      const framed = new FramedRead(
        new Script({ read: "abcdef" }, other, { read: "more data" }),
        new BytesCodec(),
      );
      const next = () => s(finish(framed.next()) ?? b("-"));
      expect(next()).toBe("abcdef");
      expect(next).toThrow("other");
      expect([next(), next()]).toEqual(["-", "more data"]);
    },
  );

  test("a second next() is refused while the first still waits", () => {
    const framed = new FramedRead(duplex(8)[0], new Uint());
    const first = new Hand(framed.next());
    first.poll();
    const second = new Hand(framed.next());
    expect([second.poll(), labelOf(second.error)]).toEqual(["failed", "ERR_STREAM_BUSY"]);
    expect([first.drop(), new Hand(framed.next()).poll()]).toEqual(["dropped", "pending"]);
  });

  test("whole frames that are there use the budget", () => {
    const framed = new FramedRead(new Script({ read: new Uint8Array(4000) }), new Uint());
    const ex = new TestExecutor();
    const task = ex.spawn(function* () {
      let count = 0;
      while ((yield* framed.next()) !== undefined) count++;
      return count;
    });
    ex.run();
    expect([task.value, task.polls > 7]).toEqual([1000, true]);
  });

  test("a source that counts wrongly is found out", () => {
    const framed = new FramedRead({ read: (buf) => ready(buf.length + 1) }, new Uint());
    expect(() => finish(framed.next())).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_DATA" }),
    );
  });
});

describe("FramedWrite", () => {
  conforms("framed_write::write_multi_frame_in_packet", "fed frames are written by flush()", () => {
    const script = new Script({ write: "\0\0\0\0\0\0\0\x01\0\0\0\x02" });
    const framed = new FramedWrite(script, new Uint());
    for (const each of [0, 1, 2]) finish(framed.feed(each));
    expect(script.left).toBe(1);
    finish(framed.flush());
    expect([script.left, script.flushes]).toEqual([0, 1]);
  });

  conforms(
    "framed_write::write_multi_frame_after_codec_changed",
    "another encoder goes on behind what is buffered",
    () => {
      const script = new Script({ write: "\0\0\0\x04\0\0\0\0\0\0\0\x08" });
      const framed = new FramedWrite(script, new Uint());
      finish(framed.feed(4));
      const changed = framed.mapEncoder(() => new Uint(8));
      finish(changed.feed(8));
      expect(script.left).toBe(1);
      finish(changed.close());
      expect([script.left, script.shutdowns]).toEqual([0, 1]);
    },
  );

  conforms(
    "framed_write::write_hits_backpressure",
    "feed() waits at the boundary until all is written",
    () => {
      const count = 4096;
      const whole = new BytesMut();
      for (let i = 0; i <= count; i++) whole.putUint(i, 4);
      const chunks: Step[] = [];
      for (let at = 0; at < whole.length; at += 2048) {
        chunks.push({ write: whole.view(at, Math.min(at + 2048, whole.length)) });
      }
      const script = new Script({ wait: "write" }, ...chunks);
      const framed = new FramedWrite(script, new Uint());
      framed.backpressureBoundary = 16_384;
      for (let i = 0; i < count; i++) finish(framed.feed(i));
      expect(framed.writeBuffer().length).toBe(16_384);
      const hand = new Hand(framed.feed(count));
      expect(hand.poll()).toBe("pending");
      script.go();
      expect([hand.poll(), framed.writeBuffer().length]).toEqual(["ok", 4]);
      finish(framed.flush());
      expect(script.left).toBe(0);
      expect(() => {
        framed.backpressureBoundary = 0;
      }).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
    },
  );

  test("a dropped send cuts no frame: it goes out with the next one", () => {
    const [near, far] = duplex(3);
    const framed = new FramedWrite<string>(near, new LinesCodec());
    const hand = new Hand(framed.send("first"));
    expect([hand.poll(), hand.drop()]).toEqual(["pending", "dropped"]);
    const ex = new TestExecutor();
    const read = ex.spawn(readToEnd(far));
    ex.finish(framed.send("second"));
    ex.finish(framed.close());
    ex.run();
    expect(s(read.value as Uint8Array)).toBe("first\nsecond\n");
  });

  test("a dropped feed that had to wait has not sent its frame", () => {
    const [near] = duplex(1);
    const framed = new FramedWrite<string>(near, new LinesCodec());
    framed.backpressureBoundary = 2;
    finish(framed.feed("one"));
    const hand = new Hand(framed.feed("two"));
    expect([hand.poll(), hand.drop()]).toEqual(["pending", "dropped"]);
    expect(framed.writeBuffer().text()).toBe("ne\n");
  });

  test("what an encoder added before it failed is not sent", () => {
    const codec = {
      encode(item: string, dst: BytesMut) {
        dst.putText(item);
        if (item === "bad") throw new Error("no such word");
      },
    };
    const framed = new FramedWrite<string>(new Script({ write: "good" }), codec);
    finish(framed.feed("go"));
    expect(() => finish(framed.send("bad"))).toThrow("no such word");
    finish(framed.send("od"));
  });

  test("a second send is refused while the first still waits", () => {
    const framed = new FramedWrite<string>(duplex(1)[0], new LinesCodec());
    const first = new Hand(framed.send("first"));
    first.poll();
    for (const second of [framed.send("x"), framed.feed("x"), framed.flush(), framed.close()]) {
      expect(() => finish(second)).toThrow(expect.objectContaining({ code: "ERR_STREAM_BUSY" }));
    }
    expect(framed.writeBuffer().text()).toBe("irst\n");
  });
});

describe("Framed", () => {
  const never = { read: () => ready(0), write: () => ready(0), shutdown: () => ready(undefined) };

  conforms("framed::can_read_from_existing_buf", "begins with what was read before", () => {
    const codec = new Uint();
    const framed = Framed.fromParts({ io: never, codec, readBuf: BytesMut.from("\0\0\0*") });
    expect([finish(framed.next()), codec.decodes, framed.codec()]).toEqual([42, 1, codec]);
  });

  conforms(
    "framed::can_read_from_existing_buf_after_codec_changed",
    "another codec goes on with it",
    () => {
      const readBuf = BytesMut.from("\0\0\0*\0\0\0\0\0\0\0T");
      const framed = Framed.fromParts({ io: never, codec: new Uint(), readBuf });
      expect(finish(framed.next())).toBe(42);
      expect(finish(framed.mapCodec(() => new Uint(8)).next())).toBe(84);
    },
  );

  conforms(
    ["framed::external_buf_grows_to_init", "framed::external_buf_does_not_shrink"],
    "a buffer that is brought along grows to the usual size and never shrinks",
    () => {
      const small = Framed.fromParts({
        io: never,
        codec: new Uint(),
        readBuf: BytesMut.from("\0\0\0*"),
      });
      expect(small.intoParts().readBuf.capacity).toBe(8192);
      const large = Framed.fromParts({
        io: never,
        codec: new Uint(),
        readBuf: BytesMut.from(new Uint8Array(16_384)),
      });
      expect(large.intoParts().readBuf.capacity).toBe(16_384);
    },
  );

  conforms(
    "framed::from_parts_empty_read_buf_does_not_spuriously_decode",
    "an empty buffer is not decoded before a read",
    () => {
      const codec = new Uint();
      const framed = Framed.fromParts({
        io: new Script({ read: "\0\0\0*" }),
        codec,
        readBuf: new BytesMut(8192),
      });
      expect([finish(framed.next()), codec.decodes]).toEqual([42, 1]);
    },
  );

  test("one task reads while another writes, through small pipes", () => {
    const [near, far] = duplex(7);
    const client = new Framed(near, new LengthDelimitedCodec());
    const server = new Framed(far, new LengthDelimitedCodec());
    const ex = new TestExecutor();
    ex.spawn(function* () {
      for (let frame = yield* server.next(); frame !== undefined; frame = yield* server.next()) {
        yield* server.send(frame);
      }
      yield* server.close();
    });
    const sizes = [0, 1, 100, 8193, 70_000];
    const echoed = ex.spawn(function* () {
      const found: number[] = [];
      for (let frame = yield* client.next(); frame !== undefined; frame = yield* client.next()) {
        found.push(frame.length);
      }
      return found;
    });
    ex.spawn(function* () {
      for (const size of sizes) yield* client.send(new Uint8Array(size));
      yield* client.close();
    });
    ex.run();
    expect(echoed.value).toEqual(sizes);
  });
});
