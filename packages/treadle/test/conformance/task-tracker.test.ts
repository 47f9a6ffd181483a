import { Builder, mpsc, pending, TaskTracker, type TaskTrackerToken, yieldNow } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Hand } from "../support/hand.ts";
import { currentThread, thrownBy } from "../support/runtimes.ts";

const state = (tracker: TaskTracker) => [tracker.isClosed, tracker.isEmpty, tracker.size];
const tokens = (tracker: TaskTracker, n: number): TaskTrackerToken[] =>
  Array.from({ length: n }, () => tracker.token());
const release = (token: TaskTrackerToken | undefined) => token?.[Symbol.dispose]();

describe("a task tracker", () => {
  conforms("task_tracker::open_close", "is closed and opened as often as one likes", () => {
    const tracker = new TaskTracker();
    expect(state(tracker)).toEqual([false, true, 0]);
    for (const [step, closed] of [
      ["close", true],
      ["reopen", false],
      ["reopen", false],
      ["close", true],
      ["close", true],
    ] as const) {
      tracker[step]();
      expect(state(tracker)).toEqual([closed, true, 0]);
    }
  });

  conforms("task_tracker::token_len", "counts its tokens", () => {
    const tracker = new TaskTracker();
    const held: TaskTrackerToken[] = [];
    for (let i = 0; i < 10; i++) {
      expect(state(tracker)).toEqual([false, i === 0, i]);
      held.push(tracker.token());
    }
    for (const [i, token] of held.entries()) {
      release(token);
      expect(tracker.size).toBe(9 - i);
    }
  });

  conforms(
    "task_tracker::notify_on_close_reopen",
    "has told those who wait when it is closed, though it is opened again",
    () => {
      const tracker = new TaskTracker();
      const wait = new Hand(tracker.wait());
      expect(wait.isReady()).toBe(false);
      tracker.close();
      tracker.reopen();
      expect([wait.wakes, wait.isReady()]).toEqual([1, true]);
    },
  );

  conforms(
    ["task_tracker::notify_on_last_task", "task_tracker::notify_on_last_task_respawn"],
    "has told those who wait when its last task ends, though another begins then",
    () => {
      for (const respawn of [false, true]) {
        const tracker = new TaskTracker();
        tracker.close();
        const [token] = tokens(tracker, 1);
        const wait = new Hand(tracker.wait());
        expect(wait.isReady()).toBe(false);
        release(token);
        if (respawn) tracker.token();
        expect([wait.wakes, wait.isReady()]).toEqual([1, true]);
      }
    },
  );

  conforms("task_tracker::no_notify_on_respawn_if_open", "tells nobody while it is open", () => {
    const tracker = new TaskTracker();
    const [token] = tokens(tracker, 1);
    const wait = new Hand(tracker.wait());
    expect(wait.isReady()).toBe(false);
    release(token);
    tracker.token();
    expect([wait.wakes, wait.isReady()]).toEqual([0, false]);
  });

  conforms(
    "task_tracker::close_during_exit",
    "may be closed between any two ends of its tasks",
    () => {
      const N = 5;
      for (let closeAfter = 0; closeAfter <= N; closeAfter++) {
        const tracker = new TaskTracker();
        const held = tokens(tracker, N);
        const wait = new Hand(tracker.wait());
        for (const [i, token] of held.entries()) {
          if (i === closeAfter) tracker.close();
          expect(wait.isReady()).toBe(false);
          release(token);
        }
        if (closeAfter === N) {
          expect(wait.isReady()).toBe(false);
          tracker.close();
        }
        expect([wait.wakes, wait.isReady()]).toEqual([1, true]);
      }
    },
  );

  conforms("task_tracker::notify_many", "tells everybody", () => {
    const tracker = new TaskTracker();
    const waits = Array.from({ length: 10 }, () => new Hand(tracker.wait()));
    expect(waits.map((wait) => wait.isReady())).toEqual(waits.map(() => false));
    tracker.close();
    expect(waits.map((wait) => [wait.wakes, wait.isReady()])).toEqual(waits.map(() => [1, true]));
  });

  conforms(
    [
      "task_tracker::spawn::spawn_then_close",
      "task_tracker::spawn_local::spawn_then_close",
      "task_tracker::spawn_local::spawn_after_close",
      "task_tracker::spawn_local_on::local_runtime::spawn_then_close",
      "task_tracker::spawn_local_on::local_set::close_then_spawn",
    ],
    "waits for the tasks spawned before and after its close, on any kind of runtime",
    () => {
      for (const rt of [currentThread(), Builder.newCurrentThread().enableAll().buildLocal()]) {
        for (const closeFirst of [true, false]) {
          let ended = 0;
          rt.blockOn(function* () {
            const tracker = new TaskTracker();
            if (closeFirst) tracker.close();
            for (let i = 0; i < 8; i++) {
              tracker.spawn(function* () {
                yield* yieldNow();
                ended++;
              });
            }
            expect(tracker.size).toBe(8);
            tracker.close();
            yield* tracker.wait();
            expect(state(tracker)).toEqual([true, true, 0]);
          });
          expect(ended).toBe(8);
        }
        rt.shutdownBackground();
      }
    },
  );

  conforms(
    "task_tracker::spawn_local_on::local_set::spawn_then_drop",
    "that is let go leaves its tasks alone",
    () => {
      const rt = currentThread();
      const [tx, rx] = mpsc.unbounded<void>();
      {
        using _ = rt.enter();
        const tracker = new TaskTracker();
        for (let i = 0; i < 8; i++) {
          const own = tx.clone();
          tracker.spawn(function* () {
            try {
              yield* pending();
            } finally {
              own.close();
            }
          });
        }
        tx.close();
      }
      rt.blockOn(yieldNow());
      expect(rx.tryRecv()).toBe(undefined);
      rt.shutdownBackground();
      expect(thrownBy(() => rx.tryRecv()).code).toBe("ERR_CHANNEL_CLOSED");
    },
  );

  conforms(
    "task_tracker::spawn_local::panic_outside_any_runtime",
    "cannot spawn outside a runtime",
    () => {
      const tracker = new TaskTracker();
      expect(thrownBy(() => tracker.spawn(pending())).code).toBe("ERR_NO_RUNTIME");
      expect(tracker.size).toBe(0);
    },
  );
});
