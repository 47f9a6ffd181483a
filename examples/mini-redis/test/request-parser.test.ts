import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DEFAULT_LIMITS,
  MALFORMED,
  MORE,
  REQUEST,
  type RequestLimits,
  RequestParser,
} from "../src/resp/request-parser.ts";
import { encoded } from "./workbench.ts";

type Parsed = { requests: string[][]; problem: string };

/** Feeds chunks through one shared buffer that is overwritten between them, as other connections do. */
function parse(chunks: readonly Buffer[], limits: RequestLimits = DEFAULT_LIMITS): Parsed {
  const shared = Buffer.alloc(64);
  const parser = new RequestParser(shared, limits);
  const requests: string[][] = [];
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const space = parser.space();
      const count = Math.min(space.length, chunk.length - at);
      chunk.copy(space, 0, at, at + count);
      at += count;
      parser.filled(count);
      for (let outcome = parser.next(); outcome !== MORE; outcome = parser.next()) {
        if (outcome === MALFORMED) return { requests, problem: parser.problem };
        const { request } = parser;
        requests.push(Array.from({ length: request.count }, (_, index) => request.bytesOf(index)));
        // A batch may stop here, for its replies are many.
        if (requests.length % 3 === 0) {
          parser.keep();
          shared.fill(0xee);
        }
      }
      parser.keep();
      shared.fill(0xee);
    }
  }
  return { requests, problem: "" };
}

function cut(wire: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (wire.length + 1)))].sort((a, b) => a - b);
  const chunks: Buffer[] = [];
  let from = 0;
  for (const end of [...ends, wire.length]) {
    if (end > from) chunks.push(wire.subarray(from, end));
    from = end;
  }
  return chunks;
}

