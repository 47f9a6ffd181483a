import type { Async } from "@treadle/core";
import { oneshot } from "@treadle/sync";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { costOf, manual, polled } from "./manual.ts";

describe("oneshot", () => {
  conforms(
    "sync_oneshot::async_send_recv",
    "a value sent before is received in the first poll",
    () => {
      const [tx, rx] = oneshot<number>();
      expect([tx.send(1), rx.isEmpty]).toEqual([true, false]);
      const task = polled(rx);
      expect([task.value, task.wakes, rx.isEmpty, rx.isTerminated]).toEqual([1, 0, true, true]);
    },
  );

  conforms("sync_oneshot::send_recv", "a send wakes the receiver once", () => {
    const [tx, rx] = oneshot<number>();
    const task = polled(rx);
    expect(tx.send(1)).toBe(true);
    expect([task.wakes, task.poll(), task.value]).toEqual([1, "ok", 1]);
  });

  test("only the first send counts", () => {
    const [tx, rx] = oneshot<number>();
    expect([tx.send(1), tx.send(2), rx.tryRecv(), tx.send(3)]).toEqual([true, false, 1, false]);
  });

  conforms(
    "sync_oneshot::close_tx",
    "a sender closed with nothing sent fails the receiver, waiting or not",
    () => {
      const [tx, rx] = oneshot<number>();
      const task = polled(rx);
      tx.close();
      expect([task.wakes, task.poll(), task.error.code]).toEqual([
        1,
        "failed",
        "ERR_CHANNEL_CLOSED",
      ]);
      expect(() => rx.tryRecv()).toThrow(/channel closed/);
      expect([rx.isTerminated, tx.send(1), tx.isClosed]).toEqual([true, false, false]);
    },
  );

  test("closing a sender that has sent takes nothing back", () => {
    const [tx, rx] = oneshot<number>();
    {
      using sender = tx;
      sender.send(5);
    }
    expect(polled(rx).value).toBe(5);
  });

  conforms(
    [
      "sync_oneshot::close_rx",
      "sync_oneshot::async_rx_closed",
      "sync_oneshot::close_try_recv_poll",
    ],
    "closing the receiver tells the sender, and refuses the value",
    () => {
      const [tx, rx] = oneshot<number>();
      const closed = polled(tx.closed());
      expect([closed.status, tx.isClosed]).toEqual(["pending", false]);
      rx.close();
      expect([closed.wakes, closed.poll(), tx.isClosed, tx.send(1)]).toEqual([
        1,
        "ok",
        true,
        false,
      ]);
      expect(() => rx.tryRecv()).toThrow(/channel closed/);
      expect(polled(rx).error.code).toBe("ERR_CHANNEL_CLOSED");
      expect(polled(tx.closed()).status).toBe("ok");
    },
  );

  conforms(
    ["sync_oneshot::explicit_close_poll", "sync_oneshot::explicit_close_try_recv"],
    "a value sent before the receiver was closed can still be received, unless it was disposed of",
    () => {
      const [tx, rx] = oneshot<number>();
      tx.send(1);
      rx.close();
      expect(rx.tryRecv()).toBe(1);
      const [tx1, rx1] = oneshot<number>();
      tx1.send(1);
      rx1.close();
      expect(polled(rx1).value).toBe(1);
      const [tx2, rx2] = oneshot<number>();
      tx2.send(1);
      rx2[Symbol.dispose]();
      expect(polled(rx2).error.code).toBe("ERR_FUTURE_STATE");
    },
  );

  conforms(
    [
      "sync_oneshot::close_after_recv",
      "sync_oneshot::try_recv_after_completion",
      "sync_oneshot::try_recv_after_completion_await",
    ],
    "tryRecv tells a value that may come from one that was taken",
    () => {
      const [tx, rx] = oneshot<number>();
      expect(rx.tryRecv()).toBeUndefined();
      tx.send(1);
      expect(rx.tryRecv()).toBe(1);
      expect(() => rx.tryRecv()).toThrow(expect.objectContaining({ code: "ERR_FUTURE_STATE" }));
      rx.close();
      const [tx2, rx2] = oneshot<number>();
      tx2.send(2);
      expect(polled(rx2).value).toBe(2);
      expect(() => rx2.tryRecv()).toThrow(/already taken/);
    },
  );

  test("a dropped wait is not woken, leaves the channel open, and can be begun again by another task", () => {
    const [tx, rx] = oneshot<number>();
    const first = polled(rx);
    first.drop();
    expect(tx.isClosed).toBe(false);
    const second = polled(rx);
    tx.send(2);
    expect([first.wakes, second.wakes, second.poll(), second.value]).toEqual([0, 1, "ok", 2]);
  });

  test("a dropped closed() is not woken", () => {
    const [tx, rx] = oneshot<number>();
    const [a, b] = [polled(tx.closed()), polled(tx.closed())];
    a.drop();
    rx.close();
    expect([a.wakes, b.wakes]).toEqual([0, 1]);
  });

  test("receiving costs a unit of the budget, waiting none, and without budget the value stays", () => {
    const [tx, rx] = oneshot<number>();
    expect([costOf(rx), costOf(tx.closed())]).toEqual([0, 0]);
    tx.send(1);
    expect(manual(rx).poll(0)).toBe("pending");
    expect([rx.isEmpty, costOf(rx), rx.isEmpty]).toEqual([false, 1, true]);
  });

  test("a round trip between two tasks takes no poll more than it must", () => {
    const ex = new TestExecutor();
    const [atx, arx] = oneshot<number>();
    const [btx, brx] = oneshot<number>();
    const ping = ex.spawn(function* (): Async<number> {
      atx.send(1);
      return yield* brx;
    });
    const pong = ex.spawn(function* (): Async<void> {
      btx.send((yield* arx) + 1);
    });
    ex.run();
    expect([ping.value, ping.polls, pong.polls]).toEqual([2, 2, 1]);
  });
});
