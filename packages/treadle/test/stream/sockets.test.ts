import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import {
  type Async,
  type AsyncRead,
  type AsyncReadWrite,
  type AsyncWrite,
  BufReader,
  BufWriter,
  Builder,
  copy,
  copyBidirectional,
  Framed,
  fn,
  join,
  LengthDelimitedCodec,
  lines,
  pipe,
  readToEnd,
  readToString,
  spawn,
  TcpListener,
  TcpStream,
  toNode,
  UnixStream,
  writeAll,
} from "treadle";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const build = () => Builder.newCurrentThread().enableIo().build();
let runtime: ReturnType<typeof build>;

beforeEach(() => {
  runtime = build();
});

afterEach(async () => {
  await runtime[Symbol.asyncDispose]();
});

/** Two connected sockets. */
const connected = fn(function* connected(): Async<[TcpStream, TcpStream]> {
  using listener = yield* TcpListener.bind("127.0.0.1:0");
  const [client, accepted] = yield* join(
    TcpStream.connect(listener.localAddr()),
    listener.accept(),
  );
  return [client, accepted[0]];
});

describe("sockets and pipes", () => {
  test("are sources and sinks by their types", () => {
    const check = (tcp: TcpStream, unix: UnixStream): AsyncReadWrite[] => [tcp, unix];
    const halves = (tcp: TcpStream): [AsyncRead, AsyncWrite][] => [tcp.split(), tcp.intoSplit()];
    const ends = (made: ReturnType<typeof pipe>): [AsyncWrite, AsyncRead] => made;
    expect([check, halves, ends].length).toBe(3);
  });

  test("carry frames and lines, in blockOn", () => {
    const sizes = [0, 1, 70_000, 1 << 20];
    const found = runtime.blockOn(function* () {
      const [near, far] = yield* connected();
      spawn(function* () {
        const framed = new Framed(near, new LengthDelimitedCodec());
        for (const size of sizes) yield* framed.feed(new Uint8Array(size));
        yield* framed.close();
      });
      const framed = new Framed(far, new LengthDelimitedCodec());
      const all: number[] = [];
      for (let each = yield* framed.next(); each !== undefined; each = yield* framed.next()) {
        all.push(each.length);
      }
      near.close();
      far.close();
      return all;
    });
    expect(found).toEqual(sizes);
  });

  test("are copied into each other by a proxy, each end half-closed in its turn", () => {
    const found = runtime.blockOn(function* () {
      const [client, front] = yield* connected();
      const [back, server] = yield* connected();
      const proxy = spawn(copyBidirectional(front, back));
      const serve = spawn(function* () {
        const request = yield* readToEnd(server);
        yield* writeAll(server, request);
        yield* server.shutdown();
        return request.length;
      });
      const answer = spawn(readToEnd(client));
      yield* writeAll(client, new Uint8Array(3_000_000));
      yield* client.shutdown();
      return [yield* serve, (yield* answer).length, yield* proxy];
    });
    expect(found).toEqual([3_000_000, 3_000_000, [3_000_000, 3_000_000]]);
  });

  test("a pipe is copied into a socket through buffers", () => {
    const text = runtime.blockOn(function* () {
      const [near, far] = yield* connected();
      const [sender, receiver] = pipe();
      spawn(function* () {
        const writer = new BufWriter(sender, 7);
        for (let i = 0; i < 100; i++) yield* writeAll(writer, Buffer.from(`line ${i}\n`));
        yield* writer.shutdown();
      });
      spawn(function* () {
        yield* copy(new BufReader(receiver), near);
        near.close();
      });
      const found: string[] = [];
      const source = lines(far);
      for (
        let line = yield* source.nextLine();
        line !== undefined;
        line = yield* source.nextLine()
      ) {
        found.push(line);
      }
      return found;
    });
    expect([text.length, text[99]]).toEqual([100, "line 99"]);
  });

  test("toNode() belongs to the socket's runtime, also when called outside of it", async () => {
    const [near, far] = await runtime.run(connected());
    const bytes = Buffer.alloc(1 << 20, "treadle ");
    const out: Buffer[] = [];
    const to = far.toNode();
    const sent = pipeline(
      async function* () {
        yield bytes;
      },
      createGzip({ level: 0 }),
      near.toNode(),
    );
    to.end();
    await Promise.all([
      sent,
      pipeline(to, createGunzip(), async (source) => {
        for await (const chunk of source) out.push(chunk as Buffer);
      }),
    ]);
    expect(Buffer.concat(out).equals(bytes)).toBe(true);
  });

  test("a closed peer ends a stream of Node's, and a reset is its error", async () => {
    const [near, far] = await runtime.run(connected());
    far.setLinger(0);
    const node = near.toNode();
    const failed = new Promise<Error>((resolve) => node.once("error", resolve));
    node.resume();
    far.close();
    expect(await failed).toMatchObject({ code: "ECONNRESET" });
    expect([node.destroyed, near.fd]).toEqual([true, -1]);
  });

  test("toWeb() reads into the caller's buffer, and closes the socket when both directions are over", async () => {
    const [near, far] = await runtime.run(connected());
    const { readable, writable } = near.toWeb();
    const writer = writable.getWriter();
    await writer.write(Buffer.from("request"));
    await writer.close();
    expect(await runtime.run(readToString(far))).toBe("request");
    await runtime.run(writeAll(far, Buffer.from("answer")));
    far.close();
    const reader = readable.getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(100));
    expect(Buffer.from(value as Uint8Array).toString()).toBe("answer");
    expect((await reader.read(new Uint8Array(100))).done).toBe(true);
    expect(near.fd).toBe(-1);
  });

  test("a unix socket and the ends of a pipe are streams of Node's too", async () => {
    await runtime.run(async () => {
      const [near, far] = UnixStream.pair();
      near.toNode().end("one\ntwo");
      const found: string[] = [];
      for await (const line of createInterface({ input: far.toNode() })) found.push(line);
      expect(found).toEqual(["one", "two"]);
      const [sender, receiver] = pipe();
      toNode(sender).end("piped");
      const chunks: string[] = [];
      for await (const chunk of toNode(receiver)) chunks.push(String(chunk));
      expect(chunks.join("")).toBe("piped");
    });
  });
});
