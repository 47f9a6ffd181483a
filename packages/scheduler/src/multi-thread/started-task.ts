/** A task that any thread may have spawned, running on this one; its end is told to the thread that spawned it. */
import type { Async, Future, Named } from "@treadle/core";
import { type Schedule, Task, type TaskId } from "@treadle/task";

/** What a started task needs beyond a local one. */
export class StartedTask extends Task<unknown> {
  /** Where its cell lies. */
  readonly cell: number;

  constructor(
    future: Async<unknown> | Future<unknown>,
    source: Named,
    scheduler: Schedule,
    id: TaskId,
    cell: number,
  ) {
    super(future, source, scheduler, id);
    this.cell = cell;
  }
}
