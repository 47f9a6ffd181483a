import type { Awaitable } from "@treadle/core";
import {
  BytesMut,
  FramedRead,
  FramedWrite,
  LengthDelimitedCodec,
  type LengthDelimitedCodecOptions,
} from "@treadle/net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { TestExecutor } from "../../../../tools/test-executor.ts";
import { Hand, labelOf } from "../../../../tools/test-hand.ts";
import { b, Script, type Step } from "./script.ts";

const finish = <T>(f: Awaitable<T>): T => new TestExecutor().finish(f);
const wait: Step = { wait: "read" };
const read = (text: string): Step => ({ read: text });
const write = (text: string): Step => ({ write: text });
const text = (frame: Uint8Array) => Buffer.from(frame).toString("latin1");

/** What a reader of these steps finds, up to the end or the first error. */
function frames(steps: Step[], options: LengthDelimitedCodecOptions = {}): string[] {
  const script = new Script(...steps);
  const framed = new FramedRead(script, new LengthDelimitedCodec(options));
  const found: string[] = [];
  for (;;) {
    const hand = new Hand(framed.next());
    while (hand.poll() === "pending") {
      found.push("pending");
      script.go();
    }
    if (hand.status === "failed") return [...found, labelOf(hand.error)];
    if (hand.value === undefined) return found;
    found.push(text(hand.value));
  }
}

/** Sends each text as a frame with one `send`; the script says what must be written. */
function send(steps: Step[], texts: string[], options: LengthDelimitedCodecOptions = {}): Script {
  const script = new Script(...steps);
  const framed = new FramedWrite(script, new LengthDelimitedCodec(options));
  for (const each of texts) finish(framed.send(b(each)));
  expect(script.left).toBe(0);
  return script;
}

const HEAD = "\0\0\0";
const THREE = `${HEAD}\x09abcdefghi${HEAD}\x03123${HEAD}\x0bhello world`;
const FRAMES = ["abcdefghi", "123", "hello world"];

