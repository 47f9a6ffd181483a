import {
  type Async,
  advance,
  DelayQueue,
  type Expired,
  fn,
  Instant,
  sleep,
  sleepUntil,
} from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { pausedThread } from "../support/runtimes.ts";

/** What each scenario has: a queue, the moment of its start, and somebody who waits for its next value. */
class Scene {
  readonly queue: DelayQueue<string> = new DelayQueue<string>();
  readonly start: Instant = Instant.now();
  private hand: Hand<Expired<string>> = new Hand(this.queue.next());

  /** Inserts a value that is due so many milliseconds after the start. */
  insert(value: string, at: number) {
    return this.queue.insertAt(value, at < 0 ? this.start.sub(-at) : this.start.add(at));
  }

  /** The next value that is due now; "none yet" when the waiter has to go on waiting. */
  take(): string {
    const answer = this.hand.poll();
    if (!answer.done) return "none yet";
    this.hand = new Hand(this.queue.next());
    return answer.value.value;
  }

  /** Whether the waiter was woken since it began to wait. */
  get isWoken(): boolean {
    return this.hand.wakes > 0;
  }

  /** Lets time pass until so many milliseconds after the start. */
  until(at: number) {
    return sleepUntil(this.start.add(at));
  }
}

/** Runs `body` on a runtime whose clock is paused. */
function scene(body: (scene: Scene) => Async<void>): void {
  using rt = pausedThread();
  rt.blockOn(function* () {
    yield* sleep(1_000);
    const own = new Scene();
    yield* fn(body)(own);
  });
}

