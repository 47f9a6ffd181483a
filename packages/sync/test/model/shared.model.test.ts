import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { Held, heldWords } from "../../src/shared/held.ts";
import { createFlag, SharedFlag } from "../../src/shared/shared-flag.ts";
import { deaths, mortal } from "./among-threads.ts";
import { came, channel, receive, send, takePlaces, UNBOUNDED } from "./channels.ts";
import { live, ModelHost, memory, Waiting } from "./host.ts";

const options = { timeouts: "never", preemptionBound: 2 } as const;

describe("a channel among threads, in every interleaving,", { timeout: 120_000 }, () => {
  conforms(
    ["sync/tests/loom_list::smoke", "sync/tests/loom_mpsc::closing_unbounded_tx"],
    "brings what two threads send, each in its order, and then ends",
    () => {
      const report = model(() => {
        const words = memory();
        const rx = channel(new ModelHost(words, 0), UNBOUNDED);
        rx.addSender();
        rx.endSent();
        rx.endSent();
        const senders = [1, 2].map((ref) =>
          thread.spawn(() => {
            const tx = came(words, ref, rx.at);
            tx.push(ref * 10);
            if (ref === 1) tx.push(ref * 10 + 1);
            tx.dropSender();
          }, `sender ${ref}`),
        );
        const got = receive(rx);
        for (const sender of senders) sender.join();
        expect(got.filter((n) => n < 20)).toEqual([10, 11]);
        expect(got.filter((n) => n >= 20)).toEqual([20]);
        expect(live(words)).toBe(0);
      }, options);
      expect(report.complete).toBe(true);
    },
  );

  conforms(
    "sync/tests/loom_mpsc::closing_tx",
    "makes a sender wait for a place, and loses no wake",
    () => {
      const report = model(() => {
        const words = memory();
        const rx = channel(new ModelHost(words, 0), 1);
        rx.endSent();
        const sender = thread.spawn(() => {
          const tx = came(words, 1, rx.at);
          for (const value of [1, 2]) expect(send(tx, value)).toBe(true);
          expect(tx.taken?.total).toBe(0);
          tx.dropSender();
        }, "sender");
        expect(receive(rx)).toEqual([1, 2]);
        sender.join();
        expect(live(words)).toBe(0);
      }, options);
      expect(report.complete).toBe(true);
    },
  );

  it("gives a place to one of two threads", () => {
    const report = model(() => {
      const words = memory();
      const rx = channel(new ModelHost(words, 0), 1);
      rx.endSent();
      const other = thread.spawn(() => came(words, 1, rx.at).tryTakePlaces(1), "other");
      const here = rx.tryTakePlaces(1);
      expect([here, other.join()].filter((took) => took)).toHaveLength(1);
      expect([rx.free, rx.taken?.total]).toEqual([0, 1]);
    }, options);
    expect(report.complete).toBe(true);
  });

  it("gives what a dead thread held up once, whoever finds out", () => {
    const report = model(() => {
      const words = memory();
      const host = new ModelHost(words, 0);
      const at = host.allocate(heldWords(3));
      const dead = new ModelHost(words, 1);
      new Held(dead, at).addHere(2);
      dead.die(1);
      const other = thread.spawn(() => new Held(new ModelHost(words, 2), at).sweep(), "other");
      const held = new Held(host, at);
      expect(held.sweep() + other.join()).toBe(2);
      expect(held.total).toBe(0);
    }, options);
    expect(report.complete).toBe(true);
  });

  it("fails a sender that waits when the receiver goes, and frees what is left", () => {
    const report = model(() => {
      const words = memory();
      const rx = channel(new ModelHost(words, 0), 1);
      rx.endSent();
      const sender = thread.spawn(() => {
        const tx = came(words, 1, rx.at);
        try {
          for (let value = 1; value <= 2; value++) if (!send(tx, value)) break;
        } catch {
          // Sealed between the look and the push.
        }
        tx.dropSender();
      }, "sender");
      rx.receiverGone();
      sender.join();
      expect(live(words)).toBe(0);
    }, options);
    expect(report.complete).toBe(true);
  });

  it("gives the places of a thread that dies to those that wait, wherever it is", () => {
    for (const step of deaths(30)) {
      const report = model(
        () => {
          const words = memory();
          const host = new ModelHost(words, 0);
          const rx = channel(host, 2);
          rx.addSender();
          rx.endSent();
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (theirs, begin) => {
              // An end that has not come is its sender's.
              const tx = came(words, 1, rx.at, theirs);
              begin();
              tx.tryTakePlaces(2);
              tx.releasePlaces(1);
            });
          }, "dying");
          // Both places, and the end of the channel, which both come only when the dead one's are back.
          expect(takePlaces(rx, 2)).toBe(true);
          rx.push(1);
          rx.push(2);
          rx.dropSender();
          dying.join();
          expect(receive(rx)).toEqual([1, 2]);
        },
        { preemptionBound: 1 },
      );
      expect(report.complete).toBe(true);
    }
  });

  it("ends when the thread of its last sender dies, whether that had come or was on its way", () => {
    const report = model(() => {
      const words = memory();
      const host = new ModelHost(words, 0);
      const rx = channel(host, UNBOUNDED);
      rx.endSent();
      const dying = thread.spawn(() => {
        came(words, 1, rx.at).push(7);
        new ModelHost(words, 1).die(1);
      }, "dying");
      expect(receive(rx)).toEqual([7]);
      dying.join();
    }, options);
    expect(report.complete).toBe(true);
  });
});

describe("a flag among threads, in every interleaving,", { timeout: 120_000 }, () => {
  conforms(
    [
      "sync/tests/loom_cancellation_token::cancel_token",
      "sync/tests/loom_cancellation_token::cancel_token_owned",
    ],
    "wakes whoever waits for it",
    () => {
      const report = model(
        () => {
          const words = memory();
          const host = new ModelHost(words, 0);
          const at = createFlag(host);
          const setter = thread.spawn(
            () => new SharedFlag(new ModelHost(words, 1), at).set(),
            "setter",
          );
          const flag = new SharedFlag(host, at);
          while (!flag.isSet) {
            flag.enrol(new Waiting());
            if (!flag.isSet) host.sleep();
          }
          setter.join();
        },
        { ...options, preemptionBound: Number.POSITIVE_INFINITY },
      );
      expect(report.exhaustive).toBe(true);
    },
  );
});