describe("reading", () => {
  conforms("length_delimited::read_empty_io_yields_nothing", "nothing gives no frame", () => {
    expect(frames([])).toEqual([]);
  });

  conforms("length_delimited::read_single_frame_one_packet", "one frame", () => {
    expect(frames([read(`${HEAD}\x09abcdefghi`)])).toEqual(["abcdefghi"]);
  });

  conforms(
    ["length_delimited::read_single_frame_one_packet_little_endian"],
    "a length with its lowest byte first",
    () => {
      expect(frames([read("\x09\0\0\0abcdefghi")], { littleEndian: true })).toEqual(["abcdefghi"]);
    },
  );

  conforms("length_delimited::read_single_multi_frame_one_packet", "several frames at once", () => {
    expect(frames([read(THREE)])).toEqual(FRAMES);
  });

  conforms("length_delimited::read_single_frame_multi_packet", "a frame in pieces", () => {
    expect(frames([read("\0\0"), read("\0\x09abc"), read("defghi")])).toEqual(["abcdefghi"]);
  });

  conforms("length_delimited::read_multi_frame_multi_packet", "several frames in pieces", () => {
    const cut = [0, 2, 8, 15, 18, 20, THREE.length];
    const steps = cut.slice(1).map((end, i) => read(THREE.slice(cut[i], end)));
    expect(frames(steps)).toEqual(FRAMES);
  });

  conforms(
    "length_delimited::read_single_frame_multi_packet_wait",
    "a frame in pieces with waits",
    () => {
      expect(frames([read("\0\0"), wait, read("\0\x09abc"), wait, read("defghi"), wait])).toEqual([
        "pending",
        "pending",
        "abcdefghi",
        "pending",
      ]);
    },
  );

  conforms(
    "length_delimited::read_multi_frame_multi_packet_wait",
    "several frames in pieces with waits",
    () => {
      const cut = [0, 2, 8, 15, 18, 20, THREE.length];
      const steps = cut.slice(1).flatMap((end, i) => [read(THREE.slice(cut[i], end)), wait]);
      expect(frames(steps).filter((found) => found !== "pending")).toEqual(FRAMES);
      expect(frames(steps).length).toBe(9);
    },
  );

  conforms(
    ["length_delimited::read_incomplete_head", "length_delimited::read_incomplete_head_multi"],
    "an end within the head is an error",
    () => {
      expect(frames([read("\0\0")])).toEqual(["ERR_UNEXPECTED_EOF"]);
      expect(frames([wait, read("\0"), wait])).toEqual([
        "pending",
        "pending",
        "ERR_UNEXPECTED_EOF",
      ]);
    },
  );

  conforms(
    "length_delimited::read_incomplete_payload",
    "an end within the frame is an error",
    () => {
      expect(frames([read(`${HEAD}\x09ab`), wait, read("cd"), wait])).toEqual([
        "pending",
        "pending",
        "ERR_UNEXPECTED_EOF",
      ]);
    },
  );

  conforms(
    "length_delimited::read_max_frame_len",
    "a frame that says it is too large is an error",
    () => {
      expect(frames([read(`${HEAD}\x09abcdefghi`)], { maxFrameLength: 5 })).toEqual([
        "ERR_FRAME_TOO_BIG",
      ]);
    },
  );

  conforms(
    "length_delimited::read_update_max_frame_len_at_rest",
    "the limit can be changed between frames",
    () => {
      const codec = new LengthDelimitedCodec();
      const framed = new FramedRead(
        new Script(read(THREE.slice(0, 13)), read(THREE.slice(0, 13))),
        codec,
      );
      expect(text(finish(framed.next()) as Uint8Array)).toBe("abcdefghi");
      codec.maxFrameLength = 5;
      expect(() => finish(framed.next())).toThrow("frame size too big");
    },
  );

  conforms(
    "length_delimited::read_update_max_frame_len_in_flight",
    "a new limit is for the frames that begin after it",
    () => {
      const codec = new LengthDelimitedCodec();
      const script = new Script(
        read(`${HEAD}\x09abcd`),
        wait,
        read("efghi"),
        read(THREE.slice(0, 13)),
      );
      const framed = new FramedRead(script, codec);
      const hand = new Hand(framed.next());
      hand.poll();
      codec.maxFrameLength = 5;
      script.go();
      hand.poll();
      expect(text(hand.value as Uint8Array)).toBe("abcdefghi");
      expect(() => finish(framed.next())).toThrow("frame size too big");
    },
  );

  conforms("length_delimited::read_one_byte_length_field", "a length of one byte", () => {
    expect(frames([read("\x09abcdefghi")], { lengthFieldLength: 1 })).toEqual(["abcdefghi"]);
  });

  conforms("length_delimited::read_header_offset", "bytes before the length", () => {
    const options = { lengthFieldLength: 2, lengthFieldOffset: 4 };
    expect(frames([read("zzzz\0\x09abcdefghi")], options)).toEqual(["abcdefghi"]);
  });

  conforms(
    "length_delimited::read_single_multi_frame_one_packet_skip_none_adjusted",
    "a frame that keeps its head",
    () => {
      const options = {
        lengthFieldLength: 2,
        lengthFieldOffset: 2,
        numSkip: 0,
        lengthAdjustment: 4,
      };
      const all = ["xx\0\x09abcdefghi", "yy\0\x03123", "zz\0\x0bhello world"];
      expect(frames([read(all.join(""))], options)).toEqual(all);
    },
  );

  conforms(
    "length_delimited::read_single_frame_length_adjusted",
    "bytes between the length and the frame",
    () => {
      const options = { lengthFieldLength: 3, numSkip: 4 };
      expect(frames([read("\0\0\x0b\x0cHello world")], options)).toEqual(["Hello world"]);
    },
  );

  conforms(
    "length_delimited::read_single_multi_frame_one_packet_length_includes_head",
    "a length that counts itself",
    () => {
      const options = { lengthFieldLength: 2, lengthAdjustment: -2 };
      expect(frames([read("\0\x0babcdefghi\0\x05123\0\x0dhello world")], options)).toEqual(FRAMES);
      expect(frames([read("\0\x01")], options)).toEqual(["ERR_FRAME_TOO_BIG"]);
    },
  );

  test("a huge length that is only announced takes no memory", () => {
    const codec = new LengthDelimitedCodec({ maxFrameLength: 2 ** 40, lengthFieldLength: 8 });
    const bytes = BytesMut.from(Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 0, 1));
    expect(codec.decode(bytes)).toBeUndefined();
    expect(bytes.capacity).toBeLessThan(200_000);
  });
});

