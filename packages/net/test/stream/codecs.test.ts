import { AnyDelimiterCodec, BytesCodec, BytesMut, type Decoder, LinesCodec } from "@treadle/net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { labelOf } from "../../../../tools/test-hand.ts";
import { b, s } from "./script.ts";

/** Puts bytes into a buffer and tells what a decoder makes of it: a text, undefined, or the code of an error. */
class Bench<T> {
  readonly bytes: BytesMut = new BytesMut();
  private readonly decoder: Decoder<T>;

  constructor(decoder: Decoder<T>) {
    this.decoder = decoder;
  }

  put(text: string): this {
    this.bytes.put(Buffer.from(text, "latin1"));
    return this;
  }

  next(): string | undefined {
    return this.tell(() => this.decoder.decode(this.bytes));
  }

  /** As many as are asked for. */
  many(count: number): (string | undefined)[] {
    return Array.from({ length: count }, () => this.next());
  }

  eof(): string | undefined {
    return this.tell(() => this.decoder.decodeEof?.(this.bytes));
  }

  private tell(f: () => T | undefined): string | undefined {
    try {
      const frame = f();
      return frame instanceof Uint8Array ? s(frame) : (frame as string | undefined);
    } catch (error) {
      return labelOf(error);
    }
  }
}

const TOO_LONG = "ERR_LINE_TOO_LONG";
const lines = (maxLength?: number) =>
  new Bench(new LinesCodec(maxLength === undefined ? {} : { maxLength }));

describe("BytesCodec", () => {
  conforms("codecs::bytes_decoder", "gives what is there", () => {
    const bench = new Bench(new BytesCodec()).put("abc");
    expect(bench.many(3)).toEqual(["abc", undefined, undefined]);
    expect(bench.put("a").next()).toBe("a");
  });

  conforms("codecs::bytes_encoder", "adds what it is given, also to a full buffer", () => {
    const bytes = new BytesMut(8192);
    new BytesCodec().encode(new Uint8Array(8193), bytes);
    new BytesCodec().encode(b("hello"), bytes);
    expect([bytes.length, bytes.text(8193)]).toEqual([8198, "hello"]);
    expect(() => new BytesCodec().encode("text" as never, bytes)).toThrow("must be a Uint8Array");
  });
});

describe("LinesCodec", () => {
  conforms("codecs::lines_decoder", "takes lines, and at the end what is left", () => {
    const bench = lines().put("line 1\nline 2\r\nline 3\n\r\n\r");
    expect(bench.many(5)).toEqual(["line 1", "line 2", "line 3", "", undefined]);
    expect(bench.eof()).toBeUndefined();
    expect(bench.put("k").next()).toBeUndefined();
    expect([bench.eof(), bench.next(), bench.eof()]).toEqual(["\rk", undefined, undefined]);
  });

  conforms(
    "codecs::lines_decoder_invalid_utf8",
    "a line that is not UTF-8 is an error and gone",
    () => {
      const bench = lines().put("line 1\xc3\x28");
      expect([bench.next(), bench.eof(), bench.eof()]).toEqual([
        undefined,
        "ERR_INVALID_DATA",
        undefined,
      ]);
      expect(bench.put("line 22222222222222\n").next()).toBe("line 22222222222222");
    },
  );

  conforms("codecs::lines_decoder_max_length", "a line that is too long is an error, once", () => {
    const bench = lines(6).put("line 1 is too long\nline 2\nline 3\r\nline 4\n\r\n\r");
    expect(bench.many(6)).toEqual([TOO_LONG, "line 2", TOO_LONG, "line 4", "", undefined]);
    expect(bench.eof()).toBeUndefined();
    expect([bench.put("k").next(), bench.eof(), bench.next(), bench.eof()]).toEqual([
      undefined,
      "\rk",
      undefined,
      undefined,
    ]);
    expect(bench.put("aaabbbc").next()).toBe(TOO_LONG);
  });

  conforms(
    "codecs::lines_decoder_max_length_underrun",
    "what is too long is skipped as it comes",
    () => {
      const bench = lines(6);
      expect(bench.put("line ").next()).toBeUndefined();
      expect(bench.put("too l").next()).toBe(TOO_LONG);
      expect(bench.put("ong\n").next()).toBeUndefined();
      expect(bench.put("line 2").next()).toBeUndefined();
      expect(bench.put("\n").next()).toBe("line 2");
    },
  );

  conforms(
    ["codecs::lines_decoder_max_length_bursts", "codecs::lines_decoder_max_length_big_burst"],
    "the end of a line that is too long does not save it",
    () => {
      const bench = lines(10);
      expect(bench.put("line ").next()).toBeUndefined();
      expect(bench.put("too l").next()).toBeUndefined();
      expect(bench.put("ong\n").next()).toBe(TOO_LONG);
      const big = lines(10);
      expect([big.put("line ").next(), big.put("too long!\n").next()]).toEqual([
        undefined,
        TOO_LONG,
      ]);
    },
  );

  conforms(
    "codecs::lines_decoder_max_length_newline_between_decodes",
    "a line of just the limit is a line",
    () => {
      const bench = lines(5);
      expect([bench.put("hello").next(), bench.put("\nworld").next()]).toEqual([
        undefined,
        "hello",
      ]);
    },
  );

  conforms("codecs::lines_decoder_discard_repeat", "skipping waits for more", () => {
    const bench = lines(1);
    expect([bench.put("aa").next(), bench.put("a").next()]).toEqual([TOO_LONG, undefined]);
  });

  conforms(
    "codecs::lines_decoder_max_length_underrun_twice",
    "skipping goes on over many pieces",
    () => {
      const bench = lines(11);
      expect(bench.put("line ").next()).toBeUndefined();
      expect(bench.put("too very l").next()).toBe(TOO_LONG);
      expect(bench.put("aaaaaaaaaaaaaaaaaaaaaaa").next()).toBeUndefined();
      expect(bench.put("ong\nshort\n").next()).toBe("short");
    },
  );

  conforms("codecs::lines_encoder", "writes a newline behind each line", () => {
    const bytes = new BytesMut();
    const codec = new LinesCodec();
    codec.encode("line 1", bytes);
    codec.encode("grüße 2", bytes);
    expect(bytes.text()).toBe("line 1\ngrüße 2\n");
    expect(() => codec.encode(b("line") as never, bytes)).toThrow("must be a string");
  });

  test("a long line that comes byte by byte is searched once", () => {
    const codec = new LinesCodec();
    const bytes = new BytesMut(1 << 17);
    let looked = 0;
    const indexOf = bytes.indexOf.bind(bytes);
    bytes.indexOf = (byte, from = 0, to = bytes.length) => {
      looked += to - from;
      return indexOf(byte, from, to);
    };
    for (let i = 0; i < 50_000; i++) {
      bytes.putByte(97);
      codec.decode(bytes);
    }
    expect(looked).toBe(50_000);
  });
});