/** What Redis' rules say of a whole input, written down as plainly as can be. */
function oracle(wire: string, limits: RequestLimits): Parsed {
  const requests: string[][] = [];
  let rest = wire;
  const bad = (what: string): Parsed => ({ requests, problem: `ERR Protocol error: ${what}` });
  while (rest !== "") {
    if (rest[0] !== "*") {
      const end = rest.indexOf("\n");
      if ((end < 0 ? rest.length : end) > limits.line) return bad("too big inline request");
      if (end < 0) break;
      const words = rest.slice(0, end).replace(/\r$/, "");
      if (/["'\0]/.test(words)) throw new Error("the oracle knows no quotes");
      const found = words.split(/[\t-\r ]+/).filter((word) => word !== "");
      if (found.length > 0) requests.push(found);
      rest = rest.slice(end + 1);
      continue;
    }
    const head = number(rest.slice(1));
    if (head === "cut") break;
    if (head === "bad" || head.value > limits.count) return bad("invalid multibulk length");
    rest = rest.slice(1 + head.size);
    const words: string[] = [];
    let hasAll = true;
    while (words.length < head.value && hasAll) {
      if (rest !== "" && rest[0] !== "$") return bad(`expected '$', got '${rest[0]}'`);
      const length = rest === "" ? "cut" : number(rest.slice(1));
      if (length === "bad") return bad("invalid bulk length");
      if (length === "cut") hasAll = false;
      else if (length.value < 0 || length.value > limits.bulk) return bad("invalid bulk length");
      else {
        const data = rest.slice(1 + length.size);
        hasAll = data.length >= length.value + 2;
        if (hasAll) {
          if (data.slice(length.value, length.value + 2) !== "\r\n") {
            return bad("expected the end of a line after a bulk string");
          }
          words.push(data.slice(0, length.value));
          rest = data.slice(length.value + 2);
        }
      }
    }
    if (!hasAll) break;
    if (words.length > 0) requests.push(words);
  }
  return { requests, problem: "" };
}

function number(text: string): "cut" | "bad" | { value: number; size: number } {
  const whole = /^(0|-?[1-9]\d{0,19})\r\n/.exec(text);
  if (whole !== null) return { value: Number(whole[1]), size: whole[0].length };
  return /^(|-|0\r?|-?[1-9]\d{0,19}\r?)$/.test(text) ? "cut" : "bad";
}

const word = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
const request = fc.array(word, { minLength: 1, maxLength: 8 });
const places = fc.array(fc.nat(), { maxLength: 40 });

describe("RequestParser", () => {
  it("finds the same requests wherever the chunks are cut", () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 6 }), places, (requests, at) => {
        const wire = Buffer.from(requests.map(encoded).join(""), "latin1");
        expect(parse(cut(wire, at))).toEqual({
          requests: requests.map((words) => words.map((one) => one.toString("latin1"))),
          problem: "",
        });
      }),
      { numRuns: 500 },
    );
  });

  it("agrees with the oracle on inputs that are nearly right", () => {
    const limits = { ...DEFAULT_LIMITS, bulk: 50, count: 5, line: 30 };
    const piece = fc.oneof(
      fc.constantFrom(
        "*1\r\n",
        "*2\r\n",
        "$3\r\n",
        "abc\r\n",
        "\r\n",
        "$0\r\n",
        "*-1\r\n",
        "*0\r\n",
      ),
      fc.constantFrom(
        "*",
        "$",
        "\r",
        "\n",
        "-",
        "0",
        "1",
        "9",
        "*6\r\n",
        "$51\r\n",
        "PING x\r\n",
        " ",
      ),
      fc.constantFrom(
        "*01\r\n",
        "$-1\r\n",
        "$007\r\n",
        "*+1\r\n",
        "*1\rx",
        "$1234567890123456789012\r\n",
      ),
      fc.string({
        unit: fc.constantFrom("a", "b", " ", "\t", "*", "$", "\r", "\n"),
        maxLength: 40,
      }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), places, (pieces, at) => {
        const wire = pieces.join("");
        expect(parse(cut(Buffer.from(wire, "latin1"), at), limits)).toEqual(oracle(wire, limits));
      }),
      { numRuns: 5000 },
    );
  });

  it("survives any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), places, (bytes, at) => {
        const wire = Buffer.from(bytes);
        const whole = parse([Buffer.from(wire)]);
        expect(parse(cut(wire, at))).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["set a b", ["set", "a", "b"]],
    ["set \"a b\" 'c d'", ["set", "a b", "c d"]],
    ['"\\x41\\n\\r\\t\\a\\b\\"\\q\\xzz"', ['A\n\r\t\x07\b"qxzz']],
    ["'it\\'s \\n'", ["it's \\n"]],
    ['get ""', ["get", ""]],
    ['foo"bar"', ["foobar"]],
    ["a\0b c", ["a"]],
  ])("splits the line %j as Redis does", (line, words) => {
    const bytes = Buffer.from(`${line}\r\n`, "latin1");
    expect(parse([bytes])).toEqual({ requests: [words], problem: "" });
  });

  it.each(['"a', "'a", '"a"b', "'a'b", '"a\\'])("refuses the quotes of %j", (line) => {
    expect(parse([Buffer.from(`${line}\n`)]).problem).toBe(
      "ERR Protocol error: unbalanced quotes in request",
    );
  });

  it("refuses a request that is larger than the limit, when it is announced or when it has come", () => {
    const limits = { ...DEFAULT_LIMITS, request: 1000 };
    const problem = "ERR Protocol error: too big request, the limit is 1000 bytes";
    expect(parse([Buffer.from("*1\r\n$1001\r\n")], limits).problem).toBe(problem);
    const many = encoded(new Array(200).fill("x"));
    expect(parse([Buffer.from(many)], limits).problem).toBe(problem);
  });

  it("takes memory for what has come, not for what was announced", () => {
    const parser = new RequestParser(Buffer.alloc(64));
    parser.filled(parser.space().write("*1\r\n$60000000\r\nabc"));
    expect(parser.next()).toBe(MORE);
    parser.keep();
    expect(parser.isPartial).toBe(true);
    expect(parser.space().length).toBeLessThan(8192);
  });

  it("goes through thousands of empty requests without going deeper", () => {
    const shared = Buffer.from("*0\r\n\r\n".repeat(50_000));
    const parser = new RequestParser(shared);
    parser.filled(shared.length);
    expect(parser.next()).toBe(MORE);
    parser.keep();
    expect(parser.isPartial).toBe(false);
  });

  it("reads a large argument with few copies", () => {
    const wire = Buffer.from(encoded(["set", "k", "v".repeat(1 << 20)]));
    const parser = new RequestParser(Buffer.alloc(65536));
    let moves = 0;
    let last: ArrayBufferLike | undefined;
    for (let at = 0; at < wire.length; ) {
      const space = parser.space();
      if (space.buffer !== last) moves++;
      last = space.buffer;
      const count = Math.min(space.length, 65536, wire.length - at);
      wire.copy(space, 0, at, at + count);
      parser.filled(count);
      at += count;
      expect(parser.next()).toBe(at === wire.length ? REQUEST : MORE);
      if (at < wire.length) parser.keep();
    }
    expect(parser.request.bytesOf(2).length).toBe(1 << 20);
    expect(moves).toBeLessThanOrEqual(4);
  });
});