describe("writing", () => {
  conforms(
    "length_delimited::write_nothing_yields_nothing",
    "flushing nothing writes nothing",
    () => {
      const script = new Script();
      finish(new FramedWrite(script, new LengthDelimitedCodec()).flush());
      expect(script.flushes).toBe(1);
    },
  );

  conforms(
    [
      "length_delimited::write_single_frame_one_packet",
      "length_delimited::write_single_frame_from_slice",
      "length_delimited::write_single_multi_frame_multi_packet",
    ],
    "each send writes its frame and flushes",
    () => {
      expect(send([write(`${HEAD}\x09abcdefghi`)], ["abcdefghi"]).flushes).toBe(1);
      expect(send([write(THREE)], FRAMES).flushes).toBe(3);
    },
  );

  conforms(
    "length_delimited::write_single_multi_frame_one_packet",
    "fed frames are written together",
    () => {
      const script = new Script(write(THREE));
      const framed = new FramedWrite<Uint8Array>(script, new LengthDelimitedCodec());
      for (const each of FRAMES) finish(framed.feed(b(each)));
      expect([script.left, framed.writeBuffer().length]).toEqual([1, THREE.length]);
      finish(framed.flush());
      expect([script.left, script.flushes]).toEqual([0, 1]);
    },
  );

  conforms(
    "length_delimited::write_single_frame_would_block",
    "a frame is written in pieces when the sink waits",
    () => {
      const stop: Step = { wait: "write" };
      const script = new Script(stop, write("\0\0"), stop, write("\0\x09abcdefghi"));
      const framed = new FramedWrite<Uint8Array>(script, new LengthDelimitedCodec());
      const hand = new Hand(framed.send(b("abcdefghi")));
      expect(hand.poll()).toBe("pending");
      script.go();
      expect(hand.poll()).toBe("pending");
      script.go();
      expect([hand.poll(), script.left]).toEqual(["ok", 0]);
    },
  );

  conforms(
    "length_delimited::write_single_frame_little_endian",
    "a length with its lowest byte first",
    () => {
      send([write("\x09\0\0\0abcdefghi")], ["abcdefghi"], { littleEndian: true });
    },
  );

  conforms(
    "length_delimited::write_single_frame_with_short_length_field",
    "a length of one byte",
    () => {
      send([write("\x09abcdefghi")], ["abcdefghi"], { lengthFieldLength: 1 });
    },
  );

  conforms(
    "length_delimited::write_single_frame_length_adjusted",
    "a length that is adjusted",
    () => {
      send([write(`${HEAD}\x0babcdefghi`)], ["abcdefghi"], { lengthAdjustment: -2 });
    },
  );

  conforms("length_delimited::write_max_frame_len", "a frame that is too large is refused", () => {
    expect(() => send([], ["abcdef"], { maxFrameLength: 5 })).toThrow("frame size too big");
  });

  conforms(
    [
      "length_delimited::write_update_max_frame_len_at_rest",
      "length_delimited::write_update_max_frame_len_in_flight",
    ],
    "the limit can be changed, also while a frame is written",
    () => {
      const codec = new LengthDelimitedCodec();
      const script = new Script(write(`${HEAD}\x06ab`), { wait: "write" }, write("cdef"));
      const framed = new FramedWrite<Uint8Array>(script, codec);
      const hand = new Hand(framed.send(b("abcdef")));
      hand.poll();
      codec.maxFrameLength = 5;
      script.go();
      expect([hand.poll(), script.left]).toEqual(["ok", 0]);
      expect(() => finish(framed.send(b("abcdef")))).toThrow("frame size too big");
      expect(framed.writeBuffer().length).toBe(0);
    },
  );

  conforms("length_delimited::write_zero", "a sink that takes nothing is an error", () => {
    expect(() => send([], ["abcdef"])).toThrow("failed to write frame to transport");
  });

  conforms("length_delimited::encode_overflow", "a full buffer grows", () => {
    const bytes = BytesMut.from(new Uint8Array(1024));
    new LengthDelimitedCodec().encode(b("hello"), bytes);
    expect(bytes.length).toBe(1033);
  });
});

