import { oneshot } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";

describe("a oneshot channel", () => {
  conforms(
    "sync_oneshot::receiver_changes_task",
    "wakes the task that polled the receiver last, and only that",
    () => {
      const [tx, rx] = oneshot<number>();
      const [first, last] = [new Hand(rx), new Hand(rx)];
      expect([first.isReady(), last.isReady()]).toEqual([false, false]);
      expect(tx.send(1)).toBe(true);
      expect([first.wakes, last.wakes]).toEqual([0, 1]);
      expect(last.poll().value).toBe(1);
    },
  );

  conforms(
    "sync_oneshot::sender_changes_task",
    "wakes the task that polled closed() last, and only that",
    () => {
      const [tx, rx] = oneshot<number>();
      const closed = tx.closed();
      const [first, last] = [new Hand(closed), new Hand(closed)];
      expect([first.isReady(), last.isReady()]).toEqual([false, false]);
      rx.close();
      expect([first.wakes, last.wakes]).toEqual([0, 1]);
      expect(last.isReady()).toBe(true);
    },
  );

  conforms(
    [
      "sync_oneshot::receiver_is_empty_send",
      "sync_oneshot::receiver_is_empty_try_recv",
      "sync_oneshot::receiver_is_terminated_send",
      "sync_oneshot::receiver_is_terminated_try_recv",
    ],
    "is empty while nothing is there to be taken, and over once the value was taken",
    () => {
      for (const take of ["poll", "tryRecv"] as const) {
        const [tx, rx] = oneshot<number>();
        const seen = [[rx.isEmpty, rx.isTerminated]];
        tx.send(17);
        seen.push([rx.isEmpty, rx.isTerminated]);
        expect(take === "poll" ? new Hand(rx).poll().value : rx.tryRecv()).toBe(17);
        seen.push([rx.isEmpty, rx.isTerminated]);
        expect(seen).toEqual([
          [true, false],
          [false, false],
          [true, true],
        ]);
      }
    },
  );

  conforms(
    ["sync_oneshot::receiver_is_empty_drop", "sync_oneshot::receiver_is_empty_rx_close"],
    "stays empty when either end is closed with nothing sent",
    () => {
      for (const end of [0, 1] as const) {
        const ends = oneshot<number>();
        expect(ends[1].isEmpty).toBe(true);
        ends[end].close();
        expect(ends[1].isEmpty).toBe(true);
      }
    },
  );
});
