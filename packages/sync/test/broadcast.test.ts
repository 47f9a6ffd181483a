import { broadcast } from "@treadle/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { costOf, finishAsync, manual, polled } from "./manual.ts";

const attempt = (f: () => unknown): unknown => {
  try {
    return f();
  } catch (error) {
    const { code, missed } = error as { code: string; missed: number };
    return missed > 0 ? `${code} ${missed}` : code;
  }
};

describe("broadcast", () => {
  conforms(
    ["sync_broadcast::send_try_recv_bounded", "sync_broadcast::send_two_recv"],
    "every receiver gets every value sent since it was made",
    () => {
      const [tx, a] = broadcast.channel<number>(4);
      tx.send(1);
      const b = tx.subscribe();
      expect([tx.send(2), tx.receiverCount]).toEqual([2, 2]);
      expect([a.len, b.len, a.tryRecv(), a.tryRecv(), b.tryRecv()]).toEqual([2, 1, 1, 2, 2]);
      expect([a.tryRecv(), a.isEmpty, b.isEmpty]).toEqual([undefined, true, true]);
      expect(a.sameChannel(b)).toBe(true);
    },
  );

  conforms(
    ["sync_broadcast::send_recv_bounded", "sync_broadcast::send_two_recv_bounded"],
    "a send wakes every waiting receiver once",
    () => {
      const [tx, rx] = broadcast.channel<number>(4);
      const tasks = [polled(rx.recv()), polled(tx.subscribe().recv())];
      tx.send(5);
      tx.send(6);
      expect(tasks.map((t) => [t.wakes, t.poll(), t.value])).toEqual([
        [1, "ok", 5],
        [1, "ok", 5],
      ]);
    },
  );

  test("a dropped receive is not woken and has taken nothing", () => {
    const [tx, rx] = broadcast.channel<number>(4);
    const task = polled(rx.recv());
    task.drop();
    tx.send(1);
    expect([task.wakes, rx.tryRecv()]).toEqual([0, 1]);
  });

  conforms(
    [
      "sync_broadcast::receiver_len_with_lagged",
      "sync_broadcast::async_recv_lagged_then_resumes_from_oldest_retained",
      "sync_broadcast::lag_uses_power_of_two_buffer_length",
      "sync_broadcast::lagging_receiver_recovers_after_wrap_open",
      "sync_broadcast::capacity_overflow_reports_lagged_then_oldest_retained",
    ],
    "a slow receiver is told how many values it has missed and goes on with the oldest kept",
    () => {
      const [tx, rx] = broadcast.channel<number>(3);
      for (let i = 0; i < 4; i++) tx.send(i);
      expect(attempt(() => rx.tryRecv())).toBe(0);
      for (let i = 4; i < 10; i++) tx.send(i);
      expect(rx.len).toBe(9);
      const task = polled(rx.recv());
      expect([task.status, task.error.code, task.error["missed"]]).toEqual([
        "failed",
        "ERR_LAGGED",
        5,
      ]);
      expect([rx.len, rx.tryRecv(), rx.tryRecv()]).toEqual([4, 6, 7]);
    },
  );

  conforms(
    "sync_broadcast::single_capacity_recvs_after_drop_2",
    "a lag is told before the end",
    () => {
      const [tx, rx] = broadcast.channel<number>(1);
      tx.send(1);
      tx.send(2);
      tx.close();
      expect([1, 2, 3].map(() => attempt(() => rx.tryRecv()))).toEqual([
        "ERR_LAGGED 1",
        2,
        "ERR_CHANNEL_CLOSED",
      ]);
    },
  );

  conforms(
    ["sync_broadcast::dropping_tx_notifies_rx", "sync_broadcast::resubscribe_to_closed_channel"],
    "the end comes when the last sender is closed, and wakes those who wait",
    () => {
      const [tx, rx] = broadcast.channel<number>(1);
      const other = tx.clone();
      const task = polled(rx.recv());
      tx.close();
      expect([task.wakes, rx.isClosed, other.sameChannel(tx)]).toEqual([0, false, true]);
      other[Symbol.dispose]();
      expect([task.wakes, task.poll(), task.error.code]).toEqual([
        1,
        "failed",
        "ERR_CHANNEL_CLOSED",
      ]);
      expect(attempt(() => tx.send(1))).toBe("ERR_CHANNEL_CLOSED");
      expect(attempt(() => tx.clone())).toBe("ERR_CHANNEL_CLOSED");
      expect(attempt(() => rx.resubscribe().tryRecv())).toBe("ERR_CHANNEL_CLOSED");
    },
  );

  conforms(
    "sync_broadcast::send_no_rx",
    "without receivers a send gives the value back, until somebody subscribes",
    () => {
      const [tx, rx] = broadcast.channel<string>(2);
      const closed = polled(tx.closed());
      rx.close();
      rx.close();
      expect([closed.wakes, closed.poll(), tx.receiverCount]).toEqual([1, "ok", 0]);
      expect(() => tx.send("x")).toThrow(
        expect.objectContaining({ code: "ERR_CHANNEL_CLOSED", value: "x" }),
      );
      const again = tx.subscribe();
      expect([polled(tx.closed()).status, tx.send("y"), again.tryRecv()]).toEqual([
        "pending",
        1,
        "y",
      ]);
    },
  );

  conforms(
    "sync_broadcast::broadcast_sender_closed_with_extra_subscribe",
    "closed() that was woken too late waits again",
    () => {
      const [tx, rx] = broadcast.channel<string>(2);
      const closed = polled(tx.closed());
      rx.close();
      const again = tx.subscribe();
      expect([closed.poll(), closed.wakes]).toEqual(["pending", 1]);
      again.close();
      expect([closed.wakes, closed.poll()]).toEqual([2, "ok"]);
    },
  );

  test("a closed receiver gets nothing more, its wait included", () => {
    const [tx, rx] = broadcast.channel<number>(2);
    const task = polled(rx.recv());
    const keep = tx.subscribe();
    rx.close();
    tx.send(1);
    expect([task.wakes, task.poll(), attempt(() => rx.tryRecv())]).toEqual([
      1,
      "failed",
      "ERR_CHANNEL_CLOSED",
    ]);
    expect(keep.tryRecv()).toBe(1);
  });

  conforms(
    [
      "sync_broadcast::zero_capacity",
      "sync_broadcast::capacity_too_big",
      "sync_panic::broadcast_channel_panic_caller",
    ],
    "capacities are checked and rounded up to a power of two",
    () => {
      for (const bad of [0, -1, 1.5, Number.NaN, 2 ** 26 + 1]) {
        expect(attempt(() => broadcast.channel(bad))).toBe("ERR_INVALID_ARG");
      }
      const [tx, rx] = broadcast.channel<number>(5);
      for (let i = 0; i < 9; i++) tx.send(i);
      expect(attempt(() => rx.tryRecv())).toBe("ERR_LAGGED 1");
    },
  );

  test("receiving costs a unit of the budget, waiting none", () => {
    const [tx, rx] = broadcast.channel<number>(2);
    expect([costOf(rx.recv()), costOf(tx.closed())]).toEqual([0, 0]);
    tx.send(1);
    expect(manual(rx.recv()).poll(0)).toBe("pending");
    expect(costOf(rx.recv())).toBe(1);
  });

  test("as an async iterable it ends with the channel, and throws when values were missed", async () => {
    const ex = new TestExecutor();
    const [tx, rx] = broadcast.channel<number>(2);
    for (const n of [1, 2, 3]) tx.send(n);
    tx.close();
    const got: unknown[] = [];
    await finishAsync(ex, async () => {
      for (let round = 0; round < 2; round++) {
        try {
          for await (const n of rx) got.push(n);
        } catch (error) {
          got.push((error as { missed: number }).missed);
        }
      }
    });
    expect(got).toEqual([1, 2, 3]);
  });
});

