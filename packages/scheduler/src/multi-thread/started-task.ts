/** A task that any thread may have spawned, running on this one; its end is told to the thread that spawned it. */
import { type Async, type Future, flat, type Named } from "@treadle/core";
import {
  INITIAL,
  NEW,
  NOT_OWNED,
  type Schedule,
  Task,
  type TaskFields,
  type TaskId,
} from "@treadle/task";

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

type Begun = [Async<unknown> | Future<unknown>, Named, Schedule, TaskId, cell: number];

const FlatStartedTask = flat<StartedTask, TaskFields & { cell: number }, Begun>(
  StartedTask,
  function (future, source, scheduler, id, cell) {
    this.word = INITIAL;
    this.id = id;
    this.source = source;
    this.scheduler = scheduler;
    this.future = future;
    this.status = NEW;
    this.result = undefined;
    this.waiter = null;
    this.ownedAt = NOT_OWNED;
    this.rare = null;
    this.cell = cell;
  },
);

/** A new task of that cell. */
export function newStartedTask(
  future: Async<unknown> | Future<unknown>,
  source: Named,
  scheduler: Schedule,
  id: TaskId,
  cell: number,
): StartedTask {
  return new FlatStartedTask(future, source, scheduler, id, cell);
}
