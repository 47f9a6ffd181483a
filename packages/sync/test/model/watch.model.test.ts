import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { retain } from "../../src/shared/refs.ts";
import { lockTuning } from "../../src/shared/robust-lock.ts";
import { createWatch, SharedWatch, WatchEnd } from "../../src/shared/shared-watch.ts";
import { WaitPlace } from "../../src/shared/wait-place.ts";
import { deaths, LONG, mortal } from "./among-threads.ts";
import { live, ModelHost, memory } from "./host.ts";

lockTuning.spins = 1;

const options = { timeouts: "never", preemptionBound: LONG ? 3 : 2 } as const;

interface World {
  readonly words: Int32Array;
  /** This thread, which has one sender and one receiver. */
  readonly home: SharedWatch<number>;
  /** An end goes to another thread and is used there. */
  run<T>(ref: number, end: WatchEnd, program: (watch: SharedWatch<number>) => T): { join(): T };
}

function world(senders: number, receivers: number): World {
  const words = memory();
  const host = new ModelHost(words, 0);
  const at = createWatch(host, host.writeCopies(1), 0);
  const home = new SharedWatch<number>(host, at);
  home.addEnds(WatchEnd.SENDER, senders);
  home.addEnds(WatchEnd.RECEIVER, receivers);
  return {
    words,
    home,
    run: (ref, end, program) => {
      home.endSent();
      return thread.spawn(() => program(came(new ModelHost(words, ref), at, end)), `thread ${ref}`);
    },
  };
}

function came(host: ModelHost, at: number, end: WatchEnd): SharedWatch<number> {
  const watch = new SharedWatch<number>(host, at);
  watch.endCame(end, 0);
  return watch;
}

/** Follows the value as a receiver does, until the end; answers what it saw. */
function follow(watch: SharedWatch<number>): number[] {
  const seen = [watch.read()];
  let known = watch.readVersion;
  for (;;) {
    const over = watch.count(WatchEnd.SENDER) === 0;
    if (watch.version !== known) {
      seen.push(watch.read());
      known = watch.readVersion;
    } else if (over) return seen;
    else sleepUnless(watch, () => watch.version !== known || watch.count(WatchEnd.SENDER) === 0);
  }
}

function sleepUnless(watch: SharedWatch<number>, changed: () => boolean): void {
  new WaitPlace(watch.host, watch.newsAt).arm();
  if (!changed()) (watch.host as ModelHost).sleep();
}

function check(body: () => void, more: object = {}): void {
  expect(model(body, { ...options, ...more }).complete).toBe(true);
}

describe("a watch channel among threads, in every interleaving,", { timeout: 120_000 }, () => {
  conforms(
    ["sync/tests/loom_watch::smoke", "sync/tests/loom_watch::wait_for_test"],
    "shows the last value and the end, wakes for both, and frees all its memory",
    () => {
      check(() => {
        const { words, home, run } = world(1, 1);
        const other = run(1, WatchEnd.RECEIVER, (watch) => {
          const seen = follow(watch);
          watch.dropEnd(WatchEnd.RECEIVER);
          return seen;
        });
        home.replace(2, -1);
        home.replace(3, -1);
        home.dropEnd(WatchEnd.SENDER);
        const seen = other.join();
        expect(seen.at(-1)).toBe(3);
        expect([...seen].sort()).toEqual(seen);
        expect(live(words)).toBe(0);
      });
    },
  );

  conforms(
    "sync/tests/loom_watch::wait_for_returns_correct_value",
    "shows the value that belongs to the version, whoever replaces it meanwhile",
    () => {
      check(() => {
        const { home, run } = world(2, 1);
        const other = run(1, WatchEnd.SENDER, (watch) => {
          // Adds one, if nobody was faster.
          for (;;) {
            const value = watch.read();
            if (watch.replace(value + 1, watch.readVersion)) break;
          }
          watch.dropEnd(WatchEnd.SENDER);
        });
        for (;;) {
          const value = home.read();
          if (home.replace(value + 1, home.readVersion)) break;
        }
        other.join();
        expect([home.read(), home.version]).toEqual([3, 2]);
      });
    },
  );

  conforms(
    "sync/tests/loom_watch::multiple_sender_drop_concurrently",
    "ends once when senders of several threads are closed at the same time",
    () => {
      check(() => {
        const { home, run } = world(2, 1);
        const others = [1, 2].map((ref) =>
          run(ref, WatchEnd.SENDER, (watch) => watch.dropEnd(WatchEnd.SENDER)),
        );
        expect(follow(home)).toEqual([1]);
        for (const other of others) other.join();
        expect(home.count(WatchEnd.RECEIVER)).toBe(1);
      });
    },
  );

  it("wakes who waits for a value", () => {
    check(() => {
      const { home, run } = world(1, 1);
      const other = run(1, WatchEnd.RECEIVER, (watch) => {
        sleepUnless(watch, () => watch.version > 0);
        return watch.read();
      });
      home.replace(2, -1);
      expect(other.join()).toBe(2);
    });
  });

  it("tells a sender that the last receiver has gone", () => {
    check(() => {
      const { home, run } = world(1, 1);
      const other = run(1, WatchEnd.RECEIVER, (watch) => watch.dropEnd(WatchEnd.RECEIVER));
      const gone = (): boolean => home.count(WatchEnd.RECEIVER) === 0;
      while (!gone()) {
        new WaitPlace(home.host, home.goneAt).arm();
        if (!gone()) (home.host as ModelHost).sleep();
      }
      other.join();
    });
  });

  it("goes on with a value that was sent, and counts right, when a thread dies, wherever it is", () => {
    for (const step of deaths(60)) {
      check(
        () => {
          const { words, home } = world(2, 1);
          const { at } = home;
          retain(home.host, at);
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (host, begin) => {
              begin();
              const watch = came(host, at, WatchEnd.SENDER);
              watch.read();
              watch.replace(2, -1);
            });
          }, "dying");
          const seen: number[] = [];
          let known = -1;
          // Until the one sender is left that is not the dying one's: if that never came, both.
          home.replace(3, -1);
          dying.join();
          for (let looks = 0; looks < 2; looks++) {
            if (home.version !== known) seen.push(home.read());
            known = home.readVersion;
            home.replace(4 + looks, -1);
          }
          expect(home.read()).toBe(5);
          expect([2, 3]).toContain(seen[0]);
          expect(seen[1]).toBe(4);
          expect(home.count(WatchEnd.RECEIVER)).toBe(1);
          expect([1, 2]).toContain(home.count(WatchEnd.SENDER));
        },
        { timeouts: "any", preemptionBound: 1 },
      );
    }
  });
});
