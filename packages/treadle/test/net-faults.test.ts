import { execFileSync } from "node:child_process";
import { closeSync, readdirSync } from "node:fs";
import { binding } from "@treadle/io";
import {
  type Async,
  fn,
  join,
  select,
  sleep,
  spawn,
  TcpListener,
  TcpStream,
  UdpSocket,
  UnixListener,
  UnixStream,
  yieldNow,
} from "treadle";
import { describe, expect, test } from "vitest";
import { Hand } from "../../../tools/test-hand.ts";
import { child } from "./support/child.ts";
import { ioRuntime, onEachSelector } from "./support/io.ts";
import {
  bytesOf,
  Folder,
  inBoth,
  pendingHand,
  tcpStreams,
  textOf,
  woken,
  writeUntilPending,
} from "./support/net.ts";
import { thrownBy } from "./support/runtimes.ts";

const linux = process.platform === "linux";

function openDescriptors(): number {
  return readdirSync(linux ? "/proc/self/fd" : "/dev/fd").length;
}

/** Polls a future to its end, and answers the code of its error. */
const codeOf = fn(function* codeOf(future: Iterator<unknown>) {
  try {
    yield* { [Symbol.iterator]: () => future as Iterator<never, unknown, void> };
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
});

onEachSelector(() => {
  describe("a peer that fails", () => {
    test("resets the connection in the middle of a write: the write fails, no signal ends the process", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        writeUntilPending(client);
        const writing = pendingHand(client.writeAll(new Uint8Array(1 << 20)));
        server.setLinger(0);
        server.close();
        yield* woken(writing);
        writing.poll();
        expect(["ECONNRESET", "EPIPE"]).toContain((writing.error as { code: string }).code);
        expect(yield* codeOf(client.write(bytesOf("x")))).toBe("EPIPE");
        expect(writing.error).toMatchObject({ syscall: "write", name: "IoError" });
        client.close();
      }));

    test("resets the connection while it is read from", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        const reading = pendingHand(client.read(new Uint8Array(1)));
        server.setLinger(0);
        server.close();
        yield* woken(reading);
        reading.poll();
        expect(reading.error).toMatchObject({ code: "ECONNRESET", syscall: "read" });
        client.close();
      }));

    test("ends its side before a buffer is filled: readExact says how far it came", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        yield* server.writeAll(bytesOf("abc"));
        server.close();
        const reading = yield* spawn(function* () {
          yield* client.readExact(new Uint8Array(8));
        }).outcome();
        expect(reading).toMatchObject({
          status: "failed",
          error: { code: "ERR_UNEXPECTED_EOF", message: expect.stringContaining("3 of 8") },
        });
        client.close();
      }));

    test("takes what the other half-open side still writes after its own end", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        yield* client.shutdown();
        expect(yield* server.read(new Uint8Array(1))).toBe(0);
        expect(yield* server.read(new Uint8Array(1))).toBe(0);
        yield* server.writeAll(bytesOf("late"));
        const bytes = new Uint8Array(8);
        expect(textOf(bytes, yield* client.read(bytes))).toBe("late");
        expect(yield* codeOf(client.write(bytes))).toBe("EPIPE");
        client.close();
        server.close();
      }));

    test("is not there: the error names the address", () =>
      inBoth(function* (): Async<void> {
        const listener = yield* TcpListener.bind("127.0.0.1:0");
        const { port } = listener.localAddr();
        listener.close();
        const outcome = yield* spawn(TcpStream.connect({ host: "localhost", port })).outcome();
        expect(outcome).toMatchObject({
          status: "failed",
          error: { code: "ECONNREFUSED", syscall: "connect", address: "127.0.0.1", port },
        });
      }));
  });

  test("64 MiB go through a slow reader in partial writes, with nothing gathered in memory", () => {
    const rt = ioRuntime();
    const size = 64 << 20;
    const [written, read, grown] = rt.blockOn(function* () {
      const [client, server] = yield* tcpStreams();
      const data = new Uint8Array(size);
      for (let i = 0; i < size; i += 4_096) data[i] = i >> 12;
      const before = process.memoryUsage.rss();
      let most = 0;
      const writer = spawn(function* () {
        yield* client.writeAll(data);
        yield* client.shutdown();
        return size;
      });
      const bytes = new Uint8Array(50_000);
      let total = 0;
      for (;;) {
        const count = yield* server.read(bytes);
        if (count === 0) break;
        const first = Math.ceil(total / 4_096) * 4_096;
        if (first < total + count) expect(bytes[first - total]).toBe((first >> 12) & 255);
        total += count;
        if (total % 64 === 0) yield* yieldNow();
        most = Math.max(most, process.memoryUsage.rss() - before);
      }
      const sent = yield* writer;
      client.close();
      server.close();
      return [sent, total, most];
    });
    expect([written, read]).toEqual([size, size]);
    expect(grown).toBeLessThan(32 << 20);
    rt.shutdownBackground();
  });

  test("urgent data that cuts a read short does not stop the reader", () =>
    inBoth(function* (): Async<void> {
      if (!linux) return;
      const [client, server] = yield* tcpStreams();
      const { MSG_OOB } = binding().constants;
      yield* client.writeAll(bytesOf("ab"));
      binding().send(client.fd, bytesOf("!"), MSG_OOB);
      yield* client.writeAll(bytesOf("cd"));
      yield* sleep(5);
      const bytes = new Uint8Array(64);
      let text = "";
      while (text.length < 4) text += textOf(bytes, yield* server.read(bytes));
      expect(text).toBe("abcd");
      client.close();
      server.close();
    }));

  describe("closing", () => {
    test("fails who waits and who comes later, once and for all", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        using listener = yield* TcpListener.bind("127.0.0.1:0");
        const socket = yield* UdpSocket.bind("127.0.0.1:0");
        const accepting = listener.accept();
        writeUntilPending(client);
        const hands = [
          pendingHand(client.read(new Uint8Array(1))),
          pendingHand(client.readable()),
          pendingHand(client.write(new Uint8Array(1))),
          pendingHand(listener.accept()),
          pendingHand(socket.recvFrom(new Uint8Array(1))),
        ];
        for (const each of [client, listener, socket]) {
          each.close();
          each.close();
          expect([each.fd, each.closed]).toEqual([-1, true]);
        }
        for (const hand of hands) {
          expect(hand.wakes).toBe(1);
          hand.poll();
          expect(hand.error).toMatchObject({ code: "ERR_IO_CLOSED" });
        }
        expect(yield* codeOf(accepting)).toBe("ERR_IO_CLOSED");
        expect(yield* codeOf(client.writeAll(new Uint8Array(1)))).toBe("ERR_IO_CLOSED");
        for (const call of [
          () => client.tryRead(new Uint8Array(1)),
          () => client.localAddr(),
          () => client.setNodelay(true),
          () => client.intoFd(),
          () => socket.trySend(new Uint8Array(1)),
        ]) {
          expect(thrownBy(call).code).toBe("ERR_IO_CLOSED");
        }
        server.close();
      }));

    test("never closes a number that somebody else has by now", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        const waiting = pendingHand(server.read(new Uint8Array(1)));
        const { fd } = server;
        closeSync(fd);
        const [a, b] = UnixStream.pair();
        const reused = a.fd === fd ? a : b;
        expect(reused.fd).toBe(fd);
        server.close();
        waiting.poll();
        expect(waiting.error).toMatchObject({ code: "ERR_IO_CLOSED" });
        yield* a.writeAll(bytesOf("alive"));
        expect(yield* b.readExact(new Uint8Array(5))).toBe(5);
        for (const each of [a, b, client]) each.close();
      }));

    test("a descriptor that was closed behind its back fails with EBADF", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        closeSync(client.fd);
        expect(yield* codeOf(client.read(new Uint8Array(1)))).toBe("EBADF");
        expect(yield* codeOf(client.write(new Uint8Array(1)))).toBe("EBADF");
        client.close();
        server.close();
      }));

    test("removes the file of a unix listener, but not one that has taken its place", () =>
      inBoth(function* (): Async<void> {
        using folder = new Folder();
        const path = folder.file("s");
        const first = UnixListener.bind(path);
        expect(thrownBy(() => UnixListener.bind(path))).toMatchObject({
          code: "EADDRINUSE",
          address: path,
        });
        execFileSync("rm", [path]);
        using second = UnixListener.bind(path);
        first.close();
        using client = yield* UnixStream.connect(path);
        expect(client.closed || second.closed).toBe(false);
      }));

    test("leaves the file if it is told to", () => {
      using folder = new Folder();
      const rt = ioRuntime();
      const path = folder.file("s");
      rt.blockOn(function* () {
        UnixListener.bind(path, { unlinkOnClose: false }).close();
        yield* yieldNow();
      });
      expect(readdirSync(path.slice(0, -2))).toEqual(["s"]);
      rt.shutdownBackground();
    });
  });

  test("dropping an operation leaves nothing behind: what it waited for goes to the next", () =>
    inBoth(function* (): Async<void> {
      const [client, server] = yield* tcpStreams();
      const bytes = new Uint8Array(8);
      for (let i = 0; i < 3; i++) {
        const got = yield* select({ read: server.read(bytes), late: sleep(1) });
        expect(got.key).toBe("late");
      }
      yield* client.writeAll(bytesOf("kept"));
      expect(yield* server.readExact(bytes.subarray(0, 4))).toBe(4);
      using listener = yield* TcpListener.bind("127.0.0.1:0");
      const before = openDescriptors();
      const connecting = new Hand(TcpStream.connect(listener.localAddr()));
      connecting.poll();
      connecting.drop();
      expect(openDescriptors()).toBe(before);
      client.close();
      server.close();
    }));

  test("part of a buffer is read into and written from, without a view of it", () =>
    inBoth(function* (): Async<void> {
      const [client, server] = yield* tcpStreams();
      const bytes = new Uint8Array(10).fill(120);
      yield* client.writeAll(bytesOf("0123456789"), 2, 8);
      expect(yield* client.write(bytesOf("abc"), 1)).toBe(2);
      expect(yield* server.readExact(bytes, 1, 7)).toBe(6);
      expect(yield* server.read(bytes, 8)).toBe(2);
      expect(textOf(bytes)).toBe("x234567xbc");
      expect(yield* server.read(bytes, 4, 4)).toBe(0);
      for (const [start, end] of [
        [-1, 2],
        [3, 2],
        [0, 11],
        [0.5, 2],
        [Number.NaN, 2],
      ]) {
        expect(thrownBy(() => client.write(bytes, start, end)).code).toBe("ERR_INVALID_ARG");
      }
      client.close();
      server.close();
    }));

  test("two readers share a stream: all are woken, each byte goes to one", () =>
    inBoth(function* (): Async<void> {
      const [client, server] = yield* tcpStreams();
      const read = function* () {
        const bytes = new Uint8Array(1);
        yield* server.readExact(bytes);
        return bytes[0];
      };
      const readers = [spawn(read), spawn(read), spawn(read)];
      yield* yieldNow();
      yield* client.writeAll(Uint8Array.of(1, 2, 3));
      const got = [yield* readers[0]!, yield* readers[1]!, yield* readers[2]!];
      expect(got.sort()).toEqual([1, 2, 3]);
      client.close();
      server.close();
    }));
});

