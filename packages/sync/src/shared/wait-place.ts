/**
 * The waits of this thread at one shared word, of which the shared memory sees one.
 *
 * **Invariants.**
 * 1. While `registered`, a node of this thread is in the word's stack or on its way here by mail; who gives up leaves it there.
 * 2. A wake wakes all that wait here: they look at the thing again, and register again if they must. So nobody's wake can
 *    be lost with one who gave up, and those who come late may be served before those who came early.
 */
import type { SharedHost, SharedWaits } from "@treadle/core";
import { type WaitLeaf, WaitList, wakeAll } from "../waiters.ts";

/** Waits at one word. */
export class WaitPlace implements SharedWaits {
  private readonly host: SharedHost;
  private readonly at: number;
  private readonly list: WaitList<WaitLeaf<unknown>>;
  private registered: boolean;

  /** The waits at the word at `at`, which stand in `list`. */
  constructor(
    host: SharedHost,
    at: number,
    list: WaitList<WaitLeaf<unknown>> = new WaitList<WaitLeaf<unknown>>(),
  ) {
    this.host = host;
    this.at = at;
    this.list = list;
    this.registered = false;
  }

  /** Waits from now on; the caller then looks at the thing once more. */
  enrol(leaf: WaitLeaf<unknown>): void {
    this.arm();
    if (leaf.after === null) this.list.push(leaf);
  }

  /** Makes sure that a change is told here. */
  arm(): void {
    if (this.registered) return;
    this.host.register(this.at, this);
    this.registered = true;
  }

  woken(): void {
    this.registered = false;
    wakeAll(this.list);
  }

  died(): void {
    wakeAll(this.list);
  }
}
