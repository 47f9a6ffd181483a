import {
  type Async,
  fn,
  mpsc,
  type SocketAddr,
  spawn,
  UdpSocket,
  WOULD_BLOCK,
  yieldNow,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { onEachSelector } from "../support/io.ts";
import { bytesOf, inBoth, textOf } from "../support/net.ts";

const MESSAGE = bytesOf("hello");

const pair = fn(function* pair(connected: boolean): Async<[a: UdpSocket, b: UdpSocket]> {
  const a = yield* UdpSocket.bind("127.0.0.1:0");
  const b = yield* UdpSocket.bind("127.0.0.1:0");
  if (connected) {
    yield* a.connect(b.localAddr());
    yield* b.connect(a.localAddr());
  }
  return [a, b];
});

onEachSelector(() => {
  describe("a UDP socket", () => {
    conforms(
      ["udp::send_recv", "udp::send_recv_poll", "udp::recv_buf"],
      "sends to and receives from the peer that it is connected to",
      () =>
        inBoth(function* (): Async<void> {
          const [a, b] = yield* pair(true);
          using _a = a;
          using _b = b;
          expect(yield* a.send(MESSAGE)).toBe(5);
          const bytes = new Uint8Array(32);
          expect(textOf(bytes, yield* b.recv(bytes))).toBe("hello");
          expect(a.peerAddr().equals(b.localAddr())).toBe(true);
        }),
    );

    conforms(
      "udp::send_to_recv_closed_returns_err",
      "learns at the next receive that nobody has the port it sent to",
      () =>
        inBoth(function* (): Async<void> {
          const [a, b] = yield* pair(false);
          using sender = a;
          const nobody = b.localAddr();
          b.close();
          yield* sender.connect(nobody);
          yield* sender.send(MESSAGE);
          let code: unknown;
          try {
            yield* sender.recv(new Uint8Array(32));
          } catch (error) {
            code = (error as { code: string }).code;
          }
          expect(code).toBe("ECONNREFUSED");
        }),
    );

    conforms(
      ["udp::send_to_recv_from", "udp::send_to_recv_from_poll", "udp::recv_buf_from"],
      "sends to any address, and learns whom a message is from",
      () =>
        inBoth(function* (): Async<void> {
          const [a, b] = yield* pair(false);
          using _a = a;
          using _b = b;
          const { port } = b.localAddr();
          for (const target of [b.localAddr(), `127.0.0.1:${port}`, { host: "localhost", port }]) {
            expect(yield* a.sendTo(MESSAGE, target)).toBe(5);
            const bytes = new Uint8Array(32);
            const [count, from] = yield* b.recvFrom(bytes);
            expect([textOf(bytes, count), String(from)]).toEqual(["hello", String(a.localAddr())]);
          }
        }),
    );

    conforms(
      [
        "udp::send_to_peek_from",
        "udp::send_to_try_peek_from",
        "udp::send_to_peek_from_poll",
        "udp::peek_sender",
        "udp::poll_peek_sender",
        "udp::try_peek_sender",
      ],
      "shows a message and its sender as often as asked, and keeps it",
      () =>
        inBoth(function* (): Async<void> {
          const [a, b] = yield* pair(false);
          using _a = a;
          using _b = b;
          const sender = String(a.localAddr());
          const bytes = new Uint8Array(32);
          expect([b.tryPeekSender(), b.tryPeekFrom(bytes)]).toEqual([WOULD_BLOCK, WOULD_BLOCK]);
          yield* a.sendTo(MESSAGE, b.localAddr());
          expect(String(yield* b.peekSender())).toBe(sender);
          expect(String(b.tryPeekSender())).toBe(sender);
          for (const [count, from] of [
            yield* b.peekFrom(bytes),
            b.tryPeekFrom(bytes) as [number, SocketAddr],
            yield* b.recvFrom(bytes),
          ]) {
            expect([textOf(bytes, count), String(from)]).toEqual(["hello", sender]);
          }
          expect(b.tryRecvFrom(bytes)).toBe(WOULD_BLOCK);
        }),
    );

    conforms(
      ["udp::split", "udp::split_chan", "udp::split_chan_poll"],
      "can be sent to by one task and received from by another",
      () =>
        inBoth(function* (): Async<void> {
          const [echo, client] = yield* pair(false);
          const [sender, receiver] = mpsc.channel<[Uint8Array, SocketAddr]>(1_000);
          const tasks = [
            spawn(function* () {
              for (;;) {
                const got = yield* receiver.recv();
                if (got === undefined) return;
                yield* echo.sendTo(...got);
              }
            }),
            spawn(function* () {
              for (;;) {
                const bytes = new Uint8Array(32);
                const [count, from] = yield* echo.recvFrom(bytes);
                yield* sender.send([bytes.subarray(0, count), from]);
              }
            }),
          ];
          yield* client.sendTo(MESSAGE, echo.localAddr());
          const bytes = new Uint8Array(32);
          expect((yield* client.recvFrom(bytes))[0]).toBe(5);
          for (const task of tasks) task.abort();
          for (const task of tasks) yield* task.outcome();
          echo.close();
          client.close();
        }),
    );

    conforms(
      [
        "udp::try_send_spawn",
        "udp::try_send_recv",
        "udp::try_send_to_recv_from",
        "udp::try_recv_buf",
        "udp::try_recv_buf_from",
        "udp::poll_ready",
      ],
      "sends and receives at once when it is ready",
      () =>
        inBoth(function* (): Async<void> {
          const [a, b] = yield* pair(true);
          using _a = a;
          using _b = b;
          for (let i = 0; i < 5; i++) {
            yield* a.writable();
            expect(i < 3 ? a.trySend(MESSAGE) : a.trySendTo(MESSAGE, b.localAddr())).toBe(5);
            const bytes = new Uint8Array(512);
            let got: unknown = WOULD_BLOCK;
            while (got === WOULD_BLOCK) {
              yield* b.readable();
              got = i % 2 === 0 ? b.tryRecv(bytes) : b.tryRecvFrom(bytes);
            }
            expect(Array.isArray(got) ? [got[0], String(got[1])] : got).toEqual(
              i % 2 === 0 ? 5 : [5, String(a.localAddr())],
            );
          }
        }),
    );

    conforms(
      [
        "udp::broadcast",
        "udp::multicast_loop_v4",
        "udp::multicast_ttl_v4",
        "udp::multicast_loop_v6",
        "udp::tclass_v6",
        "udp::ttl",
        "udp::tos_v4",
      ],
      "answers each option as it was set",
      () =>
        inBoth(function* (): Async<void> {
          using v4 = yield* UdpSocket.bind("127.0.0.1:0");
          using v6 = yield* UdpSocket.bind("[::1]:0");
          const options: [() => unknown, () => void, unknown][] = [
            [() => v4.broadcast(), () => v4.setBroadcast(true), true],
            [() => v6.broadcast(), () => v6.setBroadcast(true), true],
            [() => v4.multicastLoopV4(), () => v4.setMulticastLoopV4(false), false],
            [() => v4.multicastTtlV4(), () => v4.setMulticastTtlV4(40), 40],
            [() => v6.multicastLoopV6(), () => v6.setMulticastLoopV6(false), false],
            [() => v6.tclassV6(), () => v6.setTclassV6(96), 96],
            [() => v4.ttl(), () => v4.setTtl(40), 40],
            [() => v4.tosV4(), () => v4.setTosV4(96), 96],
          ];
          for (const [get, set, expected] of options) {
            expect(get()).not.toEqual(expected);
            set();
            expect(get()).toEqual(expected);
          }
        }),
    );

    conforms(
      "coop_budget::coop_budget_udp_send_recv",
      "lets the others run after 128 messages that were there at once",
      () =>
        inBoth(function* (): Async<void> {
          const [a, b] = yield* pair(true);
          using _a = a;
          using _b = b;
          let turns = 0;
          yield* yieldNow();
          const counter = spawn(function* () {
            for (;;) {
              turns++;
              yield* yieldNow();
            }
          });
          const bytes = new Uint8Array(5);
          for (let i = 0; i < 1_024; i++) {
            yield* a.send(MESSAGE);
            expect(yield* b.recv(bytes)).toBe(5);
          }
          // One less than in Tokio, where the first receive waits until the driver has seen the socket.
          expect(turns).toBe(1_024 / (128 / 2) - 1);
          counter.abort();
          yield* counter.outcome();
        }),
    );
  });
});
