import { openSync } from "node:fs";
import { binding } from "@treadle/io";
import {
  type Async,
  AsyncFd,
  AsyncFdTryNewError,
  fn,
  Interest,
  pollFn,
  Ready,
  type Runtime,
  spawn,
  sys,
  WOULD_BLOCK,
} from "treadle";
import { describe, expect } from "vitest";
import { Hand } from "../../../../tools/test-hand.ts";
import { conforms } from "../support/conforms.ts";
import {
  End,
  hasEdges,
  ioRuntime,
  loopback,
  onEachSelector,
  socketpair,
  tcpPair,
  turn,
  udpSocket,
} from "../support/io.ts";
import { thrownBy } from "../support/runtimes.ts";

/** Runs a body on a runtime of its own, with two sockets and an AsyncFd of the first. */
function withPair(body: (afd: AsyncFd<End>, a: End, b: End, rt: Runtime) => Generator): void {
  const rt = ioRuntime();
  const [a, b] = socketpair();
  try {
    rt.blockOn(function* () {
      using afd = new AsyncFd(a);
      yield* body(afd, a, b, rt) as Generator<never>;
    });
  } finally {
    a[Symbol.dispose]();
    b[Symbol.dispose]();
    rt.shutdownBackground();
  }
}

/** Whether a wait is still pending after the drivers had their turn. */
const isPending = fn(function* isPending(wait: Iterator<unknown>): Async<boolean> {
  const hand = new Hand(wait as never);
  hand.poll();
  yield* turn();
  hand.poll();
  const { status } = hand;
  if (status === "pending") hand.drop();
  return status === "pending";
});

/** A runtime, and an AsyncFd that can be used from outside it. */
function outside(): { rt: Runtime; afd: AsyncFd<End>; b: End } {
  const rt = ioRuntime();
  const [a, b] = socketpair();
  using _ = rt.enter();
  return { rt, afd: new AsyncFd(a), b };
}

const SHUTDOWN = "A Treadle context was found, but it is being shutdown.";

