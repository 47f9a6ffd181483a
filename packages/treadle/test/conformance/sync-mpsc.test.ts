import { Elapsed, mpsc, type RuntimeError, timeout } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand, type Pollable } from "../support/hand.ts";
import { currentThread, pausedThread, thrownBy } from "../support/runtimes.ts";

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

/** What `f` answers, or the code of what it throws. */
function tell(f: () => unknown): unknown {
  try {
    return f();
  } catch (error) {
    return (error as RuntimeError).code;
  }
}

/** What a future answers at its first poll; "pending" if nothing. */
function now<T>(future: Pollable<T>): T | string {
  const answer = new Hand(future).poll();
  return answer.done ? answer.value : "pending";
}

/** The permits of a reserve that is ready at its first poll. */
function granted<T>(reserve: Pollable<mpsc.Permit<T>[]>): mpsc.Permit<T>[] {
  const answer = new Hand(reserve).poll();
  return answer.done ? answer.value : [];
}

/** A channel of either kind with one way to send at once. */
interface Pipe {
  readonly tx: mpsc.Sender<number> | mpsc.UnboundedSender<number>;
  readonly rx: mpsc.Receiver<number>;
  send(value: number): void;
}

function bounded(): Pipe {
  const [tx, rx] = mpsc.channel<number>(100);
  return { tx, rx, send: (value) => tx.trySend(value) };
}

function unbounded(): Pipe {
  const [tx, rx] = mpsc.unbounded<number>();
  return { tx, rx, send: (value) => tx.send(value) };
}

/** Runs `body` on a channel of each kind. */
function both(body: (pipe: Pipe) => void): void {
  body(bounded());
  body(unbounded());
}