describe("AnyDelimiterCodec", () => {
  const any = (maxLength?: number) =>
    new Bench(new AnyDelimiterCodec(maxLength === undefined ? {} : { maxLength }));
  const LONG = "ERR_CHUNK_TOO_LONG";

  conforms(
    "codecs::any_delimiters_decoder_any_character",
    "any of the delimiters ends a piece",
    () => {
      const bench = any().put("chunk 1,chunk 2;chunk 3\n\r");
      expect(bench.many(5)).toEqual(["chunk 1", "chunk 2", "chunk 3", "", undefined]);
      expect(bench.eof()).toBeUndefined();
      expect([bench.put("k").next(), bench.eof(), bench.next(), bench.eof()]).toEqual([
        undefined,
        "k",
        undefined,
        undefined,
      ]);
    },
  );

  conforms(
    "codecs::any_delimiters_decoder_max_length",
    "a piece that is too long is an error, once",
    () => {
      const bench = any(7).put("chunk 1 is too long\nchunk 2\nchunk 3\r\nchunk 4\n\r\n");
      expect(bench.many(8)).toEqual([LONG, "chunk 2", "chunk 3", "", "chunk 4", "", "", undefined]);
      expect(bench.eof()).toBeUndefined();
      expect([bench.put("k").next(), bench.eof()]).toEqual([undefined, "k"]);
      expect(bench.put("aaabbbcc").next()).toBe(LONG);
    },
  );

  conforms(
    [
      "codecs::any_delimiter_decoder_max_length_underrun",
      "codecs::any_delimiter_decoder_max_length_underrun_twice",
    ],
    "what is too long is skipped as it comes",
    () => {
      const bench = any(7);
      expect(bench.put("chunk ").next()).toBeUndefined();
      expect(bench.put("too l").next()).toBe(LONG);
      expect(bench.put("ong\n").next()).toBeUndefined();
      expect(bench.put("chunk 2").next()).toBeUndefined();
      expect(bench.put(",").next()).toBe("chunk 2");
      const twice = any(11);
      twice.put("chunk ").next();
      expect(twice.put("too very l").next()).toBe(LONG);
      expect(twice.put("aaaaaaaaaaaaaaaaaaaaaaa").next()).toBeUndefined();
      expect(twice.put("ong\nshort\n").next()).toBe("short");
    },
  );

  conforms(
    [
      "codecs::any_delimiter_decoder_max_length_bursts",
      "codecs::any_delimiter_decoder_max_length_big_burst",
      "codecs::any_delimiter_decoder_max_length_delimiter_between_decodes",
      "codecs::any_delimiter_decoder_discard_repeat",
    ],
    "the end of a piece that is too long does not save it, and one of just the limit is a piece",
    () => {
      const bench = any(11);
      expect([bench.put("chunk ").next(), bench.put("too l").next()]).toEqual([
        undefined,
        undefined,
      ]);
      expect(bench.put("ong\n").next()).toBe(LONG);
      const big = any(11);
      expect([big.put("chunk ").next(), big.put("too long!\n").next()]).toEqual([undefined, LONG]);
      const just = any(5);
      expect([just.put("hello").next(), just.put(",world").next()]).toEqual([undefined, "hello"]);
      const one = any(1);
      expect([one.put("aa").next(), one.put("a").next()]).toEqual([LONG, undefined]);
    },
  );

  conforms("codecs::any_delimiter_encoder", "writes its ending behind each piece", () => {
    const bytes = new BytesMut();
    const codec = new AnyDelimiterCodec({ seekDelimiters: ",", sequenceWriter: ";--;" });
    codec.encode("chunk 1", bytes);
    codec.encode(b("chunk 2"), bytes);
    expect(bytes.text()).toBe("chunk 1;--;chunk 2;--;");
    expect(() => new AnyDelimiterCodec({ seekDelimiters: "" })).toThrow("at least one byte");
    expect(() => codec.encode(7 as never, bytes)).toThrow("must be a Uint8Array or a string");
  });
});

