import { load, store } from "@treadle/core/shared";
import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { retain } from "../../src/shared/refs.ts";
import { lockTuning } from "../../src/shared/robust-lock.ts";
import { createNotify, Notice, SharedNotify } from "../../src/shared/shared-notify.ts";
import { deaths, LONG, mortal, notified, Turn } from "./among-threads.ts";
import { live, ModelHost, memory } from "./host.ts";

lockTuning.spins = 1;

/** A word that says how many waits were made. */
const MADE = 399;
const options = { timeouts: "never", preemptionBound: LONG ? 3 : 2 } as const;

interface World {
  readonly words: Int32Array;
  readonly home: SharedNotify;
  /** Runs on another thread, to which the Notify was sent. */
  run<T>(ref: number, program: (notify: SharedNotify) => T): { join(): T };
}

function world(): World {
  const words = memory();
  const host = new ModelHost(words, 0);
  const at = createNotify(host, false, 0);
  const home = new SharedNotify(host, at);
  return {
    words,
    home,
    run: (ref, program) => {
      retain(host, at);
      return thread.spawn(() => {
        const notify = new SharedNotify(new ModelHost(words, ref), at);
        const result = program(notify);
        notify.leaveForGood();
        return result;
      }, `thread ${ref}`);
    },
  };
}

function check(body: () => void, more: object = {}): void {
  expect(model(body, { ...options, ...more }).complete).toBe(true);
}

const one = (notify: SharedNotify): void => notify.passOn(Notice.BY_ONE);
const wait = (notify: SharedNotify): void => notified(notify);

/** Whether a permit is stored, which then is not any more. */
function hadPermit(notify: SharedNotify): boolean {
  const node = notify.queue(notify.calls, new Turn());
  if (node !== 0) notify.giveUp(node);
  return node === 0;
}

