/** A job of the blocking pool, as the thread that spawned it sees it: as Tokio's, it cannot be stopped once it has begun. */
import type { SendFunction, SpawnSite } from "@treadle/task";
import { NO_CELL, type RemoteOwner, RemoteTask } from "./remote-task.ts";

/** What a job asks of the thread that spawned it, beyond what any remote task does. */
export interface JobOwner extends RemoteOwner {
  /** Cancels what nobody has started. */
  withdrawRemote(task: RemoteTask<unknown>): void;
}

/** A job that was spawned here. */
export class RemoteJob<T> extends RemoteTask<T> {
  /** Whether it runs even when the runtime shuts down before it has begun. */
  readonly mandatory: boolean;
  private readonly jobOwner: JobOwner;

  constructor(
    source: SendFunction,
    site: SpawnSite | null,
    owner: JobOwner,
    cell: number,
    mandatory: boolean,
  ) {
    super(source, site, owner, cell, true);
    this.mandatory = mandatory;
    this.jobOwner = owner;
  }

  override abort(): void {
    if (this.cell !== NO_CELL) this.jobOwner.withdrawRemote(this as RemoteJob<unknown>);
  }

  /** What is in line when the runtime shuts down is the pool's business. */
  override shutdown(): void {}
}
