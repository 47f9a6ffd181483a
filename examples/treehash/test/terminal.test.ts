import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Terminal } from "../src/terminal.ts";

function terminal(columns: number): { terminal: Terminal; written: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns });
  const written = (): string => ((stream.read() as Buffer | null) ?? "").toString();
  return { terminal: new Terminal(stream as unknown as NodeJS.WriteStream), written };
}

const CLEAR = "\r\x1b[K";

test("a live line is cut to the terminal, takes the place of the last one and can be cleared", () => {
  const { terminal: t, written } = terminal(10);
  t.show("short");
  t.show("much too long");
  t.clear();
  t.clear();
  expect(written()).toBe(`${CLEAR}short${CLEAR}…too long${CLEAR}`);
});

test("a report stands above the live line", () => {
  const { terminal: t, written } = terminal(80);
  t.report("first");
  t.show("live");
  t.report("second");
  expect(written()).toBe(`treehash: first\n${CLEAR}live${CLEAR}treehash: second\nlive`);
});

test("a terminal that has gone is no error", () => {
  const stream = new PassThrough();
  const gone = new Terminal(stream as unknown as NodeJS.WriteStream);
  expect(gone.isLive).toBe(false);
  expect(stream.emit("error", new Error("EPIPE"))).toBe(true);
});