describe("a receiver of an mpsc channel, bounded or not,", () => {
  conforms(
    [
      "sync_mpsc::test_rx_is_closed_when_calling_close_with_sender",
      "sync_mpsc::test_rx_unbounded_is_closed_when_calling_close_with_sender",
      "sync_mpsc::test_rx_is_closed_when_there_are_no_senders_and_there_are_messages",
      "sync_mpsc::test_rx_unbounded_is_closed_when_there_are_no_senders_and_there_are_messages",
      "sync_mpsc::test_rx_unbounded_is_closed_when_there_are_messages_and_close_is_called",
      "sync_mpsc::test_rx_is_not_closed_when_there_are_senders_and_buffer_filled",
    ],
    "is closed when it or all senders are, whatever is queued, and not before",
    () => {
      for (const messages of [0, 100]) {
        both(({ rx, send }) => {
          for (const i of upTo(messages)) send(i);
          expect(rx.isClosed).toBe(false);
          rx.close();
          expect([rx.isClosed, rx.len]).toEqual([true, messages]);
        });
        both(({ tx, rx, send }) => {
          for (const i of upTo(messages)) send(i);
          tx.close();
          expect([rx.isClosed, rx.len]).toEqual([true, messages]);
        });
      }
    },
  );

  conforms(
    "sync_mpsc::test_rx_is_not_closed_when_there_are_permits_but_not_senders",
    "is not closed while a permit is outstanding whose sender is closed",
    () => {
      const [tx, rx] = mpsc.channel<number>(10);
      const permit = tx.tryReserve();
      tx.close();
      expect(rx.isClosed).toBe(false);
      permit?.release();
      expect(rx.isClosed).toBe(true);
    },
  );

  conforms(
    [
      "sync_mpsc::test_rx_is_empty_when_no_messages_were_sent",
      "sync_mpsc::test_rx_is_not_empty_when_there_are_messages_in_the_buffer",
      "sync_mpsc::test_rx_is_not_empty_when_the_buffer_is_full",
      "sync_mpsc::test_rx_is_not_empty_when_all_but_one_messages_are_consumed",
      "sync_mpsc::test_rx_is_empty_when_all_messages_are_consumed",
      "sync_mpsc::test_rx_is_empty_all_senders_are_dropped_and_messages_consumed",
      "sync_mpsc::test_rx_len_on_empty_channel",
      "sync_mpsc::test_rx_len_on_empty_channel_without_senders",
      "sync_mpsc::test_rx_len_on_filled_channel",
      "sync_mpsc::test_rx_len_on_filled_channel_without_senders",
      "sync_mpsc::test_rx_len_when_consuming_all_messages",
      "sync_mpsc::test_rx_unbounded_is_empty_when_no_messages_were_sent",
      "sync_mpsc::test_rx_unbounded_is_not_empty_when_there_are_messages_in_the_buffer",
      "sync_mpsc::test_rx_unbounded_is_not_empty_when_all_but_one_messages_are_consumed",
      "sync_mpsc::test_rx_unbounded_is_empty_when_all_messages_are_consumed",
      "sync_mpsc::test_rx_unbounded_is_empty_all_senders_are_dropped_and_messages_consumed",
      "sync_mpsc::test_rx_unbounded_len_on_empty_channel",
      "sync_mpsc::test_rx_unbounded_len_on_empty_channel_without_senders",
      "sync_mpsc::test_rx_unbounded_len_with_multiple_messages",
      "sync_mpsc::test_rx_unbounded_len_with_multiple_messages_and_dropped_senders",
      "sync_mpsc::test_rx_unbounded_len_when_consuming_all_messages",
    ],
    "counts what is queued, with senders or without",
    () => {
      for (const closeFirst of [true, false]) {
        both(({ tx, rx, send }) => {
          expect([rx.len, rx.isEmpty]).toEqual([0, true]);
          for (const i of upTo(100)) {
            send(i);
            expect([rx.len, rx.isEmpty]).toEqual([i + 1, false]);
          }
          if (closeFirst) tx.close();
          for (const i of upTo(100)) {
            expect(now(rx.recv())).toBe(i);
            expect([rx.len, rx.isEmpty]).toEqual([99 - i, i === 99]);
          }
          tx.close();
          expect([rx.len, rx.isEmpty]).toEqual([0, true]);
        });
      }
    },
  );

  conforms(
    [
      "sync_mpsc::test_rx_len_when_close_is_called",
      "sync_mpsc::test_rx_len_when_close_is_called_before_dropping_sender",
      "sync_mpsc::test_rx_len_when_close_is_called_after_dropping_sender",
      "sync_mpsc::test_rx_unbounded_len_when_close_is_called",
      "sync_mpsc::test_rx_unbounded_len_when_close_is_called_before_dropping_sender",
      "sync_mpsc::test_rx_unbounded_len_when_close_is_called_after_dropping_sender",
    ],
    "keeps counting what is queued when both ends are closed, in either order",
    () => {
      for (const order of [
        ["rx", "tx"],
        ["tx", "rx"],
      ] as const) {
        both((pipe) => {
          pipe.send(1);
          for (const end of order) {
            pipe[end].close();
            expect(pipe.rx.len).toBe(1);
          }
        });
      }
    },
  );

  conforms(
    "sync_mpsc::test_is_empty_32_msgs",
    "is empty after each of hundreds of values that came and went",
    () => {
      both(({ rx, send }) => {
        for (const i of upTo(256)) {
          send(i);
          expect([now(rx.recv()), rx.isEmpty, rx.len]).toEqual([i, true, 0]);
        }
      });
    },
  );

  conforms(
    [
      "sync_mpsc::try_recv_after_receiver_close",
      "sync_mpsc::try_recv_close_while_empty_bounded",
      "sync_mpsc::try_recv_close_while_empty_unbounded",
    ],
    "tells an empty channel from one that is over",
    () => {
      for (const end of ["rx", "tx"] as const) {
        both((pipe) => {
          expect(tell(() => pipe.rx.tryRecv())).toBe(undefined);
          pipe[end].close();
          expect(tell(() => pipe.rx.tryRecv())).toBe("ERR_CHANNEL_CLOSED");
        });
      }
    },
  );

  conforms(
    "sync_mpsc::try_recv_after_receiver_close_with_permit",
    "after its close is over only when the last permit is",
    () => {
      const [tx, rx] = mpsc.channel<number>(5);
      const permit = tx.tryReserve();
      rx.close();
      expect(tell(() => rx.tryRecv())).toBe(undefined);
      permit?.release();
      expect(tell(() => rx.tryRecv())).toBe("ERR_CHANNEL_CLOSED");
    },
  );

  conforms(
    ["sync_mpsc::send_recv_many_unbounded", "sync_mpsc::send_recv_many_unbounded_capacity"],
    "takes as many as it asks for at once, and fewer where fewer are there",
    () => {
      both(({ tx, rx, send }) => {
        for (const i of upTo(10)) send(i);
        expect(now(rx.recvMany(0))).toEqual([]);
        expect([1, 1, 7, 32].map((limit) => now(rx.recvMany(limit)))).toEqual([
          [0],
          [1],
          [2, 3, 4, 5, 6, 7, 8],
          [9],
        ]);
        const waiting = new Hand(rx.recvMany(4));
        expect(waiting.isReady()).toBe(false);
        send(10);
        expect([waiting.wakes, waiting.poll().value]).toEqual([1, [10]]);
        tx.close();
        expect([now(rx.recvMany(4)), now(rx.recv())]).toEqual([[], undefined]);
      });
    },
  );

  conforms(
    [
      "sync_mpsc::recv_many_with_non_empty_buffer_bounded_rx_closed_and_idle",
      "sync_mpsc::recv_many_with_non_empty_buffer_unbounded_rx_closed_and_idle",
    ],
    "takes nothing from a channel that it has closed itself",
    () => {
      both(({ rx }) => {
        rx.close();
        expect(now(rx.recvMany(1))).toEqual([]);
      });
    },
  );

  conforms(
    ["sync_mpsc::dropping_rx_closes_channel", "sync_mpsc::dropping_rx_closes_channel_for_try"],
    "closes the channel for every way to send when it is disposed of",
    () => {
      const [tx, rx] = mpsc.channel<string>(100);
      tx.trySend("lost");
      rx[Symbol.dispose]();
      for (const use of [
        () => tx.trySend("x"),
        () => tx.tryReserve(),
        () => tx.tryReserveMany(10),
        () => now(tx.send("x")),
        () => now(tx.reserve()),
        () => now(tx.reserveMany(10)),
      ]) {
        expect(tell(use)).toBe("ERR_CHANNEL_CLOSED");
      }
    },
  );

  conforms(
    "sync_mpsc::send_recv_stream_with_buffer",
    "is an async iterable that ends with the channel",
    async () => {
      using rt = currentThread();
      const [tx, rx] = mpsc.channel<number>(16);
      rt.spawn(function* () {
        yield* tx.send(1);
        yield* tx.send(2);
        tx.close();
      });
      const got = await rt.run(async () => {
        const got: number[] = [];
        for await (const value of rx) got.push(value);
        return got;
      });
      expect(got).toEqual([1, 2]);
    },
  );
});

