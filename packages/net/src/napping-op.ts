/** Operations that may have to try again later though no readiness will tell them to. */
import type { PENDING, Waker } from "@treadle/core";
import { DescriptorOp } from "@treadle/io";

const FIRST_NAP_MS = 1;
const LONGEST_NAP_MS = 128;

/** Waits for readiness or, after {@link NappingOp.nap}, for the end of a nap, whichever comes first. */
export abstract class NappingOp<T> extends DescriptorOp<T> {
  private napMs = 0;
  private sleeper: { fire(): void } | null = null;

  /** Whether a nap is going on. */
  protected get napping(): boolean {
    return this.sleeper !== null;
  }

  /** Waits for a while, longer each time. */
  protected nap(waker: Waker): typeof PENDING {
    this.napMs = Math.min(Math.max(FIRST_NAP_MS, 2 * this.napMs), LONGEST_NAP_MS);
    this.sleeper = { fire: () => this.wakeUp() };
    this.descriptor.driver.nap(this.sleeper, this.napMs);
    return this.wait(waker);
  }

  /** The nap is over; readiness has not come. */
  private wakeUp(): void {
    this.sleeper = null;
    this.io.removeWaiter(this);
    super.fire();
  }

  /** @internal Readiness has come. */
  override fire(): void {
    this.stopNap();
    super.fire();
  }

  private stopNap(): void {
    if (this.sleeper === null) return;
    this.descriptor.driver.cancelNap(this.sleeper);
    this.sleeper = null;
  }

  protected override end(): void {
    this.stopNap();
    super.end();
  }
}
