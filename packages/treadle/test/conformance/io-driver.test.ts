import { writeSync } from "node:fs";
import { binding } from "@treadle/io";
import { AsyncFd, Builder, fn, Handle, Interest, spawn, sys, WOULD_BLOCK } from "treadle";
import { describe, expect } from "vitest";
import { Hand } from "../../../../tools/test-hand.ts";
import { conforms } from "../support/conforms.ts";
import { ioRuntime, onEachSelector, socketpair, tcpListener, turn } from "../support/io.ts";
import { requeue, thrownBy } from "../support/runtimes.ts";

/** Drops what it has as soon as it is woken, in the middle of the driver's turn. */
class DropOnWake extends Hand<unknown> {
  onWake: () => void = () => {};

  override wake(): void {
    super.wake();
    this.onWake();
  }
}

onEachSelector(() => {
  describe("the I/O driver", () => {
    conforms(
      "io_driver::test_drop_on_notify",
      "lets a source be deregistered by the task that it wakes, and goes on with the others",
      () => {
        const rt = ioRuntime();
        const pairs = Array.from({ length: 3 }, () => socketpair());
        rt.blockOn(function* () {
          const fds = pairs.map(([a]) => new AsyncFd(a));
          const hands = fds.map((fd) => new DropOnWake(fd.readable()));
          hands.forEach((hand, i) => {
            hand.poll();
            hand.onWake = () => {
              hand.drop();
              // The first takes all the others with it.
              for (const fd of i === 0 ? fds : [fds[i] as AsyncFd<never>]) fd[Symbol.dispose]();
            };
          });
          for (const [, b] of pairs) b.write("0");
          yield* turn();
          expect(hands.map((hand) => hand.wakes)).toEqual([1, 1, 1]);
        });
        const metrics = rt.metrics();
        expect(metrics.ioDriverFdDeregisteredCount()).toBe(3);
        for (const [, b] of pairs) b[Symbol.dispose]();
        rt.shutdownBackground();
      },
    );

    conforms(
      ["io_driver_drop::tcp_doesnt_block", "io_driver_drop::drop_wakes"],
      "fails an accept that waits when it is shut down, and one that begins afterwards",
      () => {
        const rt = ioRuntime();
        const [listener] = tcpListener();
        const afd = (() => {
          using _ = rt.enter();
          return new AsyncFd(listener, Interest.READABLE);
        })();
        const accept = () =>
          afd.asyncIo(Interest.READABLE, ({ fd }) => {
            const accepted = binding().accept(fd);
            return accepted < 0 ? WOULD_BLOCK : accepted;
          });
        const waiting = new Hand(accept());
        expect(waiting.poll()).toBe("pending");
        rt.shutdownBackground();
        expect(waiting.wakes).toBe(1);
        for (const hand of [waiting, new Hand(accept())]) {
          expect(hand.poll()).toBe("failed");
          expect(hand.error).toMatchObject({ code: "ERR_IO_SHUTDOWN" });
        }
        using _ = rt.enter();
        expect(thrownBy(() => new AsyncFd(listener)).code).toBe("ERR_IO_SHUTDOWN");
        afd[Symbol.dispose]();
      },
    );

    conforms(
      "rt_unstable_metrics::io_driver_fd_count",
      "counts what is registered and deregistered",
      () => {
        const rt = ioRuntime();
        const metrics = rt.metrics();
        const counts = () => [
          metrics.ioDriverFdRegisteredCount(),
          metrics.ioDriverFdDeregisteredCount(),
        ];
        expect(counts()).toEqual([0, 0]);
        const [a, b] = socketpair();
        const registration = rt.handle().addSource(a.fd, Interest.READABLE);
        expect(counts()).toEqual([1, 0]);
        registration.deregister();
        registration.deregister();
        expect(counts()).toEqual([1, 1]);
        a[Symbol.dispose]();
        b[Symbol.dispose]();
        rt.shutdownBackground();
      },
    );

    conforms(
      "rt_unstable_metrics::io_driver_ready_count",
      "counts the readiness events that it told",
      () => {
        const rt = ioRuntime();
        const [a, b] = socketpair();
        rt.blockOn(function* () {
          using fd = new AsyncFd(a);
          yield* fd.writable();
        });
        expect(rt.metrics().ioDriverReadyCount()).toBe(1);
        b[Symbol.dispose]();
        rt.shutdownBackground();
      },
    );

    conforms(
      "rt_common::io_driver_called_when_under_load",
      "is looked at although there is always a task to run",
      () => {
        const rt = ioRuntime();
        const [a, b] = socketpair();
        const busy = fn(function* busy() {
          for (;;) yield* requeue();
        });
        const tasks = Array.from({ length: 100 }, () => rt.spawn(busy));
        rt.blockOn(function* () {
          using fd = new AsyncFd(a);
          const echo = spawn(function* () {
            yield* fd.readable();
            return a.read();
          });
          b.write("under load");
          expect(yield* echo).toBe("under load");
        });
        for (const task of tasks) task.abort();
        b[Symbol.dispose]();
        rt.shutdownBackground();
      },
    );

    conforms(
      "rt_common::io_notify_while_shutting_down",
      "may be told of readiness while the runtime is shut down",
      async () => {
        for (let i = 1; i < 10; i++) {
          const rt = ioRuntime();
          const [a, b] = socketpair();
          await rt.run(function* () {
            const fd = new AsyncFd(a);
            spawn(function* () {
              for (;;) (yield* fd.readable()).tryIo(() => sys.read(a.fd, Buffer.alloc(8)));
            }).detach();
            for (let j = 0; j < i; j++) yield* turn();
            for (let j = 0; j < 100; j++) writeSync(b.fd, "x");
          });
          expect(await rt.shutdownTimeout(1_000)).toBe(true);
          a[Symbol.dispose]();
          b[Symbol.dispose]();
        }
      },
    );
  });
});

describe("without I/O", () => {
  conforms(
    "io_driver::panics_when_io_disabled",
    "a runtime says which call of the Builder enables it",
    () => {
      using rt = Builder.newCurrentThread().build();
      using _ = rt.enter();
      const calls = [() => new AsyncFd(0), () => Handle.current().addSource(0, Interest.READABLE)];
      for (const call of calls) {
        expect(thrownBy(call)).toMatchObject({
          code: "ERR_IO_DISABLED",
          message:
            "A Treadle context was found, but IO is disabled. " +
            "Call `enableIo` on the runtime builder to enable IO.",
        });
      }
    },
  );

  conforms(
    [
      "no_rt::panics_when_no_reactor",
      "no_rt::io_panics_when_no_tokio_context",
      "io_panic::async_fd_new_panic_caller",
      "io_panic::async_fd_with_interest_panic_caller",
      "io_panic::async_fd_try_new_panic_caller",
      "io_panic::async_fd_try_with_interest_panic_caller",
    ],
    "an AsyncFd outside a runtime throws where it is made",
    () => {
      for (const call of [
        () => new AsyncFd(0),
        () => new AsyncFd(0, Interest.READABLE),
        () => AsyncFd.tryNew(0),
        () => AsyncFd.tryNew(0, Interest.READABLE),
      ]) {
        const error = thrownBy(call);
        expect(error.message).toContain("there is no reactor running");
        expect(error.stack).toContain("io-driver.test.ts");
      }
    },
  );
});