describe("a sender of a bounded channel", () => {
  conforms("sync_mpsc::test_tx_capacity", "has less capacity for each permit and value", () => {
    const [tx] = mpsc.channel<number>(10);
    expect([tx.capacity, tx.maxCapacity]).toEqual([10, 10]);
    tx.tryReserve();
    expect([tx.capacity, tx.maxCapacity]).toEqual([9, 10]);
    tx.trySend(1);
    expect([tx.capacity, tx.maxCapacity]).toEqual([8, 10]);
  });

  conforms(
    ["sync_mpsc::send_recv_with_buffer", "sync_mpsc::send_recv_buffer_limited"],
    "sends by permits and without, in order",
    () => {
      const [tx, rx] = mpsc.channel<number>(2);
      const reserved = new Hand(tx.reserve()).poll().value as mpsc.Permit<number>;
      tx.trySend(2);
      expect(tell(() => tx.trySend(3))).toBe("ERR_CHANNEL_FULL");
      const waiting = new Hand(tx.reserve());
      expect(waiting.isReady()).toBe(false);
      reserved.send(1);
      expect([now(rx.recv()), waiting.wakes]).toEqual([2, 1]);
      expect(tell(() => tx.trySend(1_337))).toBe("ERR_CHANNEL_FULL");
      (waiting.poll().value as mpsc.Permit<number>).send(3);
      tx.close();
      expect([now(rx.recv()), now(rx.recv()), now(rx.recv())]).toEqual([1, 3, undefined]);
    },
  );

  conforms(
    "sync_mpsc::reserve_disarm",
    "gets a place in its turn, when a value is received and when a permit is given back",
    () => {
      const [tx, rx] = mpsc.channel<number>(2);
      const [first, second] = [tx.tryReserve(), tx.tryReserve()];
      const [third, fourth] = [new Hand(tx.clone().reserve()), new Hand(tx.clone().reserve())];
      expect([third.isReady(), fourth.isReady()]).toEqual([false, false]);
      first?.send(1);
      expect(third.wakes).toBe(0);
      expect(rx.tryRecv()).toBe(1);
      expect([third.wakes, fourth.wakes]).toEqual([1, 0]);
      second?.release();
      expect(fourth.wakes).toBe(1);
      expect(new Hand(tx.reserve()).isReady()).toBe(false);
    },
  );

  conforms(
    [
      "sync_mpsc::try_send_fail",
      "sync_mpsc::try_send_fail_with_try_recv",
      "sync_mpsc::try_recv_bounded",
    ],
    "is refused while the channel is full, and only then",
    () => {
      const check = (receive: (rx: mpsc.Receiver<number>) => unknown) => {
        const [tx, rx] = mpsc.channel<number>(5);
        for (const value of [...upTo(5), 5, 6, 7, 8]) {
          if (value >= 5) {
            expect(tell(() => tx.trySend(value))).toBe("ERR_CHANNEL_FULL");
            expect(receive(rx)).toBe(value - 5);
          }
          tx.trySend(value);
        }
        for (const value of [4, 5, 6, 7, 8]) expect(receive(rx)).toBe(value);
        expect(rx.tryRecv()).toBe(undefined);
        tx.trySend(9);
        tx.close();
        expect(receive(rx)).toBe(9);
        expect(tell(() => rx.tryRecv())).toBe("ERR_CHANNEL_CLOSED");
        expect(now(rx.recv())).toBe(undefined);
      };
      check((rx) => rx.tryRecv());
      check((rx) => now(rx.recv()));
    },
  );

  conforms(
    ["sync_mpsc::reserve_many_and_send", "sync_mpsc::try_reserve_many_and_send"],
    "reserves any number of places up to the capacity, and sends by each",
    () => {
      const [tx, rx] = mpsc.channel<number>(20);
      const passes = (permits: mpsc.Permit<number>[] | undefined, n: number) => {
        expect(permits).toHaveLength(n);
        for (const permit of permits ?? []) permit.send(n);
        expect(upTo(n).map(() => rx.tryRecv())).toEqual(upTo(n).map(() => n));
        expect(rx.tryRecv()).toBe(undefined);
      };
      for (const n of upTo(21)) {
        passes(granted(tx.reserveMany(n)), n);
        passes(tx.tryReserveMany(n), n);
      }
    },
  );

  conforms("sync_mpsc::try_reserve_many_full", "gets all the places it asks for or none", () => {
    const check = (capacity: number, sent: number) => {
      const [tx, rx] = mpsc.channel<number>(capacity);
      const permits = tx.tryReserveMany(capacity) ?? [];
      expect([permits.length, tx.capacity, tx.tryReserveMany(1)]).toEqual([capacity, 0, undefined]);
      for (const [i, permit] of permits.entries()) {
        if (i < sent) permit.send(i);
        else permit.release();
      }
      expect(tx.capacity).toBe(capacity - sent);
      expect(tx.tryReserveMany(capacity - sent + 1)).toBe(undefined);
      for (const permit of tx.tryReserveMany(capacity - sent) ?? []) permit.release();
      for (const i of upTo(sent)) expect(rx.tryRecv()).toBe(i);
      expect(tx.capacity).toBe(capacity);
    };
    for (let capacity = 1; capacity < 8; capacity++) {
      for (const sent of upTo(capacity)) check(capacity, sent);
    }
  });

  conforms(
    [
      "sync_mpsc::reserve_many_zero",
      "sync_mpsc::try_reserve_many_zero",
      "sync_mpsc::try_reserve_many_edge_cases",
      "sync_mpsc::reserve_many_on_closed_channel",
      "sync_mpsc::try_reserve_many_on_closed_channel",
    ],
    "reserves no place at all, full or not, but nothing in a closed channel, and never more than it has",
    () => {
      const [tx, rx] = mpsc.channel<number>(1);
      expect([now(tx.reserveMany(0)), tx.tryReserveMany(0)]).toEqual([[], []]);
      tx.trySend(1);
      expect([now(tx.reserveMany(0)), tx.tryReserveMany(0)]).toEqual([[], []]);
      expect(tx.tryReserveMany(Number.MAX_SAFE_INTEGER)).toBe(undefined);
      rx.close();
      for (const n of [0, 1]) {
        expect(tell(() => now(tx.reserveMany(n)))).toBe("ERR_CHANNEL_CLOSED");
        expect(tell(() => tx.tryReserveMany(n))).toBe("ERR_CHANNEL_CLOSED");
      }
    },
  );

  conforms(
    "sync_mpsc::drop_permit_iterator_releases_permits",
    "gets many places when as many permits are given back",
    () => {
      for (let n = 1; n < 20; n++) {
        const [tx] = mpsc.channel<number>(n);
        const permits = tx.tryReserveMany(n) ?? [];
        const next = new Hand(tx.clone().reserveMany(n));
        expect(next.isReady()).toBe(false);
        for (const permit of permits) permit.release();
        expect(next.wakes).toBe(1);
        const answer = next.poll();
        for (const permit of answer.done ? answer.value : []) permit.release();
        expect(tx.capacity).toBe(n);
      }
    },
  );

  conforms(
    [
      "sync_mpsc::failed_reserve_many_wakes_closed_receiver",
      "sync_mpsc::cancelled_reserve_many_wakes_closed_receiver",
      "sync_mpsc::dropping_last_permit_iterator_wakes_closed_receiver",
    ],
    "ends a closed channel when the last of its many places is given back, refused or dropped",
    () => {
      for (const end of ["refused", "dropped", "released"] as const) {
        const [tx, rx] = mpsc.channel<number>(2);
        const [permit] = tx.tryReserveMany(1) ?? [];
        const many = tx.reserveMany(2);
        const reserve = new Hand(many);
        if (end !== "released") expect(reserve.isReady()).toBe(false);
        rx.close();
        const receive = new Hand(rx.recv());
        expect(receive.isReady()).toBe(false);
        permit?.release();
        if (end === "refused") expect(tell(() => reserve.poll())).toBe("ERR_CHANNEL_CLOSED");
        if (end === "dropped") many.return?.();
        expect(receive.wakes).toBe(1);
        expect(receive.poll()).toMatchObject({ done: true, value: undefined });
      }
    },
  );

  conforms("sync_mpsc::recv_timeout", "can be given a time limit", () => {
    using rt = pausedThread();
    rt.blockOn(function* () {
      const [tx, rx] = mpsc.channel<number>(5);
      for (const i of upTo(5)) yield* timeout(1_000, tx.send(i));
      const send = timeout(1_000, tx.send(60));
      try {
        yield* send;
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(Elapsed);
      }
      expect(now(rx.recvMany(9))).toEqual(upTo(5));
      rx.close();
      try {
        yield* timeout(1_000, tx.send(70));
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({ code: "ERR_CHANNEL_CLOSED", value: 70 });
      }
    });
  });

  conforms("sync_mpsc::recv_timeout_panic", "has no time limit outside a runtime", () => {
    const [tx] = mpsc.channel<number>(5);
    expect(thrownBy(() => timeout(1_000, tx.send(10))).code).toBe("ERR_NO_RUNTIME");
  });
});
