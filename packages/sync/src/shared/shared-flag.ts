/**
 * A flag that is set once, seen and awaited by all threads: what the tokens of several threads have in common.
 *
 * **Layout.** A block of shared words: REFS (refs.ts), SET, and the waiters. **Who writes.** Anybody.
 * **Transitions.** SET goes from 0 to 1, then all that wait are woken.
 * **Invariant.** Who waits registers first and looks then, so one of the two sees the other.
 */
import type { SharedHost } from "@treadle/core";
import { load, store } from "@treadle/core/shared";
import { type WaitLeaf, WaitList } from "../waiters.ts";
import { release } from "./refs.ts";
import { WaitPlace } from "./wait-place.ts";

const SET = 1;
const WAITERS = 2;
const FLAG_WORDS = 3;

/** Takes the memory of a flag, of which there is one use. */
export function createFlag(host: SharedHost): number {
  const at = host.allocate(FLAG_WORDS);
  host.words[at] = 1;
  return at;
}

/** Gives one use up; the last one frees the flag. */
export function releaseFlag(host: SharedHost, at: number): void {
  if (!release(host, at)) return;
  host.wakeAll(at + WAITERS);
  host.free(at);
}

/** A flag, as one thread sees it. */
export class SharedFlag {
  readonly host: SharedHost;
  readonly at: number;
  private readonly place: WaitPlace;

  constructor(host: SharedHost, at: number) {
    this.host = host;
    this.at = at;
    this.place = new WaitPlace(host, at + WAITERS, new WaitList<WaitLeaf<unknown>>());
  }

  get isSet(): boolean {
    return load(this.host.words, this.at + SET) !== 0;
  }

  set(): void {
    store(this.host.words, this.at + SET, 1);
    this.host.wakeAll(this.at + WAITERS);
  }

  /** Waits until it may be set; the caller then looks once more. */
  enrol(leaf: WaitLeaf<unknown>): void {
    this.place.enrol(leaf);
  }
}
