/** Runtimes for tests, and the small futures that tests are made of. */
import { cx, type Future, Leaf, PENDING, type Poll, type Waker } from "@treadle/core";
import { type AllFeatures, Builder, Pending, pollFn, type Runtime } from "treadle";

/** A current-thread runtime with everything enabled. */
export function currentThread(): Runtime<AllFeatures> {
  return Builder.newCurrentThread().enableAll().build();
}

/** As {@link currentThread}, its clock paused. */
export function pausedThread(): Runtime<AllFeatures> {
  return Builder.newCurrentThread().enableAll().startPaused(true).build();
}

/** Pending once, woken at once: to the back of the queue without letting the drivers go first. */
export function requeue(): Future<void> {
  let polled = false;
  return pollFn<void>(() => {
    if (polled) return undefined;
    polled = true;
    cx.waker?.wake();
    return Pending;
  });
}

/** Never ready; keeps the waker of its last poll and counts its polls and drops. */
export class Stuck extends Leaf<never> {
  polls = 0;
  drops = 0;
  waker: Waker | null = null;
  private readonly onDrop: () => void;

  constructor(onDrop: () => void = () => {}) {
    super();
    this.onDrop = onDrop;
  }

  protected override poll(): Poll<never> {
    this.polls++;
    this.waker = cx.waker;
    return PENDING;
  }

  protected override drop(): void {
    this.drops++;
    this.onDrop();
  }
}

/** Counts how often a future is polled. */
export class Counted<T> extends Leaf<T> {
  private readonly inner: Future<T>;
  private readonly count: { polls: number };

  constructor(inner: Future<T>, count: { polls: number }) {
    super();
    this.inner = inner;
    this.count = count;
  }

  protected override poll(): Poll<T> {
    this.count.polls++;
    return this.inner.next();
  }

  protected override drop(): void {
    this.inner.return?.();
  }
}

/** Lets Node's event loop turn `times` times. */
export async function turns(times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await new Promise((done) => setImmediate(done));
}

/** What `f` throws; fails when it does not. */
export function thrownBy(f: () => unknown): Error & { code?: string } {
  try {
    f();
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("nothing was thrown");
}
