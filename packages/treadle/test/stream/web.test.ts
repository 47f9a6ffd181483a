import {
  type AsyncReadWrite,
  BufWriter,
  Builder,
  type DuplexStream,
  duplex,
  Joined,
  pollFn,
  readToString,
  ready,
  toWeb,
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

function pair(size = 64, options = {}): [ReturnType<typeof toWeb>, DuplexStream] {
  const [near, far] = duplex(size);
  using _guard = runtime.enter();
  return [toWeb(near, options), far];
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

const s = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const b = (text: string): Buffer => Buffer.from(text);

/** Fails at once. */
function failing(read: string, write: string): AsyncReadWrite {
  const fail = (text: string) => () =>
    pollFn<number>(() => {
      throw new Error(text);
    });
  return { read: fail(read), write: fail(write), shutdown: () => ready(undefined) };
}

describe("toWeb", () => {
  test("bytes are read straight into the buffer of a BYOB reader", async () => {
    const [{ readable }, far] = pair();
    await runtime.run(writeAll(far, b("hello")));
    const reader = readable.getReader({ mode: "byob" });
    const memory = new Uint8Array(16).buffer;
    const first = await reader.read(new Uint8Array(memory, 4, 3));
    expect(s(first.value as Uint8Array)).toBe("hel");
    expect(first.value?.byteOffset).toBe(4);
    const second = await reader.read(new Uint8Array(first.value?.buffer as ArrayBuffer, 8, 8));
    expect(s(second.value as Uint8Array)).toBe("lo");
    far.close();
    expect((await reader.read(new Uint8Array(8))).done).toBe(true);
  });

  test("a reader without a buffer is given one of chunkSize bytes", async () => {
    const [{ readable }, far] = pair(64, { chunkSize: 4 });
    await runtime.run(writeAll(far, b("hello")));
    far.close();
    const chunks: string[] = [];
    for await (const chunk of readable) chunks.push(s(chunk));
    expect(chunks).toEqual(["hell", "o"]);
  });

  test("nothing is read before somebody asks", async () => {
    const [{ readable }, far] = pair(4);
    await runtime.run(writeAll(far, b("full")));
    const writes = runtime.run(writeAll(far, b("more")));
    await settle();
    expect(runtime.metrics().numAliveTasks()).toBe(0);
    const reader = readable.getReader();
    expect(s((await reader.read()).value as Uint8Array)).toBe("full");
    await writes;
    await reader.cancel();
  });

  test("ready tells a writer when there is room", async () => {
    const [{ writable }, far] = pair(4);
    const writer = writable.getWriter();
    void writer.write(Buffer.alloc(10));
    await settle();
    expect(writer.desiredSize).toBe(0);
    let isReady = false;
    void writer.ready.then(() => {
      isReady = true;
    });
    await settle();
    expect(isReady).toBe(false);
    const reads = runtime.run(readToString(far));
    await writer.ready;
    await writer.close();
    expect((await reads).length).toBe(10);
  });

  test("close() ends one direction, and the stream is closed when the other has ended", async () => {
    const [near, far] = duplex(64);
    const { readable, writable } = await runtime.run(async () => toWeb(near));
    const writer = writable.getWriter();
    await writer.write(new Uint16Array([0x6968]));
    await writer.write(new Uint8Array([33]).buffer as ArrayBuffer);
    await writer.close();
    expect(await runtime.run(readToString(far))).toBe("hi!");
    await runtime.run(writeAll(far, b("answer")));
    await runtime.run(far.shutdown());
    expect(await new Response(readable as never).text()).toBe("answer");
    expect(() => near.read(Buffer.alloc(1))).toThrow(
      expect.objectContaining({ code: "ERR_IO_CLOSED" }),
    );
  });

  test("cancel() drops a read that waits; writing goes on", async () => {
    const [{ readable, writable }, far] = pair();
    const reader = readable.getReader();
    const read = reader.read();
    await settle();
    expect(runtime.metrics().numAliveTasks()).toBe(1);
    await reader.cancel();
    expect((await read).done).toBe(true);
    expect(runtime.metrics().numAliveTasks()).toBe(0);
    const writer = writable.getWriter();
    await writer.write(b("still"));
    await writer.close();
    expect(await runtime.run(readToString(far))).toBe("still");
  });

  test("abort() drops a write that waits and closes the stream; the readable fails with the reason", async () => {
    const [{ readable, writable }, far] = pair(4);
    const writer = writable.getWriter();
    const write = writer.write(Buffer.alloc(100));
    const read = readable.getReader().read();
    write.catch(() => {});
    read.catch(() => {});
    await settle();
    await writer.abort(new Error("enough"));
    await expect(read).rejects.toThrow("enough");
    await expect(write).rejects.toThrow();
    await expect(runtime.run(far.write(b("x")))).rejects.toMatchObject({ code: "EPIPE" });
    expect(runtime.metrics().numAliveTasks()).toBe(0);
  });

  test("failures reach the reader and the writer", async () => {
    using guard = runtime.enter();
    const { readable, writable } = toWeb(failing("no reading", "no writing"));
    guard[Symbol.dispose]();
    await expect(readable.getReader().read()).rejects.toThrow("no reading");
    await expect(writable.getWriter().write(b("x"))).rejects.toThrow("no writing");
  });

  test("what is not bytes is refused", async () => {
    const [{ writable }] = pair();
    await expect(writable.getWriter().write("text" as never)).rejects.toMatchObject({
      code: "ERR_INVALID_ARG",
    });
  });

  test("what a buffered sink holds back is flushed", async () => {
    const [near, far] = duplex(64);
    using guard = runtime.enter();
    const { writable } = toWeb(new Joined(far, new BufWriter(near, 1000)));
    guard[Symbol.dispose]();
    await writable.getWriter().write(b("now"));
    const buf = Buffer.alloc(8);
    expect(await runtime.run(far.read(buf))).toBe(3);
  });

  test("outside a runtime it says so", () => {
    expect(() => toWeb(duplex(1)[0])).toThrow(expect.objectContaining({ code: "ERR_NO_RUNTIME" }));
  });
});
