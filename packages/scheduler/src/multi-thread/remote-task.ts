/**
 * A task that runs in another thread, as the thread that spawned it sees it: joined, aborted and watched like any other.
 *
 * It has no future and is in no run queue. Mail settles it; from then on its cell is gone.
 */
import { type Async, flat } from "@treadle/core";
import {
  ELSEWHERE,
  JoinHandle,
  NEW,
  NOT_OWNED,
  nextTaskId,
  type Outcome,
  type Schedule,
  type SendFunction,
  type SpawnSite,
  type TaskFields,
} from "@treadle/task";

/** What a remote task asks of the thread that spawned it. */
export interface RemoteOwner extends Schedule {
  /** Asks whoever has the task to cancel it. */
  abortRemote(task: RemoteTask<unknown>): void;
  /** Nobody waits for the task any more: lets its cell go when it comes back. */
  forgetRemote(task: RemoteTask<unknown>): void;
}

/** Stands in the place of the future, which is elsewhere. */
const NO_FUTURE = null as unknown as Async<never>;

/** No cell: the task is settled. */
export const NO_CELL = 0;

/** A task that was spawned here and runs elsewhere. */
export class RemoteTask<T> extends JoinHandle<T> {
  /** Where its cell lies; {@link NO_CELL} once it is settled. */
  cell: number;
  /** The reference to the thread that alone may start it; -1: any may. */
  directedTo: number;
  /** Where it was spawned, if that was remembered. */
  readonly site: SpawnSite | null;
  /** Whether it is a job of the blocking pool: a field, for `instanceof` costs a call, and each end of a task asks twice. */
  readonly isJob: boolean;

  constructor(
    source: SendFunction,
    site: SpawnSite | null,
    owner: RemoteOwner,
    cell: number,
    isJob = false,
  ) {
    super(NO_FUTURE, source, owner);
    this.runElsewhere();
    this.cell = cell;
    this.directedTo = -1;
    this.site = site;
    this.isJob = isJob;
  }

  /** What it runs. */
  get function(): SendFunction {
    return this.source as SendFunction;
  }

  private get owner(): RemoteOwner {
    return this.scheduler as RemoteOwner;
  }

  override abort(): void {
    if (this.cell !== NO_CELL) this.owner.abortRemote(this as RemoteTask<unknown>);
  }

  override shutdown(): void {
    this.abort();
  }

  override forsake(): void {
    if (this.cell !== NO_CELL) this.owner.forgetRemote(this as RemoteTask<unknown>);
    super.forsake();
  }

  /** It has ended over there. */
  settle(outcome: Outcome<T>): void {
    this.cell = NO_CELL;
    this.conclude(outcome);
  }
}

const FlatRemoteTask = flat<
  RemoteTask<unknown>,
  TaskFields & { cell: number; directedTo: number; site: SpawnSite | null; isJob: boolean },
  [SendFunction, SpawnSite | null, RemoteOwner, number]
>(RemoteTask, function (source, site, owner, cell) {
  this.word = ELSEWHERE;
  this.id = nextTaskId();
  this.source = source;
  this.scheduler = owner;
  this.future = null;
  this.status = NEW;
  this.result = undefined;
  this.waiter = null;
  this.ownedAt = NOT_OWNED;
  this.rare = null;
  this.cell = cell;
  this.directedTo = -1;
  this.site = site;
  this.isJob = false;
});

/** A new task that runs in another thread. */
export function newRemoteTask<T>(
  source: SendFunction,
  site: SpawnSite | null,
  owner: RemoteOwner,
  cell: number,
): RemoteTask<T> {
  return new FlatRemoteTask(source, site, owner, cell) as RemoteTask<T>;
}