describe("a delay queue", () => {
  conforms(
    ["time_delay_queue::single_immediate_delay", "time_delay_queue::multi_immediate_delays"],
    "gives what is due now at once, in the order of insertion",
    () => {
      scene(function* (s) {
        for (const value of ["1", "2", "3"]) s.insert(value, 0);
        expect([s.take(), s.take(), s.take(), s.take()]).toEqual(["1", "2", "3", "none yet"]);
      });
    },
  );

  conforms(
    ["time_delay_queue::single_short_delay", "time_delay_queue::multi_delay_at_start"],
    "wakes its waiter when something is due, and at no other time",
    () => {
      scene(function* (s) {
        const delays = [1_000, 2, 234, 262_144 + 9 * 4_096, 60, 10];
        for (const ms of delays) s.insert(`${ms}`, ms);
        expect(s.take()).toBe("none yet");
        for (let ms = 1; ms <= 1_200; ms++) {
          yield* s.until(ms);
          const isDue = delays.includes(ms);
          expect([ms, s.isWoken]).toEqual([ms, isDue]);
          if (isDue) expect([s.take(), s.take()]).toEqual([`${ms}`, "none yet"]);
        }
      });
    },
  );

  conforms(
    [
      "time_delay_queue::insert_in_past_fires_immediately",
      "time_delay_queue::insert_in_past_after_poll_fires_immediately",
    ],
    "gives a value at once whose time has passed, and wakes whoever waits for another",
    () => {
      scene(function* (s) {
        s.insert("later", 200);
        expect(s.take()).toBe("none yet");
        yield* s.until(80);
        expect(s.isWoken).toBe(false);
        s.insert("past", 40);
        expect([s.isWoken, s.take(), s.take()]).toEqual([true, "past", "none yet"]);
      });
    },
  );

  conforms(
    [
      "time_delay_queue::remove_entry",
      "time_delay_queue::remove_expired_item",
      "time_delay_queue::remove_at_timer_wheel_threshold",
    ],
    "gives back what is removed, due or not, and never again",
    () => {
      scene(function* (s) {
        const [soon, first, second] = [s.insert("soon", 5), s.insert("1", 64), s.insert("2", 64)];
        expect([s.take(), s.queue.remove(soon), s.queue.size]).toEqual(["none yet", "soon", 2]);
        yield* s.until(80);
        expect([s.take(), s.queue.remove(second)]).toEqual(["1", "2"]);
        expect([s.queue.remove(first), s.take()]).toEqual([undefined, "none yet"]);
      });
    },
  );

  conforms(
    [
      "time_delay_queue::reset_entry",
      "time_delay_queue::reset_first_expiring_item_to_expire_later",
      "time_delay_queue::reset_later_after_slot_starts",
    ],
    "gives a value that was put off only then",
    () => {
      scene(function* (s) {
        const [one] = [s.insert("one", 100), s.insert("two", 110)];
        expect(s.take()).toBe("none yet");
        yield* s.until(80);
        s.queue.resetAt(one, s.start.add(120));
        expect(s.take()).toBe("none yet");
        yield* s.until(109);
        expect(s.isWoken).toBe(false);
        yield* s.until(110);
        expect([s.isWoken, s.take(), s.take()]).toEqual([true, "two", "none yet"]);
        yield* s.until(119);
        expect(s.isWoken).toBe(false);
        yield* s.until(120);
        expect([s.isWoken, s.take()]).toEqual([true, "one"]);
      });
    },
  );

  conforms(
    [
      "time_delay_queue::reset_much_later",
      "time_delay_queue::reset_twice",
      "time_delay_queue::reset_earlier_after_slot_starts",
      "time_delay_queue::expire_first_key_when_reset_to_expire_earlier",
      "time_delay_queue::expire_second_key_when_reset_to_expire_earlier",
    ],
    "gives a value that was brought forward earlier, be it the first or not",
    () => {
      for (const brought of ["first", "second"]) {
        scene(function* (s) {
          const keys = { first: s.insert("first", 200), second: s.insert("second", 250) };
          expect(s.take()).toBe("none yet");
          yield* s.until(4);
          const key = keys[brought as "first" | "second"];
          s.queue.resetAt(key, s.start.add(50));
          yield* s.until(20);
          s.queue.resetAt(key, s.start.add(40));
          expect(s.take()).toBe("none yet");
          yield* s.until(39);
          expect(s.isWoken).toBe(false);
          yield* s.until(40);
          expect([s.isWoken, s.take(), s.take()]).toEqual([true, brought, "none yet"]);
        });
      }
    },
  );

  conforms(
    "time_delay_queue::reset_to_past_wakes_pending_queue",
    "wakes its waiter when a value is moved to the past",
    () => {
      scene(function* (s) {
        const key = s.queue.insert("foo", 10_000);
        expect([s.take(), s.isWoken]).toEqual(["none yet", false]);
        s.queue.resetAt(key, s.start.sub(100));
        expect([s.isWoken, s.take(), s.queue.size]).toEqual([true, "foo", 0]);
      });
    },
  );

  conforms(
    [
      "time_delay_queue::reset_inserted_expired",
      "time_delay_queue::repeatedly_reset_entry_inserted_as_expired",
    ],
    "does not give a value whose time had passed when it is reset to later",
    () => {
      scene(function* (s) {
        const key = s.insert("foo", -100);
        s.queue.resetAt(key, s.start.add(100));
        s.queue.resetAt(key, s.start.add(50));
        expect([s.queue.size, s.take()]).toEqual([1, "none yet"]);
        yield* s.until(60);
        expect([s.isWoken, s.take(), s.queue.size]).toEqual([true, "foo", 0]);
      });
    },
  );

  conforms("time_delay_queue::multi_reset", "follows any number of resets", () => {
    scene(function* (s) {
      const [one, two] = [s.insert("one", 200), s.insert("two", 250)];
      expect(s.take()).toBe("none yet");
      for (const [key, at] of [
        [one, 300],
        [two, 350],
        [one, 400],
      ] as const) {
        s.queue.resetAt(key, s.start.add(at));
      }
      yield* s.until(310);
      expect(s.take()).toBe("none yet");
      yield* s.until(360);
      expect([s.take(), s.take()]).toEqual(["two", "none yet"]);
      yield* s.until(410);
      expect([s.take(), s.take()]).toEqual(["one", "none yet"]);
    });
  });

  conforms(
    [
      "time_delay_queue::expires_before_last_insert",
      "time_delay_queue::insert_before_first_after_poll",
    ],
    "wakes its waiter earlier for a value that comes before the one it waits for",
    () => {
      scene(function* (s) {
        s.insert("far", 10_000);
        expect(s.take()).toBe("none yet");
        s.insert("near", 600);
        yield* s.until(599);
        expect([s.isWoken, s.take()]).toEqual([false, "none yet"]);
        yield* s.until(600);
        expect([s.isWoken, s.take()]).toEqual([true, "near"]);
      });
    },
  );

  conforms(
    "time_delay_queue::insert_after_ready_poll",
    "goes on giving what is due while more is inserted",
    () => {
      scene(function* (s) {
        for (const value of ["1", "2", "3"]) s.insert(value, 100);
        expect(s.take()).toBe("none yet");
        yield* s.until(100);
        expect(s.isWoken).toBe(true);
        const seen: string[] = [];
        for (let i = 0; i < 3; i++) {
          seen.push(s.take());
          s.insert("foo", 500);
        }
        expect([...seen, s.take()]).toEqual(["1", "2", "3", "none yet"]);
      });
    },
  );

  conforms(
    "time_delay_queue::item_expiry_greater_than_wheel",
    "takes values after more time than its wheel covers",
    () => {
      scene(function* (s) {
        for (let i = 0; i < 2; i++) {
          yield* advance(2 ** 35);
          s.queue.insert("now", 0);
          expect((yield* s.queue.next()).value).toBe("now");
        }
        s.queue.insert("soon", 1);
        expect(s.take()).toBe("none yet");
        yield* sleep(1);
        expect([s.isWoken, s.take()]).toEqual([true, "soon"]);
      });
    },
  );
});
