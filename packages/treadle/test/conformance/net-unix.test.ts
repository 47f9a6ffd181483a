import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, writeFileSync } from "node:fs";
import {
  type Async,
  fn,
  Interest,
  join,
  lookupHost,
  PipeReceiver,
  PipeSender,
  pipe,
  readToString,
  SocketAddr,
  spawn,
  sys,
  TcpListener,
  TcpStream,
  UdpSocket,
  UnixDatagram,
  UnixListener,
  UnixSocket,
  UnixStream,
  WOULD_BLOCK,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { Hand } from "../../../../tools/test-hand.ts";
import { conforms } from "../support/conforms.ts";
import { onEachSelector } from "../support/io.ts";
import {
  bytesOf,
  Folder,
  inBoth,
  pendingHand,
  readUntilPending,
  textOf,
  woken,
  writeUntilPending,
} from "../support/net.ts";
import { thrownBy } from "../support/runtimes.ts";

const linux = process.platform === "linux";

function makeFifo(path: string): string {
  execFileSync("mkfifo", [path]);
  return path;
}

const fillAndEmpty = fn(function* fillAndEmpty(
  writer: Pick<UnixStream, "tryWrite" | "writable">,
  reader: Pick<UnixStream, "tryRead" | "readable">,
) {
  const written = writeUntilPending(writer, 4_000);
  const writable = pendingHand(writer.writable());
  for (let read = 0; read < written; ) {
    yield* reader.readable();
    read += readUntilPending(reader);
  }
  yield* woken(writable);
  writable.drop();
});

onEachSelector(() => {
  describe("unix streams", () => {
    conforms(
      ["uds_stream::accept_read_write", "uds_stream::accept_read_write_socketaddr"],
      "connect to a path, carry bytes and end",
      () =>
        inBoth(function* (): Async<void> {
          using folder = new Folder();
          const path = folder.file("connect.sock");
          using listener = UnixListener.bind(path);
          expect(listener.localAddr().path).toBe(path);
          const [client, [server, peer]] = yield* join(UnixStream.connect(path), listener.accept());
          expect([peer.isUnnamed(), client.peerAddr().path]).toEqual([true, path]);
          yield* client.writeAll(bytesOf("hello"));
          client.close();
          expect(yield* readToString(server)).toBe("hello");
          expect(yield* server.read(new Uint8Array(1))).toBe(0);
          server.close();
        }),
    );

    conforms("uds_stream::shutdown", "read to the end after the other side's shutdown", () =>
      inBoth(function* (): Async<void> {
        const [a, b] = UnixStream.pair();
        using _a = a;
        using _b = b;
        const reading = pendingHand(b.read(new Uint8Array(1)));
        yield* a.shutdown();
        yield* woken(reading);
        reading.poll();
        expect(reading.value).toBe(0);
      }),
    );

    conforms(
      [
        "uds_stream::try_read_write",
        "uds_stream::try_read_buf",
        "uds_stream::poll_read_ready",
        "uds_stream::poll_write_ready",
      ],
      "are readable and writable as they fill and empty, and say when the other side has gone",
      () =>
        inBoth(function* (): Async<void> {
          const [a, b] = UnixStream.pair();
          using _ = b;
          const readable = pendingHand(b.readable());
          yield* a.writable();
          yield* fillAndEmpty(a, b);
          yield* woken(readable);
          readable.drop();
          expect(b.tryRead(new Uint8Array(1))).toBe(WOULD_BLOCK);
          a.close();
          while (!(yield* b.ready(Interest.READABLE)).isReadClosed()) yield* yieldNow();
        }),
    );

    conforms(
      "uds_stream::epollhup",
      "fail when the listener goes before it has accepted them (connecting itself is over at once)",
      () =>
        inBoth(function* (): Async<void> {
          using folder = new Folder();
          const listener = UnixListener.bind(folder.file("connect.sock"));
          using client = yield* UnixStream.connect(folder.file("connect.sock"));
          const reading = pendingHand(client.read(new Uint8Array(1)));
          listener.close();
          yield* woken(reading);
          reading.poll();
          expect(reading.error).toMatchObject({ code: "ECONNRESET" });
          const again = new Hand(UnixStream.connect(folder.file("connect.sock")));
          expect([again.poll(), (again.error as { code: string }).code]).toEqual([
            "failed",
            "ENOENT",
          ]);
        }),
    );

    conforms("uds_stream::abstract_socket_name", "connect to abstract names on Linux", () =>
      inBoth(function* (): Async<void> {
        if (!linux) return;
        const name = `\0treadle-${process.pid}`;
        using listener = UnixListener.bind(name);
        const [client, [server]] = yield* join(UnixStream.connect(name), listener.accept());
        using _client = client;
        using _server = server;
        expect(server.localAddr().abstractName).toBe(name.slice(1));
        expect(String(client.peerAddr())).toBe(`@${name.slice(1)}`);
      }),
    );

    conforms("uds_split::split", "can be given away in two halves", () =>
      inBoth(function* (): Async<void> {
        const [a, b] = UnixStream.pair();
        const [reader, writer] = a.intoSplit();
        const [peerReader, peerWriter] = b.intoSplit();
        yield* peerWriter.writeAll(bytesOf("split"));
        peerWriter.close();
        expect(yield* readToString(reader)).toBe("split");
        yield* writer.writeAll(bytesOf("hello"));
        writer.close();
        expect(yield* readToString(peerReader)).toBe("hello");
        reader.close();
        peerReader.close();
        expect([a.closed, b.closed]).toEqual([true, true]);
      }),
    );

    conforms("uds_cred::test_socket_pair", "know who is on the other side", () =>
      inBoth(function* (): Async<void> {
        const [a, b] = UnixStream.pair();
        using _a = a;
        using _b = b;
        yield* yieldNow();
        const { pid, uid, gid } = a.peerCred();
        expect(a.peerCred()).toEqual(b.peerCred());
        expect([uid, gid]).toEqual([process.geteuid?.(), process.getegid?.()]);
        if (linux) expect(pid).toBe(process.pid);
      }),
    );
  });

  describe("unix datagrams", () => {
    const echo = fn(function* echo(path: string) {
      using socket = UnixDatagram.bind(path);
      const bytes = new Uint8Array(1_024);
      for (;;) {
        const [count, from] = yield* socket.recvFrom(bytes);
        if (from.path !== undefined) yield* socket.sendTo(bytes.subarray(0, count), from);
      }
    });

    conforms(
      ["uds_datagram::echo", "uds_datagram::echo_from"],
      "come back from a server that answers the address they are from",
      () =>
        inBoth(function* (): Async<void> {
          using folder = new Folder();
          const path = folder.file("server.sock");
          const server = spawn(echo(path));
          yield* yieldNow();
          using client = UnixDatagram.bind(folder.file("client.sock"));
          client.connect(path);
          const bytes = new Uint8Array(16);
          yield* client.send(bytesOf("ECHO"));
          expect(textOf(bytes, yield* client.recv(bytes))).toBe("ECHO");
          yield* client.send(bytesOf("ECHO"));
          const [count, from] = yield* client.recvFrom(bytes);
          expect([textOf(bytes, count), from.path]).toEqual(["ECHO", path]);
          server.abort();
          yield* server.outcome();
          expect(existsSync(path)).toBe(false);
        }),
    );

    conforms(
      ["uds_datagram::try_send_recv_never_block", "uds_datagram::try_recv_buf_never_block"],
      "are sent at once until the queue is full, and all of them arrive",
      () =>
        inBoth(function* (): Async<void> {
          const [a, b] = UnixDatagram.pair();
          using _a = a;
          using _b = b;
          const bytes = new Uint8Array(16);
          yield* a.writable();
          let sent = 0;
          while (a.trySend(bytesOf("PAYLOAD")) !== WOULD_BLOCK) sent++;
          expect(sent).toBeGreaterThan(0);
          for (; sent > 0; sent--) {
            yield* b.readable();
            expect(textOf(bytes, b.tryRecv(bytes) as number)).toBe("PAYLOAD");
          }
          expect(b.tryRecv(bytes)).toBe(WOULD_BLOCK);
        }),
    );

    conforms(
      [
        "uds_datagram::split",
        "uds_datagram::send_to_recv_from_poll",
        "uds_datagram::send_recv_poll",
        "uds_datagram::try_send_to_recv_from",
        "uds_datagram::try_recv_buf_from",
        "uds_datagram::recv_buf_from",
        "uds_datagram::recv_buf",
        "uds_datagram::poll_ready",
      ],
      "are sent to a path, and wait while the receiver's queue is full",
      () =>
        inBoth(function* (): Async<void> {
          using folder = new Folder();
          const path = folder.file("receiver.sock");
          using receiver = UnixDatagram.bind(path);
          using sender = UnixDatagram.bind(folder.file("sender.sock"));
          expect(sender.trySendTo(bytesOf("0"), path)).toBe(1);
          const all = spawn(function* () {
            for (let i = 1; i < 2_000; i++) yield* sender.sendTo(bytesOf(String(i)), path);
          });
          const bytes = new Uint8Array(16);
          for (let i = 0; i < 2_000; i++) {
            const [count, from] = yield* receiver.recvFrom(bytes);
            expect(textOf(bytes, count)).toBe(String(i));
            expect(from.path).toBe(folder.file("sender.sock"));
          }
          yield* all;
          expect(receiver.tryRecvFrom(bytes)).toBe(WOULD_BLOCK);
        }),
    );
  });

  describe("a unix socket before it is used", () => {
    conforms("uds_socket::datagram_echo_server", "becomes a datagram socket", () =>
      inBoth(function* (): Async<void> {
        using folder = new Folder();
        const make = (name: string): UnixDatagram => {
          const socket = UnixSocket.newDatagram();
          socket.bind(folder.file(name));
          return socket.datagram();
        };
        using a = make("a.sock");
        using b = make("b.sock");
        a.connect(folder.file("b.sock"));
        yield* a.send(bytesOf("ECHO"));
        const [count, from] = yield* b.recvFrom(new Uint8Array(16));
        expect([count, from.path]).toEqual([4, folder.file("a.sock")]);
      }),
    );

    conforms("uds_socket::listen_and_stream", "listens, or connects from a path of its own", () =>
      inBoth(function* (): Async<void> {
        using folder = new Folder();
        const listening = UnixSocket.newStream();
        listening.bind(folder.file("connect.sock"));
        using listener = listening.listen(1_024);
        const connecting = UnixSocket.newStream();
        connecting.bind(folder.file("peer.sock"));
        const [client, [server, peer]] = yield* join(
          connecting.connect(folder.file("connect.sock")),
          listener.accept(),
        );
        expect(peer.path).toBe(folder.file("peer.sock"));
        expect(server.peerAddr().path).toBe(folder.file("peer.sock"));
        yield* client.writeAll(bytesOf("hello"));
        client.close();
        expect(yield* readToString(server)).toBe("hello");
        server.close();
      }),
    );

    conforms("uds_socket::assert_usage", "refuses what only the other kind can do", () =>
      inBoth(function* (): Async<void> {
        yield* yieldNow();
        using stream = UnixSocket.newStream();
        using datagram = UnixSocket.newDatagram();
        const wrong = [
          () => stream.datagram(),
          () => datagram.listen(1),
          () => datagram.connect("/nowhere"),
        ];
        for (const call of wrong) expect(thrownBy(call).code).toBe("ERR_SOCKET_KIND");
      }),
    );
  });

  describe("pipes", () => {
    conforms(
      ["net_unix_pipe::anon_pipe_simple_send", "net_unix_pipe::fifo_simple_send"],
      "carry bytes, unnamed or by a path, and end with their sender",
      () =>
        inBoth(function* (): Async<void> {
          using folder = new Folder();
          const path = makeFifo(folder.file("fifo"));
          const receiving = pipe.openReceiver(path);
          for (const [sender, receiver] of [pipe(), [pipe.openSender(path), receiving] as const]) {
            using _ = receiver;
            const reading = pendingHand(receiver.readExact(new Uint8Array(4)));
            yield* sender.writeAll(bytesOf("this"));
            yield* woken(reading);
            expect(reading.poll()).toBe("ok");
            sender.close();
            expect(yield* receiver.read(new Uint8Array(1))).toBe(0);
          }
        }),
    );

    conforms(
      "net_unix_pipe::fifo_simple_send_sender_first",
      "need a receiver to be opened for sending, unless opened for both",
      () =>
        inBoth(function* (): Async<void> {
          using folder = new Folder();
          const path = makeFifo(folder.file("fifo"));
          expect(thrownBy(() => pipe.openSender(path)).code).toBe("ENXIO");
          if (!linux) return;
          using sender = pipe.openSender(path, { readWrite: true });
          yield* sender.writeAll(bytesOf("x"));
          using receiver = pipe.openReceiver(path);
          expect(yield* receiver.read(new Uint8Array(2))).toBe(1);
        }),
    );

    conforms(
      ["net_unix_pipe::fifo_multiple_writes", "net_unix_pipe::fifo_resilient_reader"],
      "see no end between two senders if the receiver is opened for both",
      () =>
        inBoth(function* (): Async<void> {
          if (!linux) return;
          using folder = new Folder();
          const path = makeFifo(folder.file("fifo"));
          using receiver = pipe.openReceiver(path, { readWrite: true });
          for (let i = 0; i < 2; i++) {
            using sender = pipe.openSender(path);
            yield* sender.writeAll(bytesOf("fifo"));
            yield* sender.writeAll(bytesOf("FIFO"));
            const bytes = new Uint8Array(8);
            yield* receiver.readExact(bytes);
            expect(textOf(bytes)).toBe("fifoFIFO");
            const reading = pendingHand(receiver.read(bytes));
            sender.close();
            yield* yieldNow();
            expect(reading.wakes).toBe(0);
            reading.drop();
          }
        }),
    );

    conforms(
      ["net_unix_pipe::open_detects_not_a_fifo", "net_unix_pipe::from_file_detects_not_a_fifo"],
      "are not made of other files",
      () =>
        inBoth(function* (): Async<void> {
          yield* yieldNow();
          using folder = new Folder();
          const path = folder.file("file");
          writeFileSync(path, "");
          const fd = openSync(path, "r+");
          const wrong = [
            () => pipe.openSender(path),
            () => pipe.openReceiver(path),
            () => PipeSender.fromFd(fd),
            () => PipeReceiver.fromFd(fd),
          ];
          for (const call of wrong) expect(thrownBy(call).code).toBe("ERR_NOT_A_PIPE");
          closeSync(fd);
        }),
    );

    conforms(
      [
        "net_unix_pipe::from_file",
        "net_unix_pipe::from_file_sets_nonblock",
        "net_unix_pipe::anon_pipe_from_owned_fd",
        "net_unix_pipe::anon_pipe_into_nonblocking_fd",
      ],
      "are made of descriptors, and given away as such",
      () =>
        inBoth(function* (): Async<void> {
          const [reader, writer] = sys.pipe();
          sys.setNonblocking(reader, false);
          const receiver = PipeReceiver.fromFd(reader);
          const sender = PipeSender.fromFd(writer);
          const reading = pendingHand(receiver.read(new Uint8Array(4)));
          yield* sender.writeAll(bytesOf("hi"));
          yield* woken(reading);
          reading.poll();
          expect(reading.value).toBe(2);
          expect([receiver.intoFd(), sender.intoFd()]).toEqual([reader, writer]);
          expect([receiver.closed, thrownBy(() => sender.tryWrite(bytesOf("x"))).code]).toEqual([
            true,
            "ERR_IO_CLOSED",
          ]);
          expect(sys.write(writer, bytesOf("still open"))).toBe(10);
          sys.close(reader);
          sys.close(writer);
        }),
    );

    conforms(
      [
        "net_unix_pipe::try_read_write",
        "net_unix_pipe::try_read_write_vectored",
        "net_unix_pipe::try_read_buf",
      ],
      "are readable and writable as they fill and empty",
      () =>
        inBoth(function* (): Async<void> {
          const [sender, receiver] = pipe();
          using _s = sender;
          using _r = receiver;
          expect(receiver.tryRead(new Uint8Array(1))).toBe(WOULD_BLOCK);
          yield* sender.writable();
          yield* fillAndEmpty(sender, receiver);
          expect(sender.tryWritev([bytesOf("a"), bytesOf("bc")])).toBe(3);
          yield* receiver.readable();
          expect(receiver.tryRead(new Uint8Array(8))).toBe(3);
        }),
    );

    conforms(
      ["net_unix_pipe::try_io_writable", "net_unix_pipe::try_io_readable"],
      "run operations of one's own while they are ready",
      () =>
        inBoth(function* (): Async<void> {
          const [sender, receiver] = pipe();
          using _s = sender;
          using _r = receiver;
          let calls = 0;
          const counted = (interest: Interest, end: PipeSender | PipeReceiver): unknown =>
            end.tryIo(interest, () => {
              calls++;
              return WOULD_BLOCK;
            });
          expect(counted(Interest.WRITABLE, sender)).toBe(WOULD_BLOCK);
          expect(counted(Interest.WRITABLE, sender)).toBe(WOULD_BLOCK);
          expect(calls).toBe(1);
          yield* sender.writable();
          expect(sender.tryIo(Interest.WRITABLE, (fd) => sys.write(fd, bytesOf("x")))).toBe(1);
          yield* receiver.readable();
          expect(
            yield* receiver.asyncIo(Interest.READABLE, (fd) => sys.read(fd, new Uint8Array(4))),
          ).toBe(1);
          const waiting = pendingHand(
            receiver.asyncIo(Interest.READABLE, (fd) => sys.read(fd, new Uint8Array(4))),
          );
          yield* sender.writeAll(bytesOf("yz"));
          yield* woken(waiting);
          waiting.poll();
          expect(waiting.value).toBe(2);
        }),
    );
  });

  describe("looking up hosts", () => {
    conforms(
      ["net_lookup_host::lookup_socket_addr", "net_lookup_host::lookup_str_socket_addr"],
      "answers addresses as they are",
      () =>
        inBoth(function* (): Async<void> {
          const address = SocketAddr.parse("127.0.0.1:8000");
          expect((yield* lookupHost(address))[0]).toBe(address);
          expect(String(yield* lookupHost("127.0.0.1:8000"))).toBe("127.0.0.1:8000");
        }),
    );

    conforms("net_lookup_host::resolve_dns", "answers addresses of this host by its name", () =>
      inBoth(function* (): Async<void> {
        const found = (yield* lookupHost("localhost:3000")).map(String);
        expect(found.every((each) => ["127.0.0.1:3000", "[::1]:3000"].includes(each))).toBe(true);
        expect(found.length).toBeGreaterThan(0);
      }),
    );
  });

  describe("outside a runtime", () => {
    conforms(
      [
        "net_panic::udp_socket_from_std_panic_caller",
        "net_panic::tcp_listener_from_std_panic_caller",
        "net_panic::tcp_stream_from_std_panic_caller",
        "net_panic::unix_listener_bind_panic_caller",
        "net_panic::unix_listener_from_std_panic_caller",
        "net_panic::unix_stream_from_std_panic_caller",
        "net_panic::unix_datagram_from_std_panic_caller",
      ],
      "nothing is made, and the error names what was called",
      () => {
        const calls: [() => unknown, string][] = [
          [() => UdpSocket.fromFd(0), "UdpSocket.fromFd()"],
          [() => TcpListener.fromFd(0), "TcpListener.fromFd()"],
          [() => TcpStream.fromFd(0), "TcpStream.fromFd()"],
          [() => UnixListener.bind("/x"), "UnixListener.bind()"],
          [() => UnixListener.fromFd(0), "UnixListener.fromFd()"],
          [() => UnixStream.fromFd(0), "UnixStream.fromFd()"],
          [() => UnixDatagram.fromFd(0), "UnixDatagram.fromFd()"],
          [() => pipe(), "pipe()"],
          [() => pipe.openSender("/x"), "pipe.openSender()"],
        ];
        for (const [call, name] of calls) {
          const error = thrownBy(call);
          expect(error.code).toBe("ERR_NO_RUNTIME");
          expect(error.message).toContain(name);
        }
      },
    );
  });
});
