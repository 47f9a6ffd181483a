/** The test executor with tasks: what a scheduler does for them, by hand and counted. */
import { type Async, type Call, cx, type Future, type Named } from "@treadle/core";
import { JoinHandle, OwnedTasks, type Schedule, type Task, type TaskRuntime } from "@treadle/task";
import { TestExecutor, type TestTask } from "../../../../tools/test-executor.ts";

/** Runs tasks in FIFO order beside the executor's own futures; wakes and ends are written down. */
export class TestRuntime extends TestExecutor implements TaskRuntime, Schedule {
  readonly owned: OwnedTasks = new OwnedTasks();
  /** How often a task was put into the queue. */
  scheduled = 0;
  /** Of these: because it was woken during its own poll. */
  yielded = 0;
  /** Steps made of tasks. */
  steps = 0;
  readonly released: Task<unknown>[] = [];
  /** Failures that nobody had looked at when they happened. */
  readonly unobserved: { readonly error: unknown; readonly awaited: boolean }[] = [];

  spawnGenerator<T>(generator: Async<T>, source: Named): JoinHandle<T> {
    return this.start(new JoinHandle<T>(generator, source, this));
  }

  spawnCall<T>(call: Call<T>): JoinHandle<T> {
    const future: Async<T> | Future<T> = call.unwrap() ?? call;
    return this.start(new JoinHandle<T>(future, call, this));
  }

  spawnLocalCall<T>(call: Call<T>): JoinHandle<T> {
    return this.spawnCall(call);
  }

  private start<T>(handle: JoinHandle<T>): JoinHandle<T> {
    if (this.owned.bind(handle as JoinHandle<unknown>)) this.schedule(handle as Task<unknown>);
    else handle.shutdown();
    return handle;
  }

  schedule(task: Task<unknown>): void {
    this.scheduled++;
    const step = (): void => this.stepTask(task);
    this.queue.push({ step } as TestTask<unknown>);
  }

  yieldNow(task: Task<unknown>): void {
    this.yielded++;
    this.schedule(task);
  }

  private stepTask(task: Task<unknown>): void {
    this.steps++;
    const { waker, budget, sink } = cx;
    try {
      task.run();
    } finally {
      cx.waker = waker;
      cx.budget = budget;
      cx.sink = sink;
    }
  }

  release(task: Task<unknown>): void {
    this.released.push(task);
    this.owned.remove(task);
  }

  failed(_task: Task<unknown>, error: unknown, awaited: boolean): void {
    this.unobserved.push({ error, awaited });
  }
}
