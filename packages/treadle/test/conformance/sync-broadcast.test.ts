import { type Async, broadcast, fn, type RecvError, select, yieldNow } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { currentThread } from "../support/runtimes.ts";

/** What a receiver gets now: a value, "empty", "closed", or how many values it has missed: "-2". */
function next(rx: broadcast.Receiver<unknown>): unknown {
  try {
    return rx.tryRecv() ?? "empty";
  } catch (error) {
    const lagged = error as RecvError;
    return lagged.isLagged() ? `-${lagged.missed}` : "closed";
  }
}

/** A channel of `capacity`, and what one receiver that came first gets when it looks `looks` times. */
function channel(capacity: number) {
  const [tx, rx] = broadcast.channel<number>(capacity);
  const send = (...values: number[]) => {
    for (const value of values) tx.send(value);
  };
  const get = (looks: number, from = rx) => Array.from({ length: looks }, () => next(from));
  return { tx, rx, send, get };
}

describe("a broadcast receiver", () => {
  conforms("sync_broadcast::change_tasks", "wakes the task that polled it last", () => {
    const [tx, rx] = broadcast.channel<string>(1);
    const receive = rx.recv();
    const [first, last] = [new Hand(receive), new Hand(receive)];
    expect([first.isReady(), last.isReady()]).toEqual([false, false]);
    tx.send("hello");
    expect([first.wakes, last.wakes]).toEqual([0, 1]);
  });

  conforms(
    "sync_broadcast::send_slow_rx",
    "gets every value at its own pace while others are ahead",
    () => {
      const { tx, rx, send } = channel(16);
      const slow = tx.subscribe();
      const [ahead, behind] = [new Hand(rx.recv()), new Hand(slow.recv())];
      expect([ahead.isReady(), behind.isReady()]).toEqual([false, false]);
      send(1);
      expect([ahead.wakes, behind.wakes]).toEqual([1, 1]);
      send(2);
      expect([ahead.poll().value, next(rx)]).toEqual([1, 2]);
      const again = new Hand(rx.recv());
      expect(again.isReady()).toBe(false);
      send(3);
      expect([again.wakes, again.poll().value]).toEqual([1, 3]);
      expect([behind.poll().value, next(slow), next(slow), next(slow)]).toEqual([1, 2, 3, "empty"]);
    },
  );

  conforms(
    "sync_broadcast::drop_rx_while_values_remain",
    "may be closed while values are left",
    () => {
      const { tx, rx, send, get } = channel(16);
      const other = tx.subscribe();
      send(1, 2);
      expect([...get(1), ...get(1, other)]).toEqual([1, 1]);
      other.close();
      rx.close();
      expect([tx.receiverCount, tx.len]).toEqual([0, 0]);
    },
  );

  conforms(
    [
      "sync_broadcast::lagging_rx",
      "sync_broadcast::lag_again_before_reading_retained_messages",
      "sync_broadcast::lag_catch_up_then_lag_again",
    ],
    "lags as often as it is too slow, and goes on with the oldest value each time",
    () => {
      const one = channel(2);
      one.send(1, 2, 3);
      expect(one.get(1)).toEqual(["-1"]);
      one.send(4, 5, 6);
      expect(one.get(4)).toEqual(["-3", 5, 6, "empty"]);
      one.send(7, 8, 9);
      expect(one.get(4)).toEqual(["-1", 8, 9, "empty"]);
    },
  );

  conforms(
    "sync_broadcast::slow_receiver_within_capacity_does_not_lag",
    "misses nothing while it is no further behind than the channel holds",
    () => {
      const { tx, send, get } = channel(2);
      const fast = tx.subscribe();
      send(1, 2);
      expect(get(3, fast)).toEqual([1, 2, "empty"]);
      expect(get(3)).toEqual([1, 2, "empty"]);
    },
  );

  conforms(
    [
      "sync_broadcast::lagged_count_matches_number_of_overwritten_messages",
      "sync_broadcast::receiver_len_after_lag_error_advances_cursor",
    ],
    "is told exactly how many values were overwritten, and does not count them any more",
    () => {
      const { rx, send, get } = channel(4);
      send(1, 2, 3, 4);
      expect(get(1)).toEqual([1]);
      send(5, 6, 7, 8);
      expect([rx.len, ...get(1), rx.len]).toEqual([7, "-3", 4]);
      expect([...get(4), rx.len]).toEqual([5, 6, 7, 8, 0]);
    },
  );

  conforms(
    [
      "sync_broadcast::single_capacity_recvs",
      "sync_broadcast::single_capacity_recvs_after_drop_1",
      "sync_broadcast::single_slot_capacity_lag_semantics",
    ],
    "of a channel for one value gets the latest",
    () => {
      const { tx, send, get } = channel(1);
      send(1);
      expect(get(2)).toEqual([1, "empty"]);
      send(2, 3);
      expect(get(3)).toEqual(["-1", 3, "empty"]);
      send(4);
      tx.close();
      expect(get(2)).toEqual([4, "closed"]);
    },
  );

  conforms(
    [
      "sync_broadcast::dropping_sender_does_not_overwrite",
      "sync_broadcast::lagging_receiver_recovers_after_wrap_closed_1",
      "sync_broadcast::lagging_receiver_recovers_after_wrap_closed_2",
    ],
    "gets what is still there when the senders are gone, and then the end",
    () => {
      for (const [sent, gets] of [
        [
          [1, 2],
          [1, 2, "closed"],
        ],
        [
          [1, 2, 3],
          ["-1", 2, 3, "closed"],
        ],
        [
          [1, 2, 3, 4],
          ["-2", 3, 4, "closed"],
        ],
      ] as const) {
        const { tx, send, get } = channel(2);
        send(...sent);
        tx.close();
        expect(get(gets.length)).toEqual(gets);
      }
    },
  );

  conforms(
    ["sync_broadcast::resubscribe_points_to_tail", "sync_broadcast::resubscribe_lagged"],
    "made of another gets what is sent from then on",
    () => {
      const { rx, send, get } = channel(1);
      send(1, 2);
      const again = rx.resubscribe();
      expect([...get(1), ...get(1, again), ...get(2)]).toEqual(["-1", "empty", 2, "empty"]);
      send(3);
      expect([...get(2), ...get(2, again)]).toEqual([3, "empty", 3, "empty"]);
    },
  );

  conforms(
    "sync_broadcast::receiver_recv_is_cooperative",
    "that always finds a value lets other futures of its task go on",
    () => {
      using rt = currentThread();
      const greedy = fn(function* greedy(): Async<never> {
        const [tx, rx] = broadcast.channel<number>(8);
        for (;;) {
          tx.send(1);
          yield* rx.recv();
        }
      });
      const first = rt.blockOn(function* () {
        return yield* select({ greedy: greedy(), other: yieldNow() }, { biased: true });
      });
      expect(first.key).toBe("other");
    },
  );
});

