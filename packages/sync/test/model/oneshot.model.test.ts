import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import {
  createOneshot,
  Phase,
  SharedOneshotReceiver,
  SharedOneshotSender,
} from "../../src/shared/shared-oneshot.ts";
import { deaths, mortal } from "./among-threads.ts";
import { live, ModelHost, memory } from "./host.ts";

const options = { timeouts: "never", preemptionBound: Number.POSITIVE_INFINITY } as const;

interface World {
  readonly words: Int32Array;
  readonly host: ModelHost;
  /** The receiver, here. */
  readonly rx: SharedOneshotReceiver<number>;
  /** The sender, come to the thread that calls this. */
  tx(ref: number, host?: ModelHost): SharedOneshotSender<number>;
}

function world(): World {
  const words = memory();
  const host = new ModelHost(words, 0);
  const at = createOneshot(host, Phase.OPEN, 0);
  return {
    words,
    host,
    rx: new SharedOneshotReceiver<number>(host, at, () => undefined),
    tx: (ref, there = new ModelHost(words, ref)) => {
      const sender = new SharedOneshotSender<number>(there, at, () => undefined);
      sender.came();
      return sender;
    },
  };
}

/** Receives as the future does: the value, or the phase in which there is none. */
function receive({ rx, host }: World): number {
  for (;;) {
    if (rx.look() === Phase.OPEN) rx.awaitValue();
    const phase = rx.look();
    if (phase === Phase.SENT) return rx.take();
    if (phase !== Phase.OPEN) {
      rx.leave();
      return -phase;
    }
    host.sleep();
  }
}

function check(body: () => void, more: object = {}): void {
  expect(model(body, { ...options, ...more }).complete).toBe(true);
}

describe("a oneshot channel between threads, in every interleaving,", { timeout: 120_000 }, () => {
  conforms(
    ["sync/tests/loom_oneshot::smoke", "sync/tests/loom_oneshot::changing_rx_task"],
    "brings the value, and frees all its memory",
    () => {
      check(() => {
        const all = world();
        const sender = thread.spawn(() => all.tx(1).send(7), "sender");
        expect(receive(all)).toBe(7);
        expect(sender.join()).toBe(true);
        expect(live(all.words)).toBe(0);
      });
    },
  );

  conforms(
    "sync/tests/loom_oneshot::recv_closed",
    "fails the receiver when the sender is closed",
    () => {
      check(() => {
        const all = world();
        const sender = thread.spawn(() => all.tx(1).close(), "sender");
        expect(receive(all)).toBe(-Phase.SENDER_GONE);
        sender.join();
        expect(live(all.words)).toBe(0);
      });
    },
  );

  conforms(
    [
      "sync/tests/loom_oneshot::try_recv_close",
      "sync/tests/loom_oneshot::checking_tx_send_ok_not_drop",
      "sync/tests/loom_oneshot::drop_rx_after_poll",
    ],
    "tells the sender truly whether the value can be received, when the receiver closes meanwhile",
    () => {
      check(() => {
        const all = world();
        const sender = thread.spawn(() => all.tx(1).send(7), "sender");
        all.rx.awaitValue();
        all.rx.close();
        const got = all.rx.look() === Phase.SENT ? all.rx.take() : 0;
        if (got === 0) all.rx.leave();
        expect(sender.join()).toBe(got === 7);
        expect(live(all.words)).toBe(0);
      });
    },
  );

  it("frees a value that the receiver leaves behind", () => {
    check(() => {
      const all = world();
      const sender = thread.spawn(() => all.tx(1).send(7), "sender");
      all.rx.close();
      all.rx.leave();
      sender.join();
      expect(live(all.words)).toBe(0);
    });
  });

  conforms(
    "sync/tests/loom_oneshot::changing_tx_task",
    "wakes a sender that waits for the receiver to go",
    () => {
      check(() => {
        const all = world();
        const sender = thread.spawn(() => {
          const tx = all.tx(1);
          while (tx.isOpen()) {
            tx.awaitGone();
            if (tx.isOpen()) (tx.host as ModelHost).sleep();
          }
          return tx.send(1);
        }, "sender");
        all.rx.close();
        all.rx.leave();
        expect(sender.join()).toBe(false);
        expect(live(all.words)).toBe(0);
      });
    },
  );

  it("brings the value, or fails, when the sender's thread dies, wherever it is", () => {
    for (const step of deaths(16)) {
      check(
        () => {
          const all = world();
          const dying = thread.spawn(() => {
            mortal(all.words, 1, step, (host, begin) => {
              // An end that has not come is its sender's.
              const tx = all.tx(1, host);
              begin();
              tx.send(7);
            });
          }, "dying");
          const got = receive(all);
          expect([7, -Phase.SENDER_GONE]).toContain(got);
          dying.join();
        },
        { preemptionBound: 3 },
      );
    }
  });

  it("fails the sender, or has its value taken, when the receiver's thread dies", () => {
    for (const step of deaths(16)) {
      check(
        () => {
          const words = memory();
          const host = new ModelHost(words, 0);
          const at = createOneshot(host, Phase.OPEN, 0);
          const tx = new SharedOneshotSender<number>(host, at, () => undefined);
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (theirs, begin) => {
              const rx = new SharedOneshotReceiver<number>(theirs, at, () => undefined);
              rx.came();
              begin();
              rx.awaitValue();
              if (rx.look() === Phase.SENT) rx.take();
              else rx.close();
            });
          }, "dying");
          while (tx.isOpen()) {
            tx.awaitGone();
            if (tx.isOpen()) host.sleep();
          }
          expect(tx.send(1)).toBe(false);
          dying.join();
        },
        { preemptionBound: 3 },
      );
    }
  });
});
