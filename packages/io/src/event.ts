/** One observation of a source's readiness. */
import type { Ready } from "./ready.ts";

/**
 * What a wait for readiness found, and when: clearing it has no effect once newer readiness has come.
 */
export class ReadyEvent {
  /** What the source was ready for. */
  readonly ready: Ready;
  /** Which of the source's events it was. */
  readonly tick: number;

  /** @internal */
  constructor(ready: Ready, tick: number) {
    this.ready = ready;
    this.tick = tick;
  }

  /** The same observation, of these kinds of readiness only. */
  withReady(ready: Ready): ReadyEvent {
    return new ReadyEvent(this.ready.intersection(ready), this.tick);
  }
}