test("await works on every operation, each time anew", async () => {
  const rt = ioRuntime();
  await rt.run(async () => {
    using listener = await TcpListener.bind("127.0.0.1:0");
    const [client, [server]] = await join(
      TcpStream.connect(listener.localAddr()),
      listener.accept(),
    );
    const bytes = new Uint8Array(8);
    for (const text of ["one", "two", "three"]) {
      await client.writeAll(bytesOf(text));
      expect(textOf(bytes, await server.read(bytes))).toBe(text);
    }
    setTimeout(() => listener.close(), 1);
    for await (const _ of listener) throw new Error("nobody connects");
    client.close();
    server.close();
  });
  rt.shutdownBackground();
});

test("10 000 connections are opened and closed, and no descriptor is left", () => {
  const rt = ioRuntime();
  const before = openDescriptors();
  const count = 10_000;
  rt.blockOn(function* () {
    using listener = yield* TcpListener.bind("127.0.0.1:0");
    const address = listener.localAddr();
    const server = spawn(function* () {
      const bytes = new Uint8Array(1);
      for (let i = 0; i < count; i++) {
        const [stream] = yield* listener.accept();
        yield* stream.read(bytes);
        yield* stream.write(bytes);
        stream.close();
      }
    });
    const bytes = new Uint8Array(1);
    for (let i = 0; i < count; i++) {
      const stream = yield* TcpStream.connect(address);
      stream.setLinger(0);
      yield* stream.write(bytes);
      yield* stream.read(bytes);
      stream.close();
    }
    yield* server;
  });
  const metrics = rt.metrics();
  expect(metrics.ioDriverFdRegisteredCount()).toBe(2 * count + 1);
  expect(metrics.ioDriverFdDeregisteredCount()).toBe(2 * count + 1);
  rt.shutdownBackground();
  expect(openDescriptors()).toBeLessThanOrEqual(before);
}, 120_000);

test("with no descriptors left accepting waits without spinning, and goes on when there are some", () => {
  const ended = child(
    `
    import { openSync, closeSync } from "node:fs";
    import { Builder, sleep, spawn, TcpListener, TcpSocket } from "treadle";
    const rt = Builder.newCurrentThread().enableAll().build();
    rt.blockOn(function* () {
      const listener = yield* TcpListener.bind("127.0.0.1:0");
      const socket = TcpSocket.newV4();
      const connecting = socket.connect(listener.localAddr());
      const client = yield* connecting;
      const taken = [];
      try { for (;;) taken.push(openSync("/dev/null")); } catch (error) { console.log(error.code); }
      let accepted = false;
      const task = spawn(function* () { const [stream] = yield* listener.accept(); accepted = true; stream.close(); });
      const before = process.cpuUsage();
      yield* sleep(300);
      const { user, system } = process.cpuUsage(before);
      console.log(accepted, user + system < 150_000);
      for (const fd of taken) closeSync(fd);
      yield* task;
      console.log(accepted);
      client.close(); listener.close();
    });
    `,
    { limit: 64 },
  );
  expect(ended).toMatchObject({ code: 0, out: ["EMFILE", "false true", "true"] });
});
