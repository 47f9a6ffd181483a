/** A task that another thread may have spawned, running on this one; its end is told to the thread that spawned it. */
import { type Async, Call, type Future, fromPromise, type Named } from "@treadle/core";
import { type Schedule, type SendFunction, Task, type TaskId } from "@treadle/task";

/** What a started task needs beyond a local one. */
export class StartedTask extends Task<unknown> {
  /** Where its cell lies. */
  readonly cell: number;
  /** Whether its arguments still lie in shared memory. */
  holdsArguments: boolean;

  constructor(
    future: Async<unknown> | Future<unknown>,
    source: Named,
    scheduler: Schedule,
    id: TaskId,
    cell: number,
  ) {
    super(future, source, scheduler, id);
    this.cell = cell;
    this.holdsArguments = false;
  }
}

/** A call whose function's module is still being imported on this thread. */
export function* importing(
  found: Promise<SendFunction>,
  takeArguments: () => unknown[],
): Async<unknown> {
  const source = yield* fromPromise(found);
  return yield* new Call(source.start(takeArguments()), source);
}