describe("BytesMut", () => {
  test("is a queue of bytes, whatever is done with it", () => {
    type Act = (bytes: BytesMut, model: number[]) => void;
    const small = fc.uint8Array({ maxLength: 200 });
    const act = fc.oneof(
      small.map(
        (part): Act =>
          (bytes, model) => {
            bytes.put(part);
            model.push(...part);
          },
      ),
      fc.string({ maxLength: 100, unit: "grapheme" }).map(
        (text): Act =>
          (bytes, model) => {
            bytes.putText(text);
            model.push(...b(text));
          },
      ),
      fc.tuple(fc.maxSafeNat(), fc.integer({ min: 7, max: 8 }), fc.boolean()).map(
        ([value, size, little]): Act =>
          (bytes, model) => {
            bytes.putUint(value, size, little);
            expect(bytes.uint(model.length, size, little)).toBe(value);
            const said = [...bytes.view(model.length)];
            const big = little ? [...said].reverse() : said;
            expect(big.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)).toBe(BigInt(value));
            model.push(...said);
          },
      ),
      fc.nat(300).map(
        (most): Act =>
          (bytes, model) => {
            const count = Math.min(most, model.length);
            expect([...bytes.splitTo(count)]).toEqual(model.splice(0, count));
          },
      ),
      fc.nat(300).map(
        (most): Act =>
          (bytes, model) => {
            const count = Math.min(most, model.length);
            bytes.advance(count);
            model.splice(0, count);
          },
      ),
      small.map(
        (part): Act =>
          (bytes, model) => {
            bytes.spare(part.length).set(part);
            bytes.commit(part.length);
            model.push(...part);
          },
      ),
      fc.nat(300).map(
        (length): Act =>
          (bytes, model) => {
            bytes.truncate(length);
            model.length = Math.min(model.length, length);
          },
      ),
      fc.nat(255).map(
        (byte): Act =>
          (bytes, model) => {
            expect(bytes.indexOf(byte)).toBe(model.indexOf(byte));
            if (model.length < 9) return;
            expect(bytes.indexOf(byte, 3, 9)).toBe(model.slice(0, 9).indexOf(byte, 3));
          },
      ),
    );
    fc.assert(
      fc.property(fc.nat(5000), fc.array(act, { maxLength: 40 }), (capacity, acts) => {
        const bytes = new BytesMut(capacity);
        const model: number[] = [];
        for (const each of acts) {
          each(bytes, model);
          expect([...bytes.view()]).toEqual(model);
        }
      }),
    );
  });

  test("more than there is cannot be taken", () => {
    const bytes = BytesMut.from("abc");
    for (const f of [() => bytes.advance(4), () => bytes.splitTo(4), () => bytes.commit(10_000)]) {
      expect(f).toThrow(expect.objectContaining({ code: "ERR_INVALID_DATA" }));
    }
    expect(bytes.text()).toBe("abc");
  });
});