describe("a broadcast sender", () => {
  conforms("sync_broadcast::sender_len", "counts what the slowest receiver has not got", () => {
    const { tx, send, get } = channel(4);
    const slow = tx.subscribe();
    expect([tx.len, tx.isEmpty]).toEqual([0, true]);
    send(1, 2, 3);
    get(2);
    expect([tx.len, tx.isEmpty]).toEqual([3, false]);
    get(1, slow);
    expect(tx.len).toBe(2);
    send(4, 5, 6);
    expect([tx.len, tx.isEmpty]).toEqual([4, false]);
  });

  conforms(
    [
      "sync_broadcast::broadcast_sender_closed",
      "sync_broadcast::broadcast_sender_new_must_be_closed",
    ],
    "is told when the last receiver is gone, and takes a new one as a new beginning",
    () => {
      const { tx, rx } = channel(1);
      const other = tx.subscribe();
      const closed = new Hand(tx.closed());
      expect(closed.isReady()).toBe(false);
      rx.close();
      expect([closed.wakes, closed.isReady()]).toEqual([0, false]);
      other.close();
      expect([closed.wakes, closed.isReady()]).toEqual([1, true]);
      expect(new Hand(tx.closed()).isReady()).toBe(true);
      tx.subscribe();
      expect(new Hand(tx.closed()).isReady()).toBe(false);
    },
  );
});
