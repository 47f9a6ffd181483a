import {
  type Async,
  type Awaitable,
  copy,
  fn,
  Interest,
  join,
  Pending,
  pollFn,
  spawn,
  TcpListener,
  TcpSocket,
  TcpStream,
  WOULD_BLOCK,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { Hand } from "../../../../tools/test-hand.ts";
import { conforms } from "../support/conforms.ts";
import { onEachSelector } from "../support/io.ts";
import {
  bytesOf,
  inBoth,
  pendingHand,
  readUntilPending,
  tcpStreams,
  textOf,
  woken,
  writeUntilPending,
} from "../support/net.ts";
import { Counted, thrownBy } from "../support/runtimes.ts";

const connects = fn(function* connects(
  address: Parameters<typeof TcpStream.connect>[0],
  family: string,
) {
  const host = family === "IPv4" ? "127.0.0.1:0" : "[::1]:0";
  using listener = yield* TcpListener.bind(host);
  const { port } = listener.localAddr();
  const to = JSON.parse(JSON.stringify(address).replaceAll("PORT", String(port)));
  const fixed = typeof to === "object" && "port" in to ? { ...to, port } : to;
  const [client, [server, peer]] = yield* join(TcpStream.connect(fixed), listener.accept());
  using _client = client;
  using _server = server;
  expect(client.localAddr().family).toBe(family);
  expect(client.localAddr().equals(peer)).toBe(true);
  expect(server.peerAddr().equals(peer)).toBe(true);
  expect(client.peerAddr().equals(listener.localAddr())).toBe(true);
});

onEachSelector(() => {
  describe("a TCP listener", () => {
    conforms(
      "tcp_accept::no_extra_poll",
      "polls who accepts once for each connection, and once to wait",
      () =>
        inBoth(function* (): Async<void> {
          using listener = yield* TcpListener.bind("127.0.0.1:0");
          const count = { polls: 0 };
          let accepted = 0;
          const task = spawn(function* () {
            for (;;) {
              const [stream] = yield* new Counted(listener.accept(), count);
              stream.close();
              accepted++;
            }
          });
          yield* yieldNow();
          expect(count.polls).toBe(1);
          using _ = yield* TcpStream.connect(listener.localAddr());
          while (accepted === 0) yield* yieldNow();
          yield* yieldNow();
          expect([accepted, count.polls]).toEqual([1, 3]);
          task.abort();
          yield* task.outcome();
        }),
    );

    conforms(
      "tcp_accept::accept_many",
      "wakes all who wait for a connection, and one of them gets it",
      () =>
        inBoth(function* (): Async<void> {
          using listener = yield* TcpListener.bind("127.0.0.1:0");
          const hands = Array.from({ length: 50 }, () => pendingHand(listener.accept()));
          using _ = yield* TcpStream.connect(listener.localAddr());
          for (const hand of hands) yield* woken(hand);
          for (const hand of hands) hand.poll();
          const got = hands.filter((hand) => hand.status === "ok");
          expect(got.length).toBe(1);
          expect(hands.map((hand) => hand.wakes)).toEqual(hands.map(() => 1));
          got[0]?.value?.[0].close();
          for (const hand of hands) if (hand.status === "pending") hand.drop();
        }),
    );

    conforms(
      "net_bind_resource::no_runtime_panics_binding_net_tcp_listener",
      "is refused outside a runtime",
      () => {
        const bind = new Hand(TcpListener.bind("127.0.0.1:0"));
        expect([bind.poll(), bind.error]).toMatchObject(["failed", { code: "ERR_NO_RUNTIME" }]);
        expect(thrownBy(() => TcpListener.fromFd(0))).toMatchObject({ code: "ERR_NO_RUNTIME" });
      },
    );
  });

  describe("connecting", () => {
    conforms(
      [
        "tcp_connect::connect_v4",
        "tcp_connect::connect_addr_ip_string",
        "tcp_connect::connect_addr_ip_str_slice",
      ],
      "takes an IPv4 address and a port as one text",
      () => inBoth(() => connects("127.0.0.1:PORT", "IPv4") as Async<void>),
    );

    conforms("tcp_connect::connect_v6", "takes an IPv6 address in brackets", () =>
      inBoth(() => connects("[::1]:PORT", "IPv6") as Async<void>),
    );

    conforms(
      ["tcp_connect::connect_addr_ip_port_tuple", "tcp_connect::connect_addr_ip_str_port_tuple"],
      "takes an IP address and a port apart",
      () => inBoth(() => connects({ host: "127.0.0.1", port: 1 }, "IPv4") as Async<void>),
    );

    conforms(
      ["tcp_connect::connect_addr_host_string", "tcp_connect::connect_addr_host_str_port_tuple"],
      "takes the name of this host, together with the port or apart, while blocked too",
      () =>
        inBoth(function* (): Async<void> {
          yield* connects("localhost:PORT", "IPv4");
          yield* connects({ host: "localhost", port: 1 }, "IPv4");
        }),
    );
  });

  describe("a TCP stream", () => {
    conforms("tcp_echo::echo_server", "carries what is written to the other side, in order", () =>
      inBoth(function* (): Async<void> {
        const rounds = 1024;
        using listener = yield* TcpListener.bind("127.0.0.1:0");
        const address = listener.localAddr();
        const client = spawn(function* () {
          const message = bytesOf("foo bar baz");
          const back = new Uint8Array(message.length);
          using stream = yield* TcpStream.connect(address);
          for (let i = 0; i < rounds; i++) {
            yield* stream.writeAll(message);
            yield* stream.readExact(back);
            expect(textOf(back)).toBe("foo bar baz");
          }
        });
        const [server] = yield* listener.accept();
        using _ = server;
        const [reader, writer] = server.split();
        expect(yield* copy(reader, writer)).toBe(rounds * 11);
        yield* client;
      }),
    );

    conforms("tcp_split::split", "has halves for two tasks", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        using _server = server;
        using stream = client;
        const [reader, writer] = stream.split();
        expect(reader.localAddr().equals(writer.localAddr())).toBe(true);
        yield* server.writeAll(bytesOf("split"));
        const bytes = new Uint8Array(32);
        for (let i = 0; i < 2; i++) expect(textOf(bytes, yield* reader.peek(bytes))).toBe("split");
        expect(yield* reader.read(bytes)).toBe(5);
        yield* writer.write(bytesOf("split"));
        expect(yield* server.read(bytes)).toBe(5);
      }),
    );

    conforms(
      "tcp_into_split::split",
      "can be given away in two halves, which work at the same time",
      () =>
        inBoth(function* (): Async<void> {
          const message = bytesOf("split");
          const [client, server] = yield* tcpStreams();
          const [reader, writer] = client.intoSplit();
          const [peerReader, peerWriter] = server.intoSplit();
          const bytes = new Uint8Array(32);
          yield* join(
            fn(function* () {
              yield* peerWriter.writeAll(message);
              yield* peerReader.readExact(new Uint8Array(5));
            })(),
            fn(function* () {
              expect(textOf(bytes, yield* reader.peek(bytes))).toBe("split");
              yield* reader.readExact(new Uint8Array(5));
              yield* writer.writeAll(message);
            })(),
          );
          for (const half of [reader, writer, peerReader, peerWriter]) half.close();
          expect([client.closed, server.closed]).toEqual([true, true]);
        }),
    );

    conforms("tcp_into_split::reunite", "comes back from its own two halves only", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        const [reader, writer] = client.intoSplit();
        const [otherReader, otherWriter] = server.intoSplit();
        expect(thrownBy(() => reader.reunite(otherWriter)).code).toBe("ERR_REUNITE");
        expect(reader.reunite(writer)).toBe(client);
        expect(thrownBy(() => reader.reunite(writer)).code).toBe("ERR_REUNITE");
        reader.close();
        expect(client.closed).toBe(false);
        expect(otherWriter.reunite(otherReader)).toBe(server);
        client.close();
        server.close();
      }),
    );

    conforms(
      "tcp_into_split::drop_write",
      "ends the writing side when its writing half is closed, not when it is forgotten",
      () =>
        inBoth(function* (): Async<void> {
          const [client, server] = yield* tcpStreams();
          const [reader, writer] = client.intoSplit();
          const [serverReader, serverWriter] = server.intoSplit();
          yield* serverWriter.writeAll(bytesOf("split"));
          const bytes = new Uint8Array(32);
          expect(yield* reader.read(bytes)).toBe(5);
          serverWriter.forget();
          const waiting = pendingHand(reader.read(bytes));
          yield* yieldNow();
          expect(waiting.wakes).toBe(0);
          waiting.drop();
          writer.close();
          expect(yield* serverReader.read(bytes)).toBe(0);
          serverReader.close();
          expect(yield* reader.read(bytes)).toBe(0);
          reader.close();
        }),
    );

    conforms("tcp_peek::peek", "shows what is there without taking it", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        using _client = client;
        using _server = server;
        yield* client.writeAll(Uint8Array.of(1, 2, 3, 4));
        const bytes = new Uint8Array(8);
        for (let i = 0; i < 2; i++) {
          bytes.fill(0);
          expect([yield* server.peek(bytes), ...bytes.subarray(0, 4)]).toEqual([4, 1, 2, 3, 4]);
        }
        expect([yield* server.read(bytes), ...bytes.subarray(0, 4)]).toEqual([4, 1, 2, 3, 4]);
      }),
    );

    conforms(
      "tcp_shutdown::shutdown",
      "reads to the end when the other side has shut down, and writes on",
      () =>
        inBoth(function* (): Async<void> {
          const [client, server] = yield* tcpStreams();
          using _client = client;
          using _server = server;
          yield* client.shutdown();
          const [reader, writer] = server.split();
          expect(yield* copy(reader, writer)).toBe(0);
          yield* server.writeAll(bytesOf("on"));
          yield* server.shutdown();
          const bytes = new Uint8Array(4);
          expect([yield* client.read(bytes), yield* client.read(bytes)]).toEqual([2, 0]);
        }),
    );

    conforms(
      "tcp_shutdown::shutdown_after_tcp_reset",
      "can be shut down after the other side has reset the connection",
      () =>
        inBoth(function* (): Async<void> {
          const [client, server] = yield* tcpStreams();
          using _ = client;
          server.setLinger(0);
          server.close();
          yield* client.readable();
          yield* client.shutdown();
        }),
    );

    conforms("tcp_shutdown::shutdown_multiple_calls", "can be shut down several times", () =>
      inBoth(function* (): Async<void> {
        const [client, server] = yield* tcpStreams();
        using _client = client;
        using _server = server;
        for (let i = 0; i < 3; i++) yield* client.shutdown();
        yield* server.shutdown();
      }),
    );

    conforms(
      "tcp_stream::set_linger",
      "lingers for whole seconds, not at all, or as the system does",
      () =>
        inBoth(function* (): Async<void> {
          const [client, server] = yield* tcpStreams();
          using stream = client;
          using _ = server;
          for (const ms of [1_000, 0, null]) {
            stream.setLinger(ms);
            expect(stream.linger()).toBe(ms);
          }
          stream.setLinger(1_001);
          expect(stream.linger()).toBe(2_000);
        }),
    );

    conforms(
      ["tcp_stream::try_read_write", "tcp_stream::try_read_buf"],
      "is readable and writable as it fills and empties, and says when the other side has gone",
      () =>
        inBoth(function* (): Async<void> {
          const [client, server] = yield* tcpStreams();
          using _ = server;
          const data = new Uint8Array(4_000).fill(2);
          const parts = Array.from({ length: 40 }, (_, i) => data.subarray(100 * i, 100 * i + 100));
          const readable = pendingHand(server.readable());
          yield* client.writable();
          expect(client.tryWrite(data)).toBe(data.length);
          let written = data.length;
          yield* woken(readable);
          readable.drop();
          for (const write of [() => client.tryWrite(data), () => client.tryWritev(parts)]) {
            for (;;) {
              expect(new Hand(client.writable()).poll()).toBe("ok");
              const count = write();
              if (count === WOULD_BLOCK) break;
              written += count as number;
            }
            const writable = pendingHand(client.writable());
            let read = 0;
            const bytes = new Uint8Array(written);
            while (read < written) {
              yield* server.readable();
              const count = server.tryRead(bytes.subarray(read));
              if (count !== WOULD_BLOCK) read += count as number;
            }
            expect(bytes.every((byte) => byte === 2)).toBe(true);
            yield* woken(writable);
            writable.drop();
            written = 0;
          }
          client.close();
          while (!(yield* server.ready(Interest.READABLE)).isReadClosed()) yield* yieldNow();
        }),
    );

    conforms(
      "tcp_stream::poll_read_ready",
      "is polled as readable until a read would block, and when the other side has gone",
      () =>
        inBoth(function* (): Async<void> {
          const [client, server] = yield* tcpStreams();
          using _ = server;
          const isReady = (): Awaitable<boolean> =>
            pollFn(() => server.pollReadReady() !== Pending);
          const whenReady = (): Awaitable<unknown> => pollFn(() => server.pollReadReady());
          expect(yield* isReady()).toBe(false);
          yield* client.writeAll(bytesOf("ping"));
          yield* whenReady();
          yield* server.readExact(new Uint8Array(4));
          expect(yield* isReady()).toBe(true);
          readUntilPending(server);
          expect(yield* isReady()).toBe(false);
          client.close();
          yield* whenReady();
        }),
    );

    conforms(
      "tcp_stream::poll_write_ready",
      "is polled as writable until a write would block, and when the other side has gone",
      () =>
        inBoth(function* (): Async<void> {
          const [client, server] = yield* tcpStreams();
          using _ = client;
          yield* pollFn(() => client.pollWriteReady());
          writeUntilPending(client);
          expect(yield* pollFn(() => client.pollWriteReady() === Pending)).toBe(true);
          server.close();
          yield* pollFn(() => client.pollWriteReady());
        }),
    );

    conforms(
      "tcp_stream::read_closed",
      "does not say that reading is closed when data has come",
      () =>
        inBoth(function* (): Async<void> {
          const [client, server] = yield* tcpStreams();
          using _client = client;
          using _server = server;
          const ready = pendingHand(client.ready(Interest.READABLE));
          yield* server.writeAll(bytesOf("ping"));
          yield* woken(ready);
          ready.poll();
          expect([ready.value?.isReadable(), ready.value?.isReadClosed()]).toEqual([true, false]);
        }),
    );

    conforms(
      "tcp_stream::write_closed",
      "does not say that writing is closed when there is room again",
      () =>
        inBoth(function* (): Async<void> {
          const [client, server] = yield* tcpStreams();
          using _client = client;
          using _server = server;
          const written = writeUntilPending(client);
          const ready = pendingHand(client.ready(Interest.WRITABLE));
          for (let read = 0; read < written; ) {
            yield* server.readable();
            read += readUntilPending(server);
          }
          yield* woken(ready);
          ready.poll();
          expect([ready.value?.isWritable(), ready.value?.isWriteClosed()]).toEqual([true, false]);
        }),
    );

    conforms(
      "net_quickack::socket_works_with_quickack",
      "acknowledges at once if it is told to",
      () =>
        inBoth(function* (): Async<void> {
          if (process.platform !== "linux") return;
          const [client, server] = yield* tcpStreams();
          using _client = client;
          using _server = server;
          for (const on of [true, false]) {
            client.setQuickack(on);
            expect(client.quickack()).toBe(on);
          }
          yield* client.writeAll(bytesOf("hello"));
          expect(yield* server.readExact(new Uint8Array(5))).toBe(5);
        }),
    );
  });

  describe("a TCP socket that is not connected yet", () => {
    const basics = fn(function* basics(address: string, make: () => TcpSocket, bound: boolean) {
      const socket = make();
      socket.bind(address);
      using listener = socket.listen(128);
      const client = make();
      if (bound) client.bind(address);
      const [stream, [accepted]] = yield* join(
        client.connect(listener.localAddr()),
        listener.accept(),
      );
      expect(thrownBy(() => client.bind(address)).code).toBe("ERR_IO_CLOSED");
      stream.close();
      accepted.close();
    });

    conforms("tcp_socket::basic_usage_v4", "listens and connects by IPv4", () =>
      inBoth(() => basics("127.0.0.1:0", () => TcpSocket.newV4(), false) as Async<void>),
    );

    conforms("tcp_socket::basic_usage_v6", "listens and connects by IPv6", () =>
      inBoth(() => basics("[::1]:0", () => TcpSocket.newV6(), false) as Async<void>),
    );

    conforms("tcp_socket::bind_before_connect", "connects from an address that was bound", () =>
      inBoth(() => basics("127.0.0.1:0", () => TcpSocket.newV4(), true) as Async<void>),
    );

    conforms(
      "tcp_socket::basic_linger",
      "can be set to reset the connection when it is closed",
      () =>
        inBoth(function* (): Async<void> {
          yield* yieldNow();
          using socket = TcpSocket.newV4();
          expect(socket.linger()).toBe(null);
          socket.setLinger(0);
          expect(socket.linger()).toBe(0);
        }),
    );

    conforms(
      [
        "tcp_socket::keepalive",
        "tcp_socket::reuseaddr",
        "tcp_socket::reuseport",
        "tcp_socket::send_buffer_size",
        "tcp_socket::recv_buffer_size",
        "tcp_socket::linger",
        "tcp_socket::nodelay",
        "tcp_socket::tclass_v6",
        "tcp_socket::tos_v4",
      ],
      "answers each option as it was set",
      () =>
        inBoth(function* (): Async<void> {
          yield* yieldNow();
          const twice = process.platform === "linux" ? 2 : 1;
          for (const make of [() => TcpSocket.newV4(), () => TcpSocket.newV6()]) {
            using s = make();
            const options: [() => unknown, () => void, unknown][] = [
              [() => s.keepalive(), () => s.setKeepalive(true), true],
              [() => s.reuseaddr(), () => s.setReuseaddr(true), true],
              [() => s.reuseport(), () => s.setReuseport(true), true],
              [() => s.sendBufferSize(), () => s.setSendBufferSize(4_096), twice * 4_096],
              [() => s.recvBufferSize(), () => s.setRecvBufferSize(4_096), twice * 4_096],
              [() => s.linger(), () => s.setLinger(10_000), 10_000],
              [() => s.nodelay(), () => s.setNodelay(true), true],
            ];
            for (const [get, set, expected] of options) {
              expect(get()).not.toEqual(expected);
              set();
              expect(get()).toEqual(expected);
            }
          }
          using v4 = TcpSocket.newV4();
          v4.setTosV4(96);
          using v6 = TcpSocket.newV6();
          v6.setTclassV6(96);
          expect([v4.tosV4(), v6.tclassV6()]).toEqual([96, 96]);
        }),
    );
  });
});
