import { type Async, type Call, pending } from "@treadle/core";
import { Notify, TaskTracker } from "@treadle/sync";
import { describe, expect, test } from "vitest";
import { conforms } from "../../../tools/conforms.ts";
import { TestExecutor, type TestTask } from "../../../tools/test-executor.ts";
import { manual, polled } from "./manual.ts";

/** An executor with the one method that the tracker asks of a runtime. */
class Spawning extends TestExecutor {
  readonly tasks: TestTask<unknown>[] = [];
  readonly names: string[] = [];

  spawnCall<T>(call: Call<T>): TestTask<T> {
    const task = this.spawn<T>(call);
    this.names.push(call.name);
    this.tasks.push(task as TestTask<unknown>);
    return task;
  }
}

describe("TaskTracker", () => {
  test("wait ends when it is closed and the last task has ended, with one wake", () => {
    const ex = new Spawning();
    const tracker = new TaskTracker();
    const go = new Notify();
    const work = function* work(n: number): Async<number> {
      yield* go.notified();
      return n;
    };
    const handles = ex.enter(() => [tracker.spawn(work, 1), tracker.spawn(work, 2)]);
    const wait = polled(tracker.wait());
    ex.run();
    expect([tracker.size, tracker.isEmpty, tracker.close(), tracker.close()]).toEqual([
      2,
      false,
      true,
      false,
    ]);
    go.notifyOne();
    ex.run();
    expect([wait.wakes, tracker.size, ex.tasks[0]?.value]).toEqual([0, 1, 1]);
    go.notifyOne();
    ex.run();
    expect([wait.wakes, wait.poll(), tracker.isEmpty, tracker.isClosed]).toEqual([
      1,
      "ok",
      true,
      true,
    ]);
    expect([handles, ex.names]).toEqual([ex.tasks, ["work", "work"]]);
  });

  conforms(
    ["task_tracker::notify_immediately", "task_tracker::notify_on_close"],
    "an empty tracker is waited for until it is closed",
    () => {
      const tracker = new TaskTracker();
      const wait = polled(tracker.wait());
      expect(wait.status).toBe("pending");
      tracker.close();
      expect([wait.wakes, wait.poll(), polled(tracker.wait()).status]).toEqual([1, "ok", "ok"]);
    },
  );

  conforms(
    "task_tracker::notify_immediately_on_reopen",
    "a wait made before the moment sees it, even when it is polled after a reopening",
    () => {
      const tracker = new TaskTracker();
      const before = manual(tracker.wait());
      tracker.close();
      expect([tracker.reopen(), tracker.reopen()]).toEqual([true, false]);
      expect([before.poll(), polled(tracker.wait()).status]).toEqual(["ok", "pending"]);
    },
  );

  test("a task that fails, is dropped with its clean-up, or dropped unpolled counts until it is gone", () => {
    const ex = new Spawning();
    const tracker = new TaskTracker();
    const cleaned = new Notify();
    ex.enter(() => {
      tracker.spawn(() => {
        throw new Error("no");
      });
      tracker.spawn(function* (): Async<void> {
        try {
          yield* pending();
        } finally {
          yield* cleaned.notified();
        }
      });
    });
    ex.run();
    expect([tracker.size, ex.tasks[0]?.status]).toEqual([1, "failed"]);
    ex.tasks[1]?.drop();
    ex.run();
    expect(tracker.size).toBe(1);
    cleaned.notifyOne();
    ex.run();
    expect(tracker.size).toBe(0);
    const unpolled = manual(tracker.trackFuture(pending()));
    expect(tracker.size).toBe(1);
    unpolled.drop();
    expect(tracker.size).toBe(0);
  });

  test("tokens count by hand, each once", () => {
    const tracker = new TaskTracker();
    tracker.close();
    {
      using token = tracker.token();
      expect([tracker.size, token.taskTracker]).toEqual([1, tracker]);
      token[Symbol.dispose]();
    }
    expect(tracker.size).toBe(0);
  });

  test("a dropped wait is not woken", () => {
    const tracker = new TaskTracker();
    const wait = polled(tracker.wait());
    wait.drop();
    tracker.close();
    expect(wait.wakes).toBe(0);
  });

  test("spawning needs a runtime, and something that can be run", () => {
    const tracker = new TaskTracker();
    expect(() => tracker.spawn(pending())).toThrow(
      expect.objectContaining({ code: "ERR_NO_RUNTIME" }),
    );
    new Spawning().enter(() => {
      expect(() => tracker.spawn(3 as never)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG" }),
      );
    });
    expect(tracker.size).toBe(0);
  });
});
