import type { Async } from "@treadle/core";
import { broadcast, mpsc, oneshot, type WeakSender } from "@treadle/sync";
import { describe, expect } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { TestExecutor } from "../../../tools/test-executor.ts";
import { polled } from "./manual.ts";

/** What the three kinds of senders have in common. */
interface AnySender {
  clone(): AnySender;
  downgrade(): WeakSender<AnySender>;
  close(): void;
  readonly senderCount: number;
}

/** Runs `body` on a channel of each kind. */
function each(body: (tx: AnySender, rx: { readonly isClosed: boolean }) => void): void {
  body(...mpsc.channel<number>(1));
  body(...mpsc.unbounded<number>());
  body(...broadcast.channel<number>(1));
}

describe("a weak sender", () => {
  conforms(
    [
      "sync_mpsc_weak::downgrade_upgrade_sender_success",
      "sync_mpsc_weak::downgrade_upgrade_sender_failure",
      "sync_mpsc_weak::downgrade_drop_upgrade",
      "sync_mpsc_weak::downgrade_upgrade_unbounded_sender_success",
      "sync_mpsc_weak::downgrade_upgrade_unbounded_sender_failure",
      "sync_mpsc_weak::downgrade_drop_upgrade_unbounded",
      "sync_mpsc_weak::test_tx_count_weak_sender",
      "sync_mpsc_weak::test_tx_count_weak_unbounded_sender",
      "sync_mpsc_weak::test_rx_is_closed_when_dropping_all_senders_except_weak_senders",
      "sync_mpsc_weak::test_rx_unbounded_is_closed_when_dropping_all_senders_except_weak_senders",
      "sync_broadcast_weak::downgrade_upgrade_sender_failure",
      "sync_broadcast_weak::downgrade_drop_upgrade",
      "sync_broadcast_weak::test_rx_is_closed_when_dropping_all_senders_except_weak_senders",
    ],
    "gives a sender while there is one, and holds no channel open",
    () => {
      each((tx, rx) => {
        const weak = [tx.downgrade(), tx.clone().downgrade()];
        expect(tx.senderCount).toBe(2);
        for (const one of weak) {
          const strong = one.upgrade();
          expect([tx.senderCount, rx.isClosed]).toEqual([3, false]);
          strong?.close();
        }
        tx.close();
        const last = weak[0]?.upgrade();
        expect(last?.senderCount).toBe(2);
      });
      each((tx, rx) => {
        const weak = [tx.downgrade(), tx.downgrade()];
        tx.close();
        expect([rx.isClosed, ...weak.map((one) => one.upgrade())]).toEqual([
          true,
          undefined,
          undefined,
        ]);
      });
    },
  );

  conforms(
    [
      "sync_mpsc_weak::sender_strong_count_when_cloned",
      "sync_mpsc_weak::sender_strong_count_when_dropped",
      "sync_mpsc_weak::unbounded_sender_strong_count_when_cloned",
      "sync_mpsc_weak::unbounded_sender_strong_count_when_dropped",
      "sync_broadcast_weak::sender_strong_count_when_cloned",
      "sync_broadcast_weak::sender_strong_count_when_dropped",
    ],
    "is not counted, as senders are",
    () => {
      each((tx) => {
        tx.downgrade();
        const other = tx.clone();
        expect([tx.senderCount, other.senderCount]).toEqual([2, 2]);
        other.close();
        expect(tx.senderCount).toBe(1);
      });
    },
  );

  conforms(
    [
      "sync_mpsc_weak::downgrade_get_permit_upgrade_no_senders",
      "sync_mpsc_weak::downgrade_upgrade_get_permit_no_senders",
    ],
    "gives a sender while a permit is outstanding, and the channel then goes on",
    () => {
      const [tx, rx] = mpsc.channel<number>(2);
      const weak = tx.downgrade();
      const permit = tx.tryReserve();
      tx.close();
      const strong = weak.upgrade();
      permit?.release();
      expect([strong !== undefined, rx.isClosed]).toEqual([true, false]);
      strong?.trySend(1);
      strong?.close();
      expect([rx.tryRecv(), rx.isClosed, weak.upgrade()]).toEqual([1, true, undefined]);
    },
  );

  conforms(
    [
      "sync_mpsc_weak::weak_sender",
      "sync_mpsc_weak::weak_unbounded_sender",
      "sync_broadcast_weak::weak_sender",
    ],
    "sends through the sender it gives, until the channel has ended",
    () => {
      const kinds = [
        () => {
          const [tx, rx] = mpsc.channel<number>(16);
          return { tx, rx, send: (to: typeof tx | undefined) => to?.trySend(20) };
        },
        () => {
          const [tx, rx] = mpsc.unbounded<number>();
          return { tx, rx, send: (to: typeof tx | undefined) => to?.send(20) };
        },
        () => {
          const [tx, rx] = broadcast.channel<number>(16);
          return { tx, rx, send: (to: typeof tx | undefined) => to?.send(20) };
        },
      ];
      for (const make of kinds) {
        const { tx, rx, send } = make();
        const weak = (tx as AnySender).downgrade();
        const receive = polled<number | undefined>(rx.recv());
        const strong = weak.upgrade();
        tx.close();
        send(strong as never);
        expect([receive.wakes, receive.poll(), receive.value]).toEqual([1, "ok", 20]);
        strong?.close();
        expect([rx.isClosed, weak.upgrade()]).toEqual([true, undefined]);
      }
    },
  );

  conforms(
    ["sync_mpsc_weak::actor_weak_sender", "sync_mpsc_weak::actor_weak_unbounded_sender"],
    "lets an actor send to itself without keeping itself alive",
    () => {
      type Message = { reply(id: number): void } | "to myself";
      const ex = new TestExecutor();
      const [tx, rx] = mpsc.channel<Message>(8);
      const self = tx.downgrade();
      const actor = ex.spawn(function* (): Async<string[]> {
        const log: string[] = [];
        for (let message = yield* rx.recv(); message !== undefined; message = yield* rx.recv()) {
          if (message === "to myself") {
            log.push(message);
            continue;
          }
          log.push("asked");
          message.reply(log.length);
          using sender = self.upgrade();
          if (sender !== undefined) yield* sender.send("to myself");
        }
        return log;
      });
      const client = ex.spawn(function* (): Async<number> {
        const [reply, answer] = oneshot<number>();
        yield* tx.send({ reply: (id) => reply.send(id) });
        const id = yield* answer;
        tx.close();
        return id;
      });
      ex.run();
      expect([client.value, actor.value]).toEqual([1, ["asked", "to myself"]]);
    },
  );
});
