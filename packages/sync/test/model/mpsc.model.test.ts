/** Tokio's models of its mpsc channel, of the one that several threads share here. */
import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import type { SharedChannel } from "../../src/shared/shared-channel.ts";
import { came, channel, closed, receive, UNBOUNDED } from "./channels.ts";
import { live, ModelHost, memory, Waiting } from "./host.ts";

const options = { timeouts: "never", preemptionBound: 2 } as const;

/** Runs the body in every interleaving. */
function always(
  body: (words: Int32Array, host: ModelHost) => void,
  preemptionBound: number = options.preemptionBound,
): void {
  const report = model(
    () => {
      const words = memory();
      body(words, new ModelHost(words, 0));
    },
    { ...options, preemptionBound },
  );
  expect(report.complete).toBe(true);
}

describe("a channel among threads, in every interleaving,", { timeout: 120_000 }, () => {
  conforms(
    ["sync/tests/loom_mpsc::dropping_tx", "sync/tests/loom_mpsc::dropping_unbounded_tx"],
    "ends when its senders are closed, wherever the last one is",
    () => {
      for (const bound of [2, UNBOUNDED]) {
        always((words, host) => {
          const rx = channel(host, bound);
          rx.addSender();
          rx.addSender();
          rx.endSent();
          rx.endSent();
          const others = [1, 2].map((ref) =>
            thread.spawn(() => came(words, ref, rx.at).dropSender(), `sender ${ref}`),
          );
          rx.dropSender();
          expect(receive(rx)).toEqual([]);
          for (const other of others) other.join();
          expect(live(words)).toBe(0);
        });
      }
    },
  );

  conforms(
    ["sync/tests/loom_mpsc::closing_bounded_rx", "sync/tests/loom_mpsc::closing_unbounded_rx"],
    "tells all who wait for its receiver to go",
    () => {
      for (const bound of [2, UNBOUNDED]) {
        always((words, host) => {
          const rx = channel(host, bound);
          rx.addSender();
          rx.endSent();
          rx.endSent();
          const others = [1, 2].map((ref) =>
            thread.spawn(() => {
              const tx = came(words, ref, rx.at);
              closed(tx);
              tx.dropSender();
            }, `sender ${ref}`),
          );
          rx.receiverGone();
          for (const other of others) other.join();
          expect(live(words)).toBe(0);
        });
      }
    },
  );

  conforms(
    "sync/tests/loom_mpsc::closing_and_sending",
    "brings what was sent, and its end to one who waits for it",
    () => {
      always((words, host) => {
        const rx = channel(host, 2);
        rx.addSender();
        rx.endSent();
        rx.endSent();
        const sender = thread.spawn(() => {
          const tx = came(words, 1, rx.at);
          expect(tx.tryTakePlaces(1)).toBe(true);
          tx.push(7);
          tx.dropSender();
        }, "sender");
        const waiter = thread.spawn(() => {
          const tx = came(words, 2, rx.at);
          closed(tx);
          tx.dropSender();
        }, "waiter");
        while (!rx.hasValue()) {
          rx.awaitValue(new Waiting());
          if (!rx.hasValue()) host.sleep();
        }
        expect(rx.take()).toBe(7);
        rx.receiverGone();
        for (const each of [sender, waiter]) each.join();
        expect(live(words)).toBe(0);
      });
    },
  );

  conforms(
    ["sync/tests/loom_mpsc::len_nonzero_after_send", "sync/tests/loom_mpsc::nonempty_after_send"],
    "has what was sent here, whoever sends at the same time",
    () => {
      always((words, host) => {
        const rx = channel(host, 3);
        rx.addSender();
        rx.endSent();
        const other = thread.spawn(() => {
          const tx = came(words, 1, rx.at);
          expect(tx.tryTakePlaces(1)).toBe(true);
          tx.push(2);
          tx.dropSender();
        }, "other");
        expect(rx.tryTakePlaces(1)).toBe(true);
        rx.push(1);
        expect(rx.hasValue()).toBe(true);
        expect([1, 2]).toContain(rx.count());
        other.join();
        expect(rx.count()).toBe(2);
      });
    },
  );

  conforms(
    [
      "sync/tests/loom_mpsc::is_empty_during_close",
      "sync/tests/loom_mpsc::len_during_close_0",
      "sync/tests/loom_mpsc::len_during_close_1",
      "sync/tests/loom_mpsc::len_during_close_block_cap",
      "sync/tests/loom_mpsc::len_during_close_block_cap_plus_1",
    ],
    "counts its values right while its last sender is closed",
    () => {
      for (const values of [0, 1, 4]) {
        always((words, host) => {
          const rx = channel(host, values + 1);
          expect(values === 0 || rx.tryTakePlaces(values)).toBe(true);
          for (let value = 0; value < values; value++) rx.push(value);
          rx.endSent();
          const sender = thread.spawn(() => came(words, 1, rx.at).dropSender(), "sender");
          expect([rx.hasValue(), rx.count()]).toEqual([values > 0, values]);
          sender.join();
          expect(rx.count()).toBe(values);
        });
      }
    },
  );

  it("gives a sender of itself while one is open, and never one that comes after the end", () => {
    always((words, host) => {
      const rx = channel(host, UNBOUNDED);
      rx.addSender();
      rx.endSent();
      rx.endSent();
      const last = thread.spawn(() => came(words, 1, rx.at).dropSender(), "last");
      const weak = thread.spawn(() => upgrade(came(words, 2, rx.at)), "weak");
      const got = receive(rx);
      last.join();
      expect(got).toEqual(weak.join() ? [7] : []);
      expect(live(words)).toBe(0);
    });
  });

  it("gives one while a permit is left, and loses nothing that is sent by it", () => {
    always((words, host) => {
      const rx = channel(host, 2);
      rx.endSent();
      expect(rx.tryTakePlaces(1)).toBe(true);
      const weak = thread.spawn(() => upgrade(came(words, 1, rx.at)), "weak");
      rx.releasePlaces(1);
      const got = receive(rx);
      expect(got).toEqual(weak.join() ? [7] : []);
      expect(live(words)).toBe(0);
    }, 4);
  });
});

/** Makes a sender of none, and sends by it, as a WeakSender does whose thread has only a send that waits for a place. */
function upgrade(tx: SharedChannel<number>): boolean {
  tx.use();
  tx.dropSender();
  const upgraded = tx.tryAddSender();
  if (upgraded) {
    expect(tx.taken === null || tx.tryTakePlaces(1)).toBe(true);
    tx.push(7);
    tx.dropSender();
  }
  tx.unuse(1);
  return upgraded;
}
