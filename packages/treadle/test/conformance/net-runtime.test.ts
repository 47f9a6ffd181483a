import {
  type Async,
  type Awaitable,
  Builder,
  fn,
  Handle,
  oneshot,
  type Runtime,
  readToString,
  sleep,
  spawn,
  spawnLocal,
  TcpListener,
  TcpStream,
  UdpSocket,
  UnixListener,
  UnixStream,
} from "treadle";
import { describe, expect } from "vitest";
import { Hand } from "../../../../tools/test-hand.ts";
import { conforms } from "../support/conforms.ts";
import { ioRuntime, onEachSelector } from "../support/io.ts";
import { bytesOf, Folder, inBoth } from "../support/net.ts";
import { requeue, thrownBy } from "../support/runtimes.ts";

/** Makes something in the context of a runtime from outside, and answers it with the runtime. */
function entered<T>(make: () => T): [T, Runtime] {
  const rt = ioRuntime();
  using _ = rt.enter();
  return [make(), rt];
}

const clientServer = fn(function* clientServer(start: typeof spawn): Async<string> {
  using listener = yield* TcpListener.bind("127.0.0.1:0");
  const server = start(function* () {
    const [stream] = yield* listener.accept();
    using _ = stream;
    yield* stream.writeAll(bytesOf("hello"));
  });
  using client = yield* TcpStream.connect(listener.localAddr());
  const text = yield* readToString(client);
  yield* server;
  return text;
});

/** What a future is after the shutdown of its runtime, polled by hand. */
function codeOf(future: Awaitable<unknown>): string | undefined {
  const hand = new Hand(future);
  hand.poll();
  return (hand.error as { code?: string } | undefined)?.code;
}