describe("the limit", () => {
  const max = (options: LengthDelimitedCodecOptions) =>
    new LengthDelimitedCodec(options).maxFrameLength;

  conforms(
    [
      "length_delimited::frame_does_not_fit",
      "length_delimited::neg_adjusted_frame_does_not_fit",
      "length_delimited::pos_adjusted_frame_does_not_fit",
      "length_delimited::smaller_frame_len_not_adjusted",
    ],
    "is never more than the length can say",
    () => {
      expect(max({ lengthFieldLength: 1, maxFrameLength: 256 })).toBe(255);
      expect(max({ lengthFieldLength: 1, lengthAdjustment: -1 })).toBe(254);
      expect(max({ lengthFieldLength: 1, lengthAdjustment: 1 })).toBe(256);
      expect(max({ lengthFieldLength: 8, maxFrameLength: 10 })).toBe(10);
      expect(max({})).toBe(8 * 1024 * 1024);
    },
  );

  conforms(
    ["length_delimited::max_allowed_frame_fits", "length_delimited::max_allowed_length_field"],
    "is never more than a number can say exactly",
    () => {
      const options = { lengthFieldLength: 8, maxFrameLength: Number.POSITIVE_INFINITY };
      expect(max(options)).toBe(Number.MAX_SAFE_INTEGER);
    },
  );

  conforms(
    "length_delimited::runtime_max_frame_len_respects_length_field",
    "set later, it is bounded too",
    () => {
      for (const [lengthAdjustment, most] of [
        [-1, 254],
        [0, 255],
        [1, 256],
      ] as const) {
        const codec = new LengthDelimitedCodec({ lengthFieldLength: 1, lengthAdjustment });
        codec.maxFrameLength = 1000;
        expect(codec.maxFrameLength).toBe(most);
        const bytes = new BytesMut();
        codec.encode(new Uint8Array(most), bytes);
        expect(bytes.at(0)).toBe(255);
        const prefix = BytesMut.from("prefix");
        expect(() => codec.encode(new Uint8Array(most + 1), prefix)).toThrow("frame size too big");
        expect(prefix.text()).toBe("prefix");
      }
    },
  );

  test("options are checked", () => {
    for (const options of [
      { lengthFieldLength: 0 },
      { lengthFieldLength: 9 },
      { lengthFieldOffset: -1 },
      { numSkip: 0.5 },
      { lengthAdjustment: Number.NaN },
      { maxFrameLength: -1 },
    ]) {
      expect(() => new LengthDelimitedCodec(options)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG" }),
      );
    }
  });
});

test("frames come back as they were, whatever the options and the cuts", () => {
  const options = fc.record({
    lengthFieldLength: fc.integer({ min: 1, max: 8 }),
    lengthAdjustment: fc.integer({ min: -40, max: 0 }),
    littleEndian: fc.boolean(),
  });
  fc.assert(
    fc.property(
      options,
      fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 30 }),
      (chosen, all, sizes) => {
        const bytes = new BytesMut();
        const encoder = new LengthDelimitedCodec(chosen);
        for (const frame of all) encoder.encode(frame, bytes);
        const decoder = new LengthDelimitedCodec(chosen);
        const input = new BytesMut();
        const found: number[][] = [];
        for (const size of [...sizes, bytes.length]) {
          input.put(bytes.splitTo(Math.min(size, bytes.length)));
          for (
            let frame = decoder.decode(input);
            frame !== undefined;
            frame = decoder.decode(input)
          ) {
            found.push([...frame]);
          }
        }
        expect(found).toEqual(all.map((frame) => [...frame]));
        expect(input.length).toBe(0);
      },
    ),
  );
});
