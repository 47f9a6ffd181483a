/**
 * The children of a combinator: polled in this task, closed together.
 *
 * **Protocol of a combinator's end.** Once its result is decided, all children that are left are closed at the same
 * time: {@link Children.close} makes one step of each and answers whether all are gone. In `next()` the combinator
 * answers `PENDING` until then, with a sink of its own; if it is dropped meanwhile, it hands that sink over and goes on
 * closing in `return()`, answering `CLOSING`.
 */
import {
  type Call,
  CLOSING,
  type Closing,
  closeStep,
  cx,
  DONE,
  DropSink,
  type ErrorSink,
  type IntoFuture,
  intoFuture,
  Leaf,
  outsidePoll,
  PENDING,
  type Poll,
  readyPoll,
} from "@treadle/core";

/** A list of children; the places of those that are gone are null. */
export class Children {
  readonly calls: (Call<unknown> | null)[];

  constructor(futures: Iterable<IntoFuture<unknown>>) {
    this.calls = [];
    for (const future of futures) this.calls.push(intoFuture(future));
  }

  /** One step of dropping every child that is left, errors to `sink`, or to the drop that is going on; true when all are gone. */
  close(sink: ErrorSink | null): boolean {
    let left = 0;
    const { calls } = this;
    for (let i = 0; i < calls.length; i++) {
      const call = calls[i];
      if (call === null || call === undefined) continue;
      const step = sink === null ? call.return() : closeStep(call, sink);
      if (step.done) calls[i] = null;
      else left++;
    }
    return left === 0;
  }
}

const RUNNING = 0;
const DECIDED = 1;
const OVER = 2;

/** What `join`, `select` and `race` have in common: poll some children, decide, close the rest, answer. */
export abstract class Combinator<T> extends Leaf<T> {
  protected readonly children: Children;
  private state = RUNNING;
  private value: T | undefined = undefined;
  private sink: DropSink | null = null;

  constructor(futures: Iterable<IntoFuture<unknown>>) {
    super();
    this.children = new Children(futures);
  }

  /** Polls the children; calls `decide` or `fail` when the result is known. */
  protected abstract pollChildren(): void;

  override next(): Poll<T> {
    if (cx.waker === null) return outsidePoll(this, Combinator.prototype.next);
    if (this.state === RUNNING) this.pollChildren();
    if (this.state === RUNNING) return PENDING;
    return this.finish();
  }

  protected decide(value: T): void {
    this.state = DECIDED;
    this.value = value;
  }

  protected fail(error: unknown): void {
    this.state = DECIDED;
    this.sink = new DropSink();
    this.sink.push(error);
  }

  private finish(): Poll<T> {
    this.sink ??= new DropSink();
    if (!this.children.close(this.sink)) return PENDING;
    this.state = OVER;
    this.sink.raise();
    return readyPoll(this.value as T);
  }

  override return(): Closing {
    if (this.state === OVER) return DONE;
    this.sink?.handOver();
    this.sink = null;
    if (!this.children.close(null)) return CLOSING;
    this.state = OVER;
    return DONE;
  }
}
