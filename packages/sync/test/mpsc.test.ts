import type { Async } from "@treadle/core";
import { mpsc, SendError } from "@treadle/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { costOf, finishAsync, type Manual, manual, polled } from "./manual.ts";

const code = (f: () => unknown): unknown => {
  try {
    return f();
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe("mpsc.channel", () => {
  conforms(
    ["sync_mpsc::async_send_recv_with_buffer", "sync_mpsc::tx_close_gets_none"],
    "values come in the order in which they were sent, and the end after them",
    () => {
      const ex = new TestExecutor();
      const [tx, rx] = mpsc.channel<number>(2);
      const producer = ex.spawn(function* (): Async<void> {
        for (let i = 0; i < 5; i++) yield* tx.send(i);
        tx.close();
      });
      const got: number[] = [];
      const consumer = ex.spawn(function* (): Async<void> {
        for (let n = yield* rx.recv(); n !== undefined; n = yield* rx.recv()) got.push(n);
      });
      ex.run();
      expect(got).toEqual([0, 1, 2, 3, 4]);
      expect([producer.polls, consumer.polls]).toEqual([3, 3]);
    },
  );

  test("a send into a full channel waits its turn, and is woken once by the receive that makes room", () => {
    const [tx, rx] = mpsc.channel<string>(1);
    expect(polled(tx.send("a")).status).toBe("ok");
    const [b, c] = [polled(tx.send("b")), polled(tx.send("c"))];
    expect([b.status, c.status, tx.capacity]).toEqual(["pending", "pending", 0]);
    expect(rx.tryRecv()).toBe("a");
    expect([b.wakes, c.wakes, code(() => tx.trySend("d"))]).toEqual([1, 0, "ERR_CHANNEL_FULL"]);
    expect([b.poll(), c.poll(), rx.tryRecv(), c.poll(), rx.tryRecv()]).toEqual([
      "ok",
      "pending",
      "b",
      "ok",
      "c",
    ]);
    expect([tx.capacity, tx.maxCapacity, rx.capacity, rx.maxCapacity]).toEqual([1, 1, 1, 1]);
  });

  conforms(
    "sync_mpsc::start_send_past_cap",
    "a dropped send sends nothing and gives its place to the next",
    () => {
      const [tx, rx] = mpsc.channel<string>(1);
      tx.trySend("a");
      const [b, c] = [polled(tx.send("b")), polled(tx.send("c"))];
      rx.tryRecv();
      b.drop();
      expect([c.wakes, c.poll(), rx.tryRecv(), rx.tryRecv()]).toEqual([1, "ok", "c", undefined]);
    },
  );

  test("a receive waits, is woken once per value, and takes nothing when it is dropped", () => {
    const [tx, rx] = mpsc.channel<number>(4);
    const a = polled(rx.recv());
    a.drop();
    tx.trySend(1);
    expect(a.wakes).toBe(0);
    const b = polled(rx.recv());
    expect([b.status, b.value, rx.len]).toEqual(["ok", 1, 0]);
    const c = polled(rx.recv());
    tx.trySend(2);
    tx.trySend(3);
    expect([c.wakes, c.poll(), c.value, rx.len]).toEqual([1, "ok", 2, 1]);
  });

  test("a woken receive that is dropped wakes the next one", () => {
    const [tx, rx] = mpsc.channel<number>(4);
    const [a, b] = [polled(rx.recv()), polled(rx.recv())];
    tx.trySend(1);
    expect([a.wakes, b.wakes]).toEqual([1, 0]);
    a.drop();
    expect([b.wakes, b.poll(), b.value]).toEqual([1, "ok", 1]);
  });

  test("a woken receive whose value was taken by another waits again", () => {
    const [tx, rx] = mpsc.channel<number>(4);
    const a = polled(rx.recv());
    tx.trySend(1);
    expect([rx.tryRecv(), a.poll(), a.wakes]).toEqual([1, "pending", 1]);
    tx.trySend(2);
    expect([a.wakes, a.poll(), a.value]).toEqual([2, "ok", 2]);
  });

  conforms(
    ["sync_mpsc::async_send_recv_many_with_buffer", "sync_mpsc::send_recv_many_bounded_capacity"],
    "recvMany takes what is there up to its limit, and frees the places",
    () => {
      const [tx, rx] = mpsc.channel<number>(3);
      const waiting = polled(rx.recvMany(2));
      expect(polled(rx.recvMany(0)).value).toEqual([]);
      for (const n of [1, 2, 3]) tx.trySend(n);
      const blocked = polled(tx.send(4));
      expect([waiting.wakes, waiting.poll(), waiting.value]).toEqual([1, "ok", [1, 2]]);
      expect([blocked.poll(), tx.capacity]).toEqual(["ok", 1]);
      tx.close();
      expect(polled(rx.recvMany(9)).value).toEqual([3, 4]);
      expect(polled(rx.recvMany(9)).value).toEqual([]);
      expect(code(() => rx.recvMany(-1))).toBe("ERR_INVALID_ARG");
    },
  );

  conforms(
    [
      "sync_mpsc::test_rx_is_closed_when_dropping_all_senders",
      "sync_mpsc::test_rx_is_not_closed_when_there_are_senders",
    ],
    "the channel ends when every sender is closed, not before",
    () => {
      const [tx, rx] = mpsc.channel<number>(1);
      const other = tx.clone();
      const task = polled(rx.recv());
      tx.close();
      tx.close();
      expect([task.wakes, rx.senderCount, rx.isClosed]).toEqual([0, 1, false]);
      expect(other.sameChannel(tx)).toBe(true);
      {
        using last = other;
        expect(last.isClosed).toBe(false);
      }
      expect([task.wakes, task.poll(), task.value, rx.isClosed]).toEqual([
        1,
        "ok",
        undefined,
        true,
      ]);
      expect(code(() => rx.tryRecv())).toBe("ERR_CHANNEL_CLOSED");
    },
  );

  test("a closed sender sends nothing, and says why", () => {
    const [tx] = mpsc.channel<number>(1);
    tx.close();
    for (const use of [
      () => tx.send(1),
      () => tx.trySend(1),
      () => tx.reserve(),
      () => tx.reserveMany(1),
      () => tx.tryReserve(),
      () => tx.clone(),
    ]) {
      expect(use).toThrow(/this sender was closed/);
    }
  });

  conforms(
    [
      "sync_mpsc::recv_close_gets_none_idle",
      "sync_mpsc::test_rx_is_closed_when_there_are_messages_and_close_is_called",
    ],
    "closing the receiver fails waiting and new sends with their value, and keeps what was sent",
    () => {
      const [tx, rx] = mpsc.channel<string>(1);
      tx.trySend("a");
      const waiting = polled(tx.send("b"));
      const closed = polled(tx.closed());
      expect(closed.status).toBe("pending");
      rx.close();
      rx.close();
      expect([waiting.wakes, waiting.poll(), closed.wakes, closed.poll()]).toEqual([
        1,
        "failed",
        1,
        "ok",
      ]);
      expect([waiting.error.code, waiting.error["value"]]).toEqual(["ERR_CHANNEL_CLOSED", "b"]);
      expect([tx.isClosed, rx.isClosed, code(() => tx.trySend("c"))]).toEqual([
        true,
        true,
        "ERR_CHANNEL_CLOSED",
      ]);
      expect([rx.tryRecv(), code(() => rx.tryRecv())]).toEqual(["a", "ERR_CHANNEL_CLOSED"]);
      expect(polled(rx.recv())).toMatchObject({ status: "ok", value: undefined });
    },
  );

  conforms(
    [
      "sync_mpsc::recv_close_gets_none_reserved",
      "sync_mpsc::ready_close_cancel_bounded",
      "sync_mpsc::dropping_last_permit_wakes_closed_receiver",
      "sync_mpsc::dropping_last_owned_permit_wakes_closed_receiver",
      "sync_mpsc::releasing_last_owned_permit_wakes_closed_receiver",
      "sync_mpsc::sending_last_permit_wakes_closed_receiver",
      "sync_mpsc::sending_last_owned_permit_wakes_closed_receiver",
    ],
    "after the receiver's close an outstanding permit still sends, or its release ends the channel",
    () => {
      const [tx, rx] = mpsc.channel<number>(2);
      const [a, b] = [tx.tryReserve(), tx.tryReserve()];
      rx.close();
      const task = polled(rx.recv());
      expect([task.status, rx.tryRecv()]).toEqual(["pending", undefined]);
      a?.send(1);
      expect([task.wakes, task.poll(), task.value]).toEqual([1, "ok", 1]);
      const end = polled(rx.recv());
      expect(end.status).toBe("pending");
      b?.release();
      expect([end.wakes, end.poll(), end.value]).toEqual([1, "ok", undefined]);
    },
  );

  conforms(
    [
      "sync_mpsc::failed_reserve_wakes_closed_receiver",
      "sync_mpsc::cancelled_reserve_wakes_closed_receiver",
      "sync_mpsc::permit_available_not_acquired_close",
    ],
    "a reserve that was assigned its place and then fails or is dropped ends a closed channel",
    () => {
      for (const end of ["poll", "drop"] as const) {
        const [tx, rx] = mpsc.channel<number>(1);
        tx.trySend(1);
        const reserve = polled(tx.reserve());
        rx.tryRecv();
        rx.close();
        const task = polled(rx.recv());
        expect([reserve.wakes, task.status]).toEqual([1, "pending"]);
        reserve[end]();
        expect([task.wakes, task.poll(), task.value]).toEqual([1, "ok", undefined]);
      }
    },
  );

  test("a send under way and a permit count as senders when theirs is closed", () => {
    const [tx, rx] = mpsc.channel<number>(1);
    tx.trySend(1);
    const sending = polled(tx.send(2));
    tx.close();
    expect([rx.isClosed, rx.tryRecv(), rx.tryRecv()]).toEqual([false, 1, undefined]);
    sending.poll();
    expect([rx.isClosed, rx.tryRecv(), code(() => rx.tryRecv())]).toEqual([
      true,
      2,
      "ERR_CHANNEL_CLOSED",
    ]);
  });

  conforms(
    ["sync_mpsc::try_reserve_fails", "sync_mpsc::drop_permit_releases_permit"],
    "a permit sends once, or gives its place back once",
    () => {
      const [tx, rx] = mpsc.channel<number>(1);
      {
        using permit = tx.tryReserve();
        expect([tx.capacity, tx.tryReserve()]).toEqual([0, undefined]);
        permit?.send(7);
      }
      expect([rx.tryRecv(), tx.capacity]).toEqual([7, 1]);
      const permit = tx.tryReserve();
      permit?.release();
      permit?.release();
      expect([tx.capacity, code(() => permit?.send(1))]).toEqual([1, "ERR_GUARD_RELEASED"]);
      const waiting = tx.tryReserve();
      const next = polled(tx.reserve());
      waiting?.release();
      expect([next.wakes, next.poll()]).toEqual([1, "ok"]);
    },
  );

  conforms("sync_mpsc::reserve_many_above_cap", "reserveMany gets all its places together", () => {
    const [tx, rx] = mpsc.channel<number>(3);
    tx.trySend(0);
    const many = polled(tx.reserveMany(3));
    const later = polled(tx.reserve());
    expect([many.status, later.status, tx.capacity]).toEqual(["pending", "pending", 0]);
    rx.tryRecv();
    expect([many.poll(), later.poll()]).toEqual(["ok", "pending"]);
    for (const [i, permit] of (many.value ?? []).entries()) permit.send(i);
    expect(rx.len).toBe(3);
    expect(polled(tx.reserveMany(0)).value).toEqual([]);
    expect(code(() => tx.reserveMany(4))).toBe("ERR_INVALID_ARG");
  });

  test("a waiting reserveMany that is refused or dropped ends a closed channel", () => {
    const [tx, rx] = mpsc.channel<number>(2);
    tx.trySend(1);
    const many = polled(tx.reserveMany(2));
    rx.close();
    rx.tryRecv();
    expect([many.poll(), many.error.code]).toEqual(["failed", "ERR_CHANNEL_CLOSED"]);
    expect(polled(rx.recv())).toMatchObject({ status: "ok", value: undefined });
  });

  test("disposing of the receiver closes it and lets the values go", () => {
    const [tx, rx] = mpsc.channel<number>(2);
    tx.trySend(1);
    rx[Symbol.dispose]();
    expect([rx.len, rx.isEmpty, tx.isClosed, tx.capacity]).toEqual([0, true, true, 2]);
  });

  conforms(
    ["sync_mpsc::buffer_gteq_one", "sync_panic::mpsc_bounded_channel_panic_caller"],
    "the capacity is checked",
    () => {
      for (const bad of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(code(() => mpsc.channel(bad))).toBe("ERR_INVALID_ARG");
      }
    },
  );

  test("what moves a value costs a unit of the budget, what waits costs none", () => {
    const [tx, rx] = mpsc.channel<number>(1);
    expect([costOf(rx.recv()), costOf(tx.send(1)), costOf(tx.send(2))]).toEqual([0, 1, 0]);
    expect(manual(rx.recv()).poll(0)).toBe("pending");
    expect([costOf(rx.recv()), costOf(rx.recvMany(5)), costOf(tx.closed())]).toEqual([1, 0, 0]);
  });

  test("a receiver that always finds values lets the others go after 128", () => {
    const ex = new TestExecutor();
    const [tx, rx] = mpsc.unbounded<number>();
    for (let i = 0; i < 300; i++) tx.send(i);
    tx.close();
    const task = ex.spawn(function* (): Async<number> {
      let n = 0;
      while ((yield* rx.recv()) !== undefined) n++;
      return n;
    });
    ex.run();
    expect([task.value, task.polls, ex.forcedYields]).toEqual([300, 3, 2]);
  });
});

describe("mpsc.unbounded", () => {
  conforms(
    [
      "sync_mpsc::send_recv_unbounded",
      "sync_mpsc::async_send_recv_unbounded",
      "sync_mpsc::try_recv_unbounded",
      "sync_mpsc::test_rx_unbounded_is_closed_when_dropping_all_senders",
      "sync_mpsc::test_rx_unbounded_is_not_closed_when_there_are_senders",
    ],
    "sending never waits and is received in order",
    () => {
      const [tx, rx] = mpsc.unbounded<number>();
      const task = polled(rx.recv());
      for (let i = 0; i < 1000; i++) tx.send(i);
      expect([task.wakes, task.poll(), task.value, rx.len]).toEqual([1, "ok", 0, 999]);
      expect([rx.capacity, rx.maxCapacity]).toEqual([
        Number.POSITIVE_INFINITY,
        Number.POSITIVE_INFINITY,
      ]);
      for (let i = 1; i < 1000; i++) expect(rx.tryRecv()).toBe(i);
      const other = tx.clone();
      tx.close();
      expect([other.sameChannel(tx), rx.isClosed, rx.tryRecv()]).toEqual([true, false, undefined]);
      other[Symbol.dispose]();
      expect([rx.isClosed, code(() => rx.tryRecv())]).toEqual([true, "ERR_CHANNEL_CLOSED"]);
      expect(() => tx.send(1)).toThrow(/this sender was closed/);
      expect(() => tx.clone()).toThrow(/this sender was closed/);
    },
  );

  test("after the receiver's close a send gives its value back", () => {
    const [tx, rx] = mpsc.unbounded<string>();
    const closed = polled(tx.closed());
    rx.close();
    expect([closed.wakes, closed.poll(), tx.isClosed]).toEqual([1, "ok", true]);
    try {
      tx.send("x");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(SendError);
      expect([(error as SendError<string>).value, (error as SendError).isClosed()]).toEqual([
        "x",
        true,
      ]);
    }
  });

  conforms(
    "sync_mpsc::send_recv_stream_unbounded",
    "a receiver is an async iterable that can be left and taken up again",
    async () => {
      const ex = new TestExecutor();
      const [tx, rx] = mpsc.unbounded<number>();
      for (const n of [1, 2, 3]) tx.send(n);
      tx.close();
      const got: number[] = [];
      await finishAsync(ex, async () => {
        for await (const n of rx) {
          got.push(n);
          if (n === 1) break;
        }
        for await (const n of rx) got.push(n * 10);
      });
      expect(got).toEqual([1, 20, 30]);
    },
  );
});

test("random sends, permits, receives, drops and closes: in order, within the bound, nothing lost or invented", () => {
  const command = fc.record({
    do: fc.constantFrom(
      ...["send", "send", "poll", "poll", "drop", "recv", "recv", "pollRecv", "dropRecv"],
      ...["reserve", "use", "release", "tryRecv", "many", "close"],
    ),
    n: fc.nat(30),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(command, { maxLength: 80 }),
      (bound, commands) => {
        const [tx, rx] = mpsc.channel<number>(bound);
        const sends: { task: Manual<void>; value: number }[] = [];
        const receives: Manual<number | undefined>[] = [];
        const permits: mpsc.Permit<number>[] = [];
        const sent: number[] = [];
        const received: (number | undefined)[] = [];
        let next = 0;
        let closed = false;
        const steps: Record<string, (n: number) => void> = {
          send() {
            sends.push({ task: manual(tx.send(next)), value: next++ });
          },
          poll(n) {
            const send = sends[n % sends.length];
            if (send?.task.status !== "pending") return;
            if (send.task.poll() === ("ok" as string)) sent.push(send.value);
            if (send.task.status === ("failed" as string)) expect(closed).toBe(true);
          },
          drop(n) {
            const send = sends[n % sends.length];
            if (send?.task.status === "pending") send.task.drop();
          },
          recv() {
            receives.push(manual(rx.recv()));
          },
          pollRecv(n) {
            const receive = receives[n % receives.length];
            if (receive?.status !== "pending") return;
            const before = rx.len;
            if (receive.poll() === ("ok" as string)) received.push(receive.value);
            else expect(before).toBe(0);
          },
          dropRecv(n) {
            const receive = receives[n % receives.length];
            if (receive?.status === "pending") receive.drop();
          },
          reserve() {
            const permit = closed ? undefined : tx.tryReserve();
            if (permit !== undefined) permits.push(permit);
          },
          use() {
            const permit = permits.shift();
            if (permit === undefined) return;
            sent.push(next);
            permit.send(next++);
          },
          release() {
            permits.shift()?.release();
          },
          tryRecv() {
            const before = rx.len;
            const value = code(() => rx.tryRecv());
            if (before > 0) received.push(value as number);
          },
          many(n) {
            if (rx.len > 0 && n > 0) received.push(...(polled(rx.recvMany(n)).value ?? []));
          },
          close(n) {
            if (n > 2) return;
            rx.close();
            closed = true;
          },
        };
        for (const { do: what, n } of commands) {
          steps[what]?.(n);
          expect(rx.len + permits.length).toBeLessThanOrEqual(bound);
          expect(rx.len).toBe(sent.length - received.filter((v) => v !== undefined).length);
          // Whoever can go on has been told so.
          const idle = receives.filter((r) => r.status === "pending" && r.polls > 0);
          if (rx.len > 0 && idle.length > 0) expect(idle.some((r) => r.wakes > 0)).toBe(true);
        }
        for (const { task } of sends) if (task.status === "pending") task.drop();
        for (const permit of permits) permit.release();
        tx.close();
        for (;;) {
          const { value } = polled(rx.recv());
          if (value === undefined) break;
          received.push(value);
        }
        expect(received.filter((v) => v !== undefined)).toEqual(sent);
        expect(rx.capacity).toBe(bound);
        for (const receive of receives) {
          if (receive.status === "pending") expect(receive.poll()).toBe("ok");
        }
      },
    ),
    { numRuns: 500 },
  );
});