describe("a Notify among threads, in every interleaving,", { timeout: 120_000 }, () => {
  conforms(
    "sync/tests/loom_notify::notify_one",
    "brings a notification to who waits, or keeps it, and frees all its memory in the end",
    () => {
      check(() => {
        const { words, home, run } = world();
        const waiter = run(1, wait);
        one(home);
        waiter.join();
        expect(hadPermit(home)).toBe(false);
        home.leaveForGood();
        expect(live(words)).toBe(0);
      });
    },
  );

  conforms(
    "sync/tests/loom_notify::notify_multi",
    "wakes one for each notification, whichever threads notify and wait",
    () => {
      check(() => {
        const { home, run } = world();
        const others = [run(1, one), run(2, wait)];
        const turn = new Turn();
        const node = home.queue(home.calls, turn);
        one(home);
        for (const other of others) other.join();
        // Two notifications; one is taken there. Two before anybody waits are one.
        if (node !== 0 && turn.state === 0) home.giveUp(node);
      });
    },
  );

  conforms(
    [
      "sync/tests/loom_notify::notify_waiters",
      "sync/tests/loom_notify::notify_waiters_is_atomic",
      "sync/tests/loom_notify::notify_waiters_poll_consistency",
      "sync/tests/loom_notify::notify_waiters_poll_consistency_many",
    ],
    "wakes all that began before notifyWaiters, and nobody else",
    () => {
      check(() => {
        const { home, run } = world();
        const since = home.calls;
        const others = [1, 2].map((ref) => run(ref, (notify) => notified(notify, since)));
        const turn = new Turn();
        expect(home.queue(since, turn)).toBeGreaterThan(0);
        home.notifyWaiters();
        for (const other of others) other.join();
        expect(turn.state).toBe(Notice.BY_ALL);
        expect(hadPermit(home)).toBe(false);
      });
    },
  );

  conforms(
    "sync/tests/loom_notify::notify_waiters_and_one",
    "wakes two waits by one notifyWaiters and one notifyOne, in whatever order they come",
    () => {
      check(
        () => {
          const { home, run } = world();
          const since = home.calls;
          const all = run(1, (notify) => notify.notifyWaiters());
          const single = run(2, one);
          notified(home, since);
          notified(home, since);
          all.join();
          single.join();
        },
        { preemptionBound: 1 },
      );
    },
  );

  conforms(
    "sync/tests/loom_notify::notify_waiters_sequential_notified_await",
    "wakes one wait after the other by one notifyWaiters each, made before the wait was polled",
    () => {
      check(() => {
        const { words, home, run } = world();
        const waiter = run(1, (notify) => {
          for (let i = 1; i <= 2; i++) {
            const since = notify.calls;
            store(words, MADE, i);
            notified(notify, since);
          }
        });
        for (let i = 1; i <= 2; i++) {
          while (load(words, MADE) < i);
          home.notifyWaiters();
        }
        waiter.join();
      });
    },
  );

  conforms(
    "sync/tests/loom_notify::notify_drop",
    "hands a notification on when its wait is given up",
    () => {
      check(() => {
        const { home, run } = world();
        const other = run(1, wait);
        const turn = new Turn();
        const node = home.queue(home.calls, turn);
        const notifier = run(2, one);
        if (node !== 0) {
          // Not told yet, or told that the notification is its own.
          if (turn.state === 0) home.giveUp(node);
          else one(home);
        } else one(home);
        other.join();
        notifier.join();
        expect(hadPermit(home)).toBe(false);
      });
    },
  );

  it("tells a thread of one wait after the other", () => {
    check(() => {
      const { home, run } = world();
      const turns = [new Turn(), new Turn()];
      for (const turn of turns) home.queue(home.calls, turn);
      const others = [1, 2].map((ref) => run(ref, one));
      while (turns.some((turn) => turn.state === 0)) (home.host as ModelHost).sleep();
      for (const other of others) other.join();
      expect(hadPermit(home)).toBe(false);
    });
  });

  it("forgets a wait that is given up when it has ended and is not told", () => {
    check(() => {
      const { words, home, run } = world();
      const node = home.queue(home.calls, new Turn());
      const notifier = run(1, one);
      home.giveUp(node);
      notifier.join();
      expect(hadPermit(home)).toBe(true);
      const turn = new Turn();
      home.queue(home.calls, turn);
      one(home);
      expect(turn.state).toBe(Notice.BY_ONE);
      home.leaveForGood();
      expect(live(words)).toBe(0);
    });
  });

  it("notifies the newest wait if asked to", () => {
    check(() => {
      const { home, run } = world();
      const turns = [new Turn(), new Turn()];
      for (const turn of turns) home.queue(home.calls, turn);
      const last = run(1, (notify) => notify.passOn(Notice.BY_LAST));
      while (turns[1]?.state === 0) (home.host as ModelHost).sleep();
      last.join();
      expect(turns.map((turn) => turn.state)).toEqual([0, Notice.BY_LAST]);
      one(home);
      expect(turns[0]?.state).toBe(Notice.BY_ONE);
    });
  });

  it("loses no notification to a wait whose thread dies, and no wait to a notifier that does", () => {
    for (const step of deaths(90)) {
      check(
        () => {
          const words = memory();
          const host = new ModelHost(words, 0);
          const at = createNotify(host, false, 0);
          const home = new SharedNotify(host, at);
          retain(host, at);
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (theirs, begin) => {
              begin();
              const notify = new SharedNotify(theirs, at);
              notify.queue(notify.calls, new Turn());
              notify.notifyWaiters();
              notify.queue(notify.calls, new Turn());
            });
          }, "dying");
          const turns = [new Turn(), new Turn()];
          const since = home.calls;
          const nodes = turns.map((turn) => home.queue(since, turn));
          one(home);
          dying.join();
          // Whoever it was given to: it is here now, or all were notified.
          const ended = (): boolean => turns.some((turn, i) => nodes[i] === 0 || turn.state !== 0);
          while (!ended()) host.sleep();
          // All, if any of them was notified by notifyWaiters.
          if (turns.some((turn) => turn.state === Notice.BY_ALL))
            for (const [i, turn] of turns.entries())
              while (nodes[i] !== 0 && turn.state === 0) host.sleep();
        },
        { timeouts: "any", preemptionBound: 1 },
      );
    }
  });

  it("notifies all or none when a thread dies in notifyWaiters, wherever it is", () => {
    for (const step of deaths(16)) {
      check(
        () => {
          const words = memory();
          const host = new ModelHost(words, 0);
          const at = createNotify(host, false, 0);
          const home = new SharedNotify(host, at);
          const turns = [new Turn(), new Turn(), new Turn()];
          for (const turn of turns) home.queue(0, turn);
          retain(host, at);
          thread
            .spawn(() => {
              mortal(words, 1, step, (theirs, begin) => {
                const notify = new SharedNotify(theirs, at);
                begin();
                notify.notifyWaiters();
              });
            }, "dying")
            .join();
          home.died();
          const state = home.calls === 0 ? 0 : Notice.BY_ALL;
          expect(turns.map((turn) => turn.state)).toEqual([state, state, state]);
        },
        { timeouts: "any", preemptionBound: 0 },
      );
    }
  });
});