onEachSelector(() => {
  describe("an AsyncFd", () => {
    conforms("io_async_fd::initially_writable", "of a socket is writable and not readable", () =>
      withPair(function* (afd, _a, b) {
        using other = new AsyncFd(b);
        (yield* afd.writable()).clearReady();
        (yield* other.writable()).clearReady();
        expect(yield* isPending(afd.readable())).toBe(true);
        // Without edges what was cleared while it still was there is told again.
        expect(yield* isPending(other.writable())).toBe(hasEdges());
        other.intoInner();
      }),
    );

    conforms(
      "io_async_fd::reset_readable",
      "is readable until an operation would block or the readiness is cleared",
      () =>
        withPair(function* (afd, a, b) {
          expect(yield* isPending(afd.readable())).toBe(true);
          b.write("0");
          const guard = yield* afd.readable();
          expect(guard.tryIo(() => a.read(1))).toBe("0");
          // It was not seen to block, so it still counts as readable.
          (yield* afd.readable()).retainReady();
          (yield* afd.readable()).clearReady();
          expect(yield* isPending(afd.readable())).toBe(true);
          b.write("0");
          yield* afd.readable();
          a.drain();
          expect(guard.tryIo(() => WOULD_BLOCK)).toBe(WOULD_BLOCK);
        }),
    );

    conforms("io_async_fd::reset_writable", "is writable again when there is room again", () =>
      withPair(function* (afd, a, b) {
        const guard = yield* afd.writable();
        const full = new Uint8Array(512);
        while (guard.tryIo(() => a.write(full) ?? WOULD_BLOCK) !== WOULD_BLOCK);
        expect(yield* isPending(afd.writable())).toBe(true);
        b.drain();
        yield* afd.writable();
      }),
    );

    conforms(
      "io_async_fd::drop_closes",
      "disposes of what it was given, unless that was taken out or is not disposable",
      () => {
        const rt = ioRuntime();
        using _ = rt.enter();
        {
          const [a, b] = socketpair();
          const afd = new AsyncFd(a);
          expect(b.read()).toBe(null);
          afd[Symbol.dispose]();
          afd[Symbol.dispose]();
          expect(b.read()).toBe("");
          b[Symbol.dispose]();
        }
        {
          const [a, b] = socketpair();
          const afd = new AsyncFd(a);
          expect(afd.intoInner()).toBe(a);
          afd[Symbol.dispose]();
          expect(b.read()).toBe(null);
          a[Symbol.dispose]();
          b[Symbol.dispose]();
        }
        const [a, b] = socketpair();
        new AsyncFd(a.fd)[Symbol.dispose]();
        expect(b.read()).toBe(null);
        a[Symbol.dispose]();
        b[Symbol.dispose]();
        rt.shutdownBackground();
      },
    );

    conforms("io_async_fd::reregister", "can be made anew of a descriptor taken out", () => {
      const { rt, afd, b } = outside();
      using _ = rt.enter();
      const again = new AsyncFd(afd.intoInner());
      expect(rt.blockOn(again.writable()).ready().isWritable()).toBe(true);
      again[Symbol.dispose]();
      b[Symbol.dispose]();
      rt.shutdownBackground();
    });

    conforms(
      "io_async_fd::guard_try_io",
      "is cleared by a guard's tryIo only when that would block",
      () =>
        withPair(function* (afd, a, b) {
          b.write("0");
          const guard = yield* afd.readable();
          a.read();
          expect(guard.tryIo(() => "done")).toBe("done");
          const next = yield* afd.readable();
          expect(next.tryIo(() => WOULD_BLOCK)).toBe(WOULD_BLOCK);
          expect(next.ready()).toBe(Ready.EMPTY);
          expect(yield* isPending(afd.readable())).toBe(true);
          b.write("0");
          yield* afd.readable();
        }),
    );

    conforms(
      ["io_async_fd::try_io_readable", "io_async_fd::try_io_writable"],
      "calls the operation of tryIo only while it is ready",
      () =>
        withPair(function* (afd, _a, b) {
          let calls = 0;
          const call = (answer: typeof WOULD_BLOCK | number) => () => {
            calls++;
            return answer;
          };
          yield* turn();
          expect(afd.tryIo(Interest.READABLE, call(1))).toBe(WOULD_BLOCK);
          expect(calls).toBe(0);
          b.write("0");
          yield* turn();
          expect(afd.tryIo(Interest.READABLE, call(1))).toBe(1);
          expect(afd.tryIo(Interest.READABLE, call(WOULD_BLOCK))).toBe(WOULD_BLOCK);
          expect(calls).toBe(2);
          expect(afd.tryIo(Interest.READABLE, call(1))).toBe(WOULD_BLOCK);
          expect(calls).toBe(2);
          expect(afd.tryIo(Interest.WRITABLE, call(1))).toBe(1);
          expect(afd.tryIo(Interest.WRITABLE, call(WOULD_BLOCK))).toBe(WOULD_BLOCK);
          expect(afd.tryIo(Interest.WRITABLE, call(1))).toBe(WOULD_BLOCK);
          expect(calls).toBe(4);
        }),
    );

    conforms("io_async_fd::multiple_waiters", "wakes all tasks that wait for it", () =>
      withPair(function* (afd, _a, b) {
        const read = fn(function* read(): Async<boolean> {
          return (yield* afd.readable()).ready().isReadable();
        });
        const tasks = Array.from({ length: 5 }, () => spawn(read));
        yield* turn();
        expect(tasks.map((task) => task.isFinished())).toEqual(tasks.map(() => false));
        b.write("0");
        for (const task of tasks) expect(yield* task).toBe(true);
      }),
    );

    conforms(
      "io_async_fd::poll_fns",
      "has a reader's and a writer's slot, which wake apart from each other and from waits",
      () =>
        withPair(function* (afd, a, b) {
          const writes = yield* afd.writable();
          const full = new Uint8Array(4096);
          while (writes.tryIo(() => a.write(full) ?? WOULD_BLOCK) !== WOULD_BLOCK);
          const reader = new Hand(pollFn(() => afd.pollReadReady()));
          const other = new Hand(pollFn(() => afd.pollReadReady()));
          const writer = new Hand(pollFn(() => afd.pollWriteReady()));
          const wait = new Hand(afd.readable());
          for (const hand of [reader, other, writer, wait]) expect(hand.poll()).toBe("pending");
          b.write("0");
          yield* turn();
          // The last caller took the slot.
          expect([reader.wakes, other.wakes, writer.wakes, wait.wakes]).toEqual([0, 1, 0, 1]);
          expect([other.poll(), wait.poll(), writer.poll()]).toEqual(["ok", "ok", "pending"]);
          b.drain();
          yield* turn();
          expect(writer.wakes).toBe(1);
          expect(writer.poll()).toBe("ok");
        }),
    );
  });

  describe("a shutdown of the runtime", () => {
    conforms(
      [
        "io_async_fd::driver_shutdown_wakes_currently_pending",
        "io_async_fd::driver_shutdown_wakes_pending_race",
      ],
      "wakes and fails a wait that is pending",
      () => {
        const { rt, afd, b } = outside();
        const hand = new Hand(afd.readable());
        expect(hand.poll()).toBe("pending");
        rt.shutdownBackground();
        expect(hand.wakes).toBe(1);
        expect(hand.poll()).toBe("failed");
        expect(hand.error).toMatchObject({ code: "ERR_IO_SHUTDOWN", message: SHUTDOWN });
        afd[Symbol.dispose]();
        b[Symbol.dispose]();
      },
    );

    conforms(
      "io_async_fd::driver_shutdown_wakes_future_pending",
      "fails a wait that is polled afterwards",
      () => {
        const { rt, afd, b } = outside();
        const before = new Hand(afd.readable());
        rt.shutdownBackground();
        for (const hand of [before, new Hand(afd.readable())]) {
          expect(hand.poll()).toBe("failed");
          expect(hand.error).toMatchObject({ code: "ERR_IO_SHUTDOWN" });
        }
        afd[Symbol.dispose]();
        b[Symbol.dispose]();
      },
    );

    conforms(
      [
        "io_async_fd::driver_shutdown_wakes_currently_pending_polls",
        "io_async_fd::driver_shutdown_wakes_poll",
        "io_async_fd::driver_shutdown_wakes_poll_race",
      ],
      "wakes and fails polls of both slots, before and after",
      () => {
        const { rt, afd, b } = outside();
        rt.blockOn(function* () {
          const full = new Uint8Array(4096);
          const guard = yield* afd.writable();
          while (guard.tryIo(() => afd.getRef().write(full) ?? WOULD_BLOCK) !== WOULD_BLOCK);
        });
        const hands = [
          new Hand(pollFn(() => afd.pollReadReady())),
          new Hand(pollFn(() => afd.pollWriteReady())),
        ];
        for (const hand of hands) expect(hand.poll()).toBe("pending");
        rt.shutdownBackground();
        expect(hands.map((hand) => hand.wakes)).toEqual([1, 1]);
        hands.push(new Hand(pollFn(() => afd.pollReadReady())));
        for (const hand of hands) {
          expect(hand.poll()).toBe("failed");
          expect(hand.error).toMatchObject({ code: "ERR_IO_SHUTDOWN" });
        }
        afd[Symbol.dispose]();
        b[Symbol.dispose]();
      },
    );

    conforms(
      "io_async_fd::driver_shutdown_then_clear_readiness",
      "lets a guard from before be cleared",
      () => {
        const { rt, afd, b } = outside();
        const guard = rt.blockOn(afd.writable());
        rt.shutdownBackground();
        guard.clearReady();
        expect(thrownBy(() => afd.tryIo(Interest.WRITABLE, () => 1)).code).toBe("ERR_IO_SHUTDOWN");
        afd[Symbol.dispose]();
        b[Symbol.dispose]();
      },
    );
  });

  describe("readiness", () => {
    conforms("io_async_fd::priority_event_on_oob_data", "tells of urgent data", () => {
      const rt = ioRuntime();
      const [client, server] = tcpPair();
      const MSG_OOB = 1;
      rt.blockOn(function* () {
        using fd = new AsyncFd(client.fd, Interest.PRIORITY);
        expect(sys.send(server.fd, Buffer.from("hello"), MSG_OOB)).toBe(5);
        const guard = yield* fd.ready(Interest.PRIORITY);
        expect(guard.ready().isPriority()).toBe(true);
      });
      client[Symbol.dispose]();
      server[Symbol.dispose]();
      rt.shutdownBackground();
    });

    conforms(
      [
        "io_async_fd::clear_ready_matching_clears_ready",
        "io_async_fd::clear_ready_matching_clears_ready_mut",
      ],
      "is cleared in parts",
      () =>
        withPair(function* (afd, _a, b) {
          b.write("0");
          yield* turn();
          const guard = yield* afd.ready(Interest.READABLE.add(Interest.WRITABLE));
          expect(guard.ready()).toBe(Ready.READABLE.union(Ready.WRITABLE));
          guard.clearReadyMatching(Ready.READABLE);
          expect(guard.ready()).toBe(Ready.WRITABLE);
          guard.clearReadyMatching(Ready.WRITABLE);
          expect(guard.ready()).toBe(Ready.EMPTY);
        }),
    );

    if (process.platform === "linux") {
      conforms(
        [
          "io_async_fd::await_error_readiness_invalid_address",
          "io_async_fd::await_error_readiness_timestamping",
        ],
        "tells of errors, as those that a datagram to nobody and a transmit timestamp leave in the error queue",
        () => {
          const rt = ioRuntime();
          const [IPPROTO_IP, IP_RECVERR, SOL_SOCKET, SO_TIMESTAMPING] = [0, 11, 1, 37];
          const TX_SOFTWARE = 2 | 16;
          for (const [level, name, value] of [
            [IPPROTO_IP, IP_RECVERR, 1],
            [SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE],
          ] as const) {
            const [socket, port] = udpSocket();
            const [nobody, closed] = udpSocket();
            nobody[Symbol.dispose]();
            expect(binding().setsockopt(socket.fd, level, name, value)).toBe(0);
            rt.blockOn(function* () {
              using fd = new AsyncFd(socket.fd, Interest.ERROR);
              const to = name === IP_RECVERR ? closed : port;
              expect(binding().connect(socket.fd, loopback(to))).toBe(0);
              expect(sys.send(socket.fd, Buffer.from("x"), 0)).toBe(1);
              expect((yield* fd.ready(Interest.ERROR)).ready().isError()).toBe(true);
            });
            socket[Symbol.dispose]();
          }
          rt.shutdownBackground();
        },
      );
    }
  });

  describe("tryNew", () => {
    conforms(
      ["io_async_fd::try_new", "io_async_fd::try_with_interest"],
      "gives back what could not be registered, with the reason",
      () => {
        const rt = ioRuntime();
        using _ = rt.enter();
        using file = new End(openSync(new URL(import.meta.url), "r"));
        for (const interest of [undefined, Interest.READABLE]) {
          const error = thrownBy(() => AsyncFd.tryNew(file, interest));
          expect(error).toBeInstanceOf(AsyncFdTryNewError);
          const [inner, cause] = (error as AsyncFdTryNewError<End>).intoParts();
          expect(inner).toBe(file);
          expect(cause).toMatchObject({ code: "EPERM", errno: -1, syscall: "epoll_ctl" });
          expect(error.message).toContain("regular file");
        }
        rt.shutdownBackground();
      },
    );

    conforms(
      "io_async_fd_memory_leak::memory_leak_when_fd_closed_before_drop",
      "leaves nothing behind of descriptors that were closed before they were deregistered",
      () => {
        const rt = ioRuntime();
        using _ = rt.enter();
        for (let i = 0; i < 2_000; i++) {
          const [a, b] = socketpair();
          const afd = new AsyncFd(a.fd);
          a[Symbol.dispose]();
          b[Symbol.dispose]();
          afd[Symbol.dispose]();
        }
        const metrics = rt.metrics();
        expect(metrics.ioDriverFdRegisteredCount()).toBe(2_000);
        expect(metrics.ioDriverFdDeregisteredCount()).toBe(2_000);
        rt.shutdownBackground();
      },
    );
  });
});
