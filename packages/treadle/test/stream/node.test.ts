import { once } from "node:events";
import { createInterface } from "node:readline";
import { Duplex, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import {
  type Async,
  type AsyncReadWrite,
  BufWriter,
  Builder,
  type DuplexStream,
  duplex,
  Joined,
  pollFn,
  readToString,
  ready,
  split,
  toNode,
  writeAll,
} from "treadle";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const build = () => Builder.newCurrentThread().build();
let runtime: ReturnType<typeof build>;

beforeEach(() => {
  runtime = build();
});

afterEach(async () => {
  await runtime[Symbol.asyncDispose]();
});

/** A stream of Node's at one end, the other end as it is. */
function pair(size = 64): [Duplex, DuplexStream] {
  const [near, far] = duplex(size);
  using _guard = runtime.enter();
  return [toNode(near), far];
}

/** Resolves when nothing is left to do for the runtime and Node's streams. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

const b = (text: string): Buffer => Buffer.from(text);

/** Fails at once. */
function failing(read: string, write: string): AsyncReadWrite {
  const fail = (text: string) => () =>
    pollFn<number>(() => {
      throw new Error(text);
    });
  return { read: fail(read), write: fail(write), shutdown: () => ready(undefined) };
}

describe("toNode", () => {
  test("what is written comes out at the other end, and what is read too", async () => {
    const [node, far] = pair();
    node.write("ping");
    await runtime.run(function* () {
      const buf = Buffer.alloc(8);
      expect(yield* far.read(buf)).toBe(4);
      yield* writeAll(far, b("pong"));
    });
    const [chunk] = await once(node, "data");
    expect(String(chunk)).toBe("pong");
    node.destroy();
  });

  test("a megabyte goes through gzip and gunzip by way of small buffers", async () => {
    const bytes = Buffer.alloc(1 << 20, "treadle ");
    const [near, far] = duplex(1000);
    const { from, to } = await runtime.run(async () => ({ from: toNode(near), to: toNode(far) }));
    const out: Buffer[] = [];
    const sent = pipeline(Readable.from([bytes]), createGzip({ level: 0 }), from);
    const received = pipeline(to, createGunzip(), async (source) => {
      for await (const chunk of source) out.push(chunk as Buffer);
    });
    from.resume();
    to.end();
    await Promise.all([sent, received]);
    expect(Buffer.concat(out).equals(bytes)).toBe(true);
  });

  test("readline finds its lines", async () => {
    const [node, far] = pair(5);
    runtime.spawn(writeAndClose, far, "one\ntwo\r\nthree");
    const lines: string[] = [];
    for await (const line of createInterface({ input: node })) lines.push(line);
    expect(lines).toEqual(["one", "two", "three"]);
  });

  test("a writer is told to wait, and told when there is room", async () => {
    const [node, far] = pair(10);
    let isFree = true;
    let written = 0;
    while (isFree) {
      isFree = node.write(Buffer.alloc(1000));
      written += 1000;
    }
    await settle();
    expect(node.writableNeedDrain).toBe(true);
    const drained = once(node, "drain");
    const reader = runtime.run(readToString(far));
    await drained;
    node.end();
    expect((await reader).length).toBe(written);
  });

  test("nothing is read that nobody takes", async () => {
    const [near, far] = duplex(10);
    using guard = runtime.enter();
    const node = toNode(near, { readableHighWaterMark: 10 });
    guard[Symbol.dispose]();
    let sent = 0;
    const writer = runtime.spawn(function* () {
      for (;;) sent += yield* far.write(Buffer.alloc(10));
    });
    node.once("readable", () => {});
    await settle();
    expect(sent).toBeLessThanOrEqual(30);
    const before = sent;
    await settle();
    expect(sent).toBe(before);
    node.destroy();
    await expect(writer).rejects.toMatchObject({ code: "EPIPE" });
  });

  test("end() closes one direction, and the other goes on", async () => {
    const [node, far] = pair();
    node.end("request");
    expect(await runtime.run(readToString(far))).toBe("request");
    expect(node.destroyed).toBe(false);
    await runtime.run(writeAll(far, b("answer")));
    await runtime.run(far.shutdown());
    const chunks: string[] = [];
    for await (const chunk of node) chunks.push(String(chunk));
    expect(chunks.join("")).toBe("answer");
    await settle();
    expect(node.destroyed).toBe(true);
  });

  test("the end of the other side does not end the writing direction", async () => {
    const [node, far] = pair();
    await runtime.run(far.shutdown());
    node.resume();
    await once(node, "end");
    node.end("still");
    expect(await runtime.run(readToString(far))).toBe("still");
  });

  test("destroy() drops a read and a write that wait, and closes the stream", async () => {
    const [node, far] = pair(4);
    node.write(Buffer.alloc(100));
    node.resume();
    await settle();
    node.destroy(new Error("enough"));
    const [error] = await once(node, "error");
    expect(error.message).toBe("enough");
    await expect(runtime.run(writeAll(far, b("x")))).rejects.toMatchObject({ code: "EPIPE" });
    expect(runtime.metrics().numAliveTasks()).toBe(0);
  });

  test("destroy() drops what is under way also where there is nothing to close", async () => {
    const [near, far] = duplex(1);
    const [reader] = split(near);
    const [, writer] = split(far);
    const guard = runtime.enter();
    const streams = [toNode(reader), toNode(new Joined(reader, near)), toNode(writer)] as const;
    guard[Symbol.dispose]();
    streams[0].resume();
    streams[1].write("more than fits");
    await settle();
    expect(runtime.metrics().numAliveTasks()).toBe(2);
    for (const each of streams) each.destroy();
    await settle();
    expect(runtime.metrics().numAliveTasks()).toBe(0);
  });

  test("a failure of the stream is emitted, and the stream closed", async () => {
    const [node, far] = pair(4);
    far.close();
    node.write("x");
    const [error] = await once(node, "error");
    expect(error).toMatchObject({ code: "EPIPE" });
    expect(node.destroyed).toBe(true);

    using guard = runtime.enter();
    const broken = toNode(failing("broken", "broken"));
    guard[Symbol.dispose]();
    broken.resume();
    expect((await once(broken, "error"))[0].message).toBe("broken");
  });

  test("a source alone is a Readable, a sink alone a Writable", async () => {
    using guard = runtime.enter();
    const [near, far] = duplex(16);
    const readable = toNode({ read: (buf: Uint8Array) => far.read(buf) });
    const writable = toNode({
      write: (buf: Uint8Array) => near.write(buf),
      shutdown: () => near.shutdown(),
    });
    guard[Symbol.dispose]();
    expect(readable).toBeInstanceOf(Readable);
    expect([
      readable instanceof Duplex && readable.writable,
      (writable as Duplex).readable,
    ]).toEqual([false, false]);
    expect(writable).toBeInstanceOf(Writable);
    writable.end("alone");
    const chunks: string[] = [];
    for await (const chunk of readable) chunks.push(String(chunk));
    expect(chunks.join("")).toBe("alone");
  });

  test("what a buffered sink holds back is flushed", async () => {
    const [near, far] = duplex(64);
    using guard = runtime.enter();
    const node = toNode(new BufWriter(near, 1000));
    guard[Symbol.dispose]();
    node.write("now");
    const buf = Buffer.alloc(8);
    expect(await runtime.run(far.read(buf))).toBe(3);
    node.destroy();
  });

  test("outside a runtime it says so", () => {
    expect(() => toNode(duplex(1)[0])).toThrow(expect.objectContaining({ code: "ERR_NO_RUNTIME" }));
  });
});

function* writeAndClose(stream: DuplexStream, text: string): Async<void> {
  yield* writeAll(stream, b(text));
  stream.close();
}