onEachSelector(() => {
  describe("a runtime with sockets", () => {
    conforms(
      ["rt_common::block_on_socket", "rt_common::client_server_block_on"],
      "waits for sockets in its root and in its tasks",
      () =>
        inBoth(function* (): Async<void> {
          expect(yield* clientServer(spawn)).toBe("hello");
          const [sender, receiver] = oneshot<void>();
          using listener = yield* TcpListener.bind("127.0.0.1:0");
          spawn(function* () {
            const [stream] = yield* listener.accept();
            stream.close();
            sender.send();
          });
          using _ = yield* TcpStream.connect(listener.localAddr());
          yield* receiver;
        }),
    );

    conforms(
      ["rt_common::local_set_block_on_socket", "rt_common::local_set_client_server_block_on"],
      "waits for them in tasks of its own thread too",
      () => {
        const rt = Builder.newCurrentThread().enableIo().buildLocal();
        expect(rt.blockOn(clientServer(spawnLocal as typeof spawn))).toBe("hello");
        rt.shutdownBackground();
      },
    );

    conforms(
      "rt_common::io_driver_called_when_under_load",
      "looks at its sockets while its tasks keep it busy",
      () =>
        inBoth(function* (): Async<void> {
          const busy = Array.from({ length: 100 }, () =>
            spawn(function* () {
              for (;;) yield* requeue();
            }),
          );
          expect(yield* clientServer(spawn)).toBe("hello");
          for (const task of busy) task.abort();
          for (const task of busy) yield* task.outcome();
        }),
    );

    conforms(
      "rt_common::io_notify_while_shutting_down",
      "is shut down while messages come in",
      async () => {
        for (let i = 0; i < 9; i++) {
          const rt = ioRuntime();
          rt.blockOn(function* () {
            const socket = yield* UdpSocket.bind("127.0.0.1:0");
            spawn(function* () {
              for (;;) yield* socket.recvFrom(new Uint8Array(1));
            });
            spawn(function* () {
              for (;;) {
                yield* socket.sendTo(Uint8Array.of(0), socket.localAddr());
                yield* sleep(1);
              }
            });
            yield* sleep(3);
          });
          expect(await rt.shutdownTimeout(1_000)).toBe(true);
        }
      },
    );

    conforms(
      ["unwindsafe::net_types_are_unwind_safe", "unwindsafe::unix_net_types_are_unwind_safe"],
      "leaves them usable when something is thrown through a task that uses them",
      () =>
        inBoth(function* (): Async<void> {
          const [a, b] = UnixStream.pair();
          using _a = a;
          using _b = b;
          const outcome = yield* spawn(function* () {
            yield* a.writeAll(bytesOf("x"));
            throw new Error("boom");
          }).outcome();
          expect(outcome.status).toBe("failed");
          yield* a.writeAll(bytesOf("y"));
          expect(yield* b.readExact(new Uint8Array(2))).toBe(2);
        }),
    );

    conforms(
      [
        "rt_handle_block_on::tcp_listener_bind",
        "rt_handle_block_on::udp_socket_bind",
        "rt_handle_block_on::unix_listener_bind",
      ],
      "binds sockets by its handle",
      () => {
        using folder = new Folder();
        const rt = ioRuntime();
        {
          using _ = rt.enter();
          const handle = Handle.current();
          const path = folder.file("s");
          const made = [
            handle.blockOn(TcpListener.bind("127.0.0.1:0")),
            handle.blockOn(UdpSocket.bind("127.0.0.1:0")),
            UnixListener.bind(path),
          ];
          for (const socket of made) socket.close();
        }
        rt.shutdownBackground();
      },
    );

    conforms(
      [
        "rt_handle_block_on::tcp_listener_connect_after_shutdown",
        "rt_handle_block_on::udp_stream_bind_after_shutdown",
        "rt_handle_block_on::unix_listener_bind_after_shutdown",
      ],
      "makes none after its shutdown",
      () => {
        using folder = new Folder();
        const path = folder.file("s");
        const rt = ioRuntime();
        rt.shutdownBackground();
        using _ = rt.enter();
        const calls = [
          () => TcpListener.bind("127.0.0.1:0"),
          () => UdpSocket.bind("127.0.0.1:0"),
          () => UnixListener.bind(path),
        ];
        for (const call of calls) {
          expect(thrownBy(call)).toMatchObject({
            code: "ERR_IO_SHUTDOWN",
            message: "A Treadle context was found, but it is being shutdown.",
          });
        }
      },
    );

    conforms(
      [
        "rt_handle_block_on::tcp_listener_connect_before_shutdown",
        "rt_handle_block_on::udp_stream_bind_before_shutdown",
      ],
      "makes none at a shutdown between the call and the first poll",
      () => {
        const [binds, rt] = entered(() => [
          TcpListener.bind("127.0.0.1:0"),
          UdpSocket.bind("127.0.0.1:0"),
          TcpStream.connect("127.0.0.1:1"),
        ]);
        rt.shutdownBackground();
        for (const bind of binds) expect(codeOf(bind)).toBe("ERR_IO_SHUTDOWN");
      },
    );

    conforms(
      [
        "rt_handle_block_on::unix_listener_shutdown_after_bind",
        "rt_handle_block_on::unix_listener_shutdown_after_accept",
        "io_driver_drop::tcp_doesnt_block",
        "io_driver_drop::drop_wakes",
      ],
      "fails what waits for them, and what begins afterwards",
      () => {
        using folder = new Folder();
        const [listener, rt] = entered(() => UnixListener.bind(folder.file("s")));
        const waiting = new Hand(listener.accept());
        const unpolled = listener.accept();
        expect(waiting.poll()).toBe("pending");
        rt.shutdownBackground();
        expect(waiting.wakes).toBe(1);
        waiting.poll();
        expect(waiting.error).toMatchObject({ code: "ERR_IO_SHUTDOWN" });
        expect(codeOf(unpolled)).toBe("ERR_IO_SHUTDOWN");
        expect(codeOf(listener.accept())).toBe("ERR_IO_SHUTDOWN");
        listener.close();
      },
    );
  });
});
