import { type Async, type Future, fn, select, spawn, watch, yieldNow } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { currentThread, thrownBy } from "../support/runtimes.ts";

const hasNews = (rx: watch.Receiver<string>) => [rx.hasChanged(), new Hand(rx.changed()).isReady()];

describe("a watch receiver", () => {
  conforms(
    ["sync_watch::rx_version_underflow", "sync_watch::rx_mark_changed"],
    "can take the value for news, as often as it likes, and for itself only",
    () => {
      const [tx, rx] = watch.channel("one");
      const [other, late] = [rx.clone(), rx.clone()];
      rx.markChanged();
      rx.markChanged();
      expect([hasNews(rx), hasNews(other)]).toEqual([
        [true, true],
        [false, false],
      ]);
      other.markChanged();
      expect([other.borrow(), other.hasChanged()]).toEqual(["one", true]);
      expect([other.borrowAndUpdate(), other.hasChanged()]).toEqual(["one", false]);
      tx.send("two");
      expect([late.borrowAndUpdate(), late.hasChanged()]).toEqual(["two", false]);
      late.markChanged();
      expect([late.hasChanged(), late.borrowAndUpdate()]).toEqual([true, "two"]);
    },
  );

  conforms("sync_watch::rx_mark_unchanged", "can take news for none", () => {
    const [tx, rx] = watch.channel("one");
    rx.markChanged();
    rx.markUnchanged();
    expect(hasNews(rx)).toEqual([false, false]);
    tx.send("two");
    expect(rx.hasChanged()).toBe(true);
    rx.markUnchanged();
    expect([...hasNews(rx), rx.borrow()]).toEqual([false, false, "two"]);
  });

  conforms(
    "sync_watch::borrow_and_update",
    "has seen what it looked at, and hears of the end all the same",
    () => {
      const [tx, rx] = watch.channel("one");
      expect(rx.hasChanged()).toBe(false);
      tx.send("two");
      expect(hasNews(rx)).toEqual([true, true]);
      expect(hasNews(rx)).toEqual([false, false]);
      tx.send("three");
      expect([rx.hasChanged(), rx.borrowAndUpdate()]).toEqual([true, "three"]);
      expect(hasNews(rx)).toEqual([false, false]);
      tx.close();
      expect(rx.borrowAndUpdate()).toBe("three");
      expect(thrownBy(() => new Hand(rx.changed()).poll()).code).toBe("ERR_CHANNEL_CLOSED");
    },
  );

  conforms(
    "sync_watch::has_changed_errors_on_closed_channel_with_seen_value",
    "cannot have news when the senders are gone",
    () => {
      const [tx, rx] = watch.channel("one");
      tx.close();
      expect(thrownBy(() => rx.hasChanged()).code).toBe("ERR_CHANNEL_CLOSED");
    },
  );

  conforms(
    "sync_watch::receiver_is_notified_when_last_sender_is_dropped",
    "is woken by the close of the last sender, not of others",
    () => {
      const [tx, rx] = watch.channel(0);
      const other = tx.clone();
      const hand = new Hand(rx.changed());
      expect(hand.isReady()).toBe(false);
      tx.close();
      expect(hand.wakes).toBe(0);
      other.close();
      expect(hand.wakes).toBe(1);
    },
  );

  conforms("sync/tests/notify::watch_test", "hears of a change made by another task", () => {
    using rt = currentThread();
    rt.blockOn(function* () {
      const [tx, rx] = watch.channel(0);
      spawn(function* () {
        tx.send(1);
      });
      yield* rx.changed();
      expect(rx.value).toBe(1);
    });
  });
});

describe("a watch sender", () => {
  conforms(
    "sync_watch::send_modify_panic",
    "tells nobody when its function throws, and of the value at the next change",
    () => {
      const [tx, rx] = watch.channel("one");
      tx.sendModify((watched) => {
        watched.value = "two";
      });
      expect(rx.borrowAndUpdate()).toBe("two");
      const hand = new Hand(rx.changed());
      expect(hand.isReady()).toBe(false);
      const boom = new Error("boom");
      const fail = () =>
        tx.sendModify((watched) => {
          watched.value = "half done";
          throw boom;
        });
      expect(thrownBy(fail)).toBe(boom);
      expect([hand.wakes, hand.isReady(), rx.borrow()]).toEqual([0, false, "half done"]);
      tx.sendModify((watched) => {
        watched.value = "three";
      });
      expect([hand.wakes, hand.isReady(), rx.borrowAndUpdate()]).toEqual([1, true, "three"]);
    },
  );

  conforms("sync_watch::multiple_sender", "is one of several to the same receivers", () => {
    using rt = currentThread();
    rt.blockOn(function* () {
      const [one, rx] = watch.channel(0);
      const two = one.clone();
      const both = spawn(function* () {
        yield* rx.changed();
        const first = rx.borrowAndUpdate();
        yield* rx.changed();
        return [first, rx.borrowAndUpdate()];
      });
      one.send(1);
      yield* yieldNow();
      expect(both.isFinished()).toBe(false);
      two.send(2);
      expect(yield* both).toEqual([1, 2]);
    });
  });
});

describe("what is always ready on a watch channel lets other futures of its task go on:", () => {
  /** Which future of one task ends first: one that asks for `f` for ever, or one that yields once. */
  function first(f: () => Future<unknown>): string {
    using rt = currentThread();
    const greedy = fn(function* greedy(): Async<never> {
      for (;;) {
        try {
          yield* f();
        } catch (error) {
          expect(error).toMatchObject({ code: "ERR_CHANNEL_CLOSED" });
        }
      }
    });
    return rt.blockOn(function* () {
      const ended = yield* select({ greedy: greedy(), other: yieldNow() }, { biased: true });
      return ended.key;
    });
  }

  conforms(
    ["sync_watch::receiver_changed_is_cooperative", "sync_watch::receiver_wait_for_is_cooperative"],
    "the end",
    () => {
      const [tx, rx] = watch.channel(0);
      tx.close();
      expect(first(() => rx.changed())).toBe("other");
      expect(first(() => rx.waitFor((value) => value === 1))).toBe("other");
    },
  );

  conforms("sync_watch::receiver_wait_for_is_cooperative_ok", "a value that fits", () => {
    const [tx, rx] = watch.channel(0);
    tx.send(1);
    expect(first(() => rx.waitFor((value) => value === 1))).toBe("other");
  });

  conforms("sync_watch::sender_closed_is_cooperative", "an abandoned sender", () => {
    const [tx, rx] = watch.channel(0);
    rx.close();
    expect(first(() => tx.closed())).toBe("other");
  });
});
