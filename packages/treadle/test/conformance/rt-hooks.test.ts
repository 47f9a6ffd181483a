import { Builder, Notify, sleep, spawn, type TaskMeta, yieldNow } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { Stuck } from "../support/runtimes.ts";

describe("the hooks around polls", () => {
  conforms(
    "rt_poll_callbacks::callbacks_fire_current_thread",
    "are called before and after each poll with the task's id",
    () => {
      const log: string[] = [];
      using rt = Builder.newCurrentThread()
        .onBeforeTaskPoll(({ id }) => log.push(`before ${id}`))
        .onAfterTaskPoll(({ id }) => log.push(`after ${id}`))
        .build();
      const task = rt.spawn(function* () {
        for (let i = 0; i < 3; i++) yield* yieldNow();
      });
      rt.blockOn(task);
      const once = [`before ${task.id}`, `after ${task.id}`];
      expect(log).toEqual([...once, ...once, ...once, ...once]);
    },
  );
});

describe("the hooks of a task's life", () => {
  conforms("task_hooks::spawn_task_hook_fires", "tell of every spawn at once, with its id", () => {
    const ids: number[] = [];
    using rt = Builder.newCurrentThread()
      .onTaskSpawn(({ id }) => ids.push(id))
      .build();
    const handles = Array.from({ length: 8 }, () => rt.spawn(new Stuck()));
    expect(ids).toEqual(handles.map((handle) => handle.id));
  });

  conforms("task_hooks::terminate_task_hook_fires", "tell of every end once", () => {
    const ended: number[] = [];
    using rt = Builder.newCurrentThread()
      .onTaskTerminate(({ id }) => ended.push(id))
      .build();
    const handles = Array.from({ length: 8 }, () => rt.spawn(function* () {}));
    rt.blockOn(function* () {
      for (let i = 0; i < 64; i++) yield* yieldNow();
    });
    expect(ended).toEqual(handles.map((handle) => handle.id));
  });

  conforms(
    "task_hooks::task_hook_spawn_location_current_thread",
    "tell of the same task, by the name of its function, at its spawn and at each poll",
    () => {
      const seen = { spawn: [] as TaskMeta[], before: [] as TaskMeta[], after: [] as TaskMeta[] };
      const keep = (list: TaskMeta[]) => (meta: TaskMeta) =>
        void list.push({ id: meta.id, name: meta.name });
      using rt = Builder.newCurrentThread()
        .onTaskSpawn(keep(seen.spawn))
        .onBeforeTaskPoll(keep(seen.before))
        .onAfterTaskPoll(keep(seen.after))
        .build();
      const outside = rt.spawn(function* outside() {
        yield* yieldNow();
      });
      rt.blockOn(function* () {
        yield* outside;
        yield* spawn(function* inside() {});
      });
      expect(seen.spawn.map((meta) => meta.name)).toEqual(["outside", "inside"]);
      expect(seen.before.map((meta) => meta.name)).toEqual(["outside", "outside", "inside"]);
      expect(seen.after).toEqual(seen.before);
    },
  );
});

describe("the hook before parking", () => {
  /** A runtime whose before-park hook calls `f` the first time only. */
  const once = (f: () => void) => {
    let calls = 0;
    return {
      calls: () => calls,
      rt: Builder.newCurrentThread()
        .enableAll()
        .onThreadPark(() => {
          if (calls++ === 0) f();
        })
        .build(),
    };
  };

  conforms(
    "rt_common_before_park::before_park_wakes_block_on_task",
    "may wake the root, and the thread does not sleep",
    () => {
      const notify = new Notify();
      const { rt, calls } = once(() => notify.notifyOne());
      rt.blockOn(notify.notified());
      expect(calls()).toBe(1);
      expect(rt.metrics().workerParkCount(0)).toBe(0);
      rt.shutdownBackground();
    },
  );

  conforms(
    "rt_common_before_park::before_park_spawns_task",
    "may spawn a task, and the thread does not sleep",
    () => {
      const notify = new Notify();
      const { rt, calls } = once(() => {
        spawn(function* () {
          notify.notifyOne();
        });
      });
      rt.blockOn(notify.notified());
      expect(calls()).toBe(1);
      expect(rt.metrics().workerParkCount(0)).toBe(0);
      rt.shutdownBackground();
    },
  );

  conforms(
    "rt_common_before_park::before_park_does_not_stall_spawned_timer",
    "may wake the root each time, and the timers are polled nevertheless",
    () => {
      const notify = new Notify();
      using rt = Builder.newCurrentThread()
        .enableAll()
        .onThreadPark(() => notify.notifyWaiters())
        .build();
      const task = rt.spawn(function* () {
        yield* sleep(1);
      });
      rt.blockOn(yieldNow());
      const deadline = performance.now() + 5_000;
      while (!task.isFinished() && performance.now() < deadline) rt.blockOn(notify.notified());
      expect(task.isFinished()).toBe(true);
    },
  );

  conforms(
    "rt_common_before_park::wake_from_other_thread_block_on",
    "leaves a sleeping root to be woken from outside",
    async () => {
      const notify = new Notify();
      const { rt, calls } = once(() => setTimeout(() => notify.notifyOne(), 1));
      await rt.run(notify.notified());
      expect(calls()).toBeGreaterThan(0);
      rt.shutdownBackground();
    },
  );
});
