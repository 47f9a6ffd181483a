/** A park that can be replaced by another one while nobody sleeps in it. */
import type { Park } from "@treadle/core";

/** Sleeps as another park does. */
export class SwitchPark implements Park {
  /** How it sleeps now. */
  inner: Park;

  constructor(inner: Park) {
    this.inner = inner;
  }

  park(timeoutMs: number): void {
    this.inner.park(timeoutMs);
  }

  unpark(): void {
    this.inner.unpark();
  }
}
