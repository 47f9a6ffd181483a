/** What streams say to arguments that are none. */
import {
  BufReader,
  BufWriter,
  copy,
  copyBidirectional,
  duplex,
  Framed,
  LinesCodec,
  lines,
  toNode,
  toWeb,
} from "@treadle/net";
import { expect, test } from "vitest";

const none = null as never;
const [stream] = duplex(16);

test.each<[string, () => unknown, RegExp]>([
  [
    "copy without a source",
    () => copy(none, stream),
    /the source of a copy.*something to read from/,
  ],
  ["copy without a sink", () => copy(stream, none), /the sink of a copy.*something to write to/],
  [
    "copyBidirectional with one stream",
    () => copyBidirectional(stream, undefined as never),
    /a copy/,
  ],
  ["toWeb of nothing", () => toWeb(none), /the stream of toWeb\(\)/],
  ["toNode of a number", () => toNode(5 as never), /the stream of toNode\(\)/],
  ["lines of nothing", () => lines(none), /the source of BufReader/],
  ["a reader of nothing", () => new BufReader(none), /the source of BufReader/],
  ["a writer of nothing", () => new BufWriter(none), /the sink of BufWriter/],
  ["a frame without a codec", () => new Framed(stream, none), /the decoder of FramedRead/],
  ["a frame of nothing", () => new Framed(none, new LinesCodec()), /the source of FramedRead/],
])("%s is refused at once, with the argument's name", (_, call, text) => {
  expect(call).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
  expect(call).toThrow(text);
});