conforms(
  ["sync_broadcast::sender_len_random", "sync_broadcast::lag_is_per_receiver"],
  "random use agrees with a log: what each receiver gets, its lag, and what is still kept",
  () => {
    const command = fc.record({
      do: fc.constantFrom(
        "send",
        "send",
        "send",
        "recv",
        "recv",
        "subscribe",
        "resubscribe",
        "close",
      ),
      n: fc.nat(9),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(command, { maxLength: 80 }),
        (capacity, commands) => {
          const kept = 2 ** Math.ceil(Math.log2(capacity));
          const [tx, first] = broadcast.channel<number>(capacity);
          const log: number[] = [];
          const receivers = [{ rx: first, at: 0, open: true }];
          const steps: Record<string, (n: number) => void> = {
            send() {
              const open = receivers.filter((r) => r.open).length;
              expect(attempt(() => tx.send(log.length))).toBe(
                open === 0 ? "ERR_CHANNEL_CLOSED" : open,
              );
              if (open > 0) log.push(log.length);
            },
            recv(n) {
              const r = receivers[n % receivers.length];
              if (r?.open !== true) return;
              const oldest = Math.max(0, log.length - kept);
              const missed = oldest - r.at;
              if (missed > 0) r.at = oldest;
              const expected = missed > 0 ? `ERR_LAGGED ${missed}` : log[r.at];
              expect(attempt(() => r.rx.tryRecv())).toBe(expected);
              if (missed <= 0 && r.at < log.length) r.at++;
            },
            subscribe() {
              receivers.push({ rx: tx.subscribe(), at: log.length, open: true });
            },
            resubscribe(n) {
              const rx = receivers[n % receivers.length]?.rx.resubscribe();
              if (rx !== undefined) receivers.push({ rx, at: log.length, open: true });
            },
            close(n) {
              const r = receivers[n % receivers.length];
              r?.rx.close();
              if (r !== undefined) r.open = false;
            },
          };
          for (const { do: what, n } of commands) {
            steps[what]?.(n);
            const open = receivers.filter((r) => r.open);
            const slowest = Math.min(log.length, ...open.map((r) => r.at));
            expect(tx.len).toBe(Math.min(kept, log.length - slowest));
            for (const r of open) expect(r.rx.len).toBe(log.length - r.at);
          }
        },
      ),
      { numRuns: 500 },
    );
  },
);
