/** The drivers of one thread, asked and told together. */
import type { Driver } from "@treadle/core";

/** The drivers in their order: innermost first. */
export class DriverStack {
  private readonly drivers: readonly Driver[];

  constructor(drivers: readonly Driver[]) {
    this.drivers = drivers;
  }

  /** How long the thread may sleep, in ms: the least of what the drivers say. */
  beforePark(mayIdle: boolean): number {
    const { drivers } = this;
    let timeout = Number.POSITIVE_INFINITY;
    for (let i = 0; i < drivers.length; i++) {
      timeout = Math.min(timeout, (drivers[i] as Driver).beforePark(mayIdle));
    }
    return timeout;
  }

  /** The thread goes to sleep in the event loop. */
  parkHosted(): void {
    const { drivers } = this;
    for (let i = 0; i < drivers.length; i++) (drivers[i] as Driver).parkHosted?.();
  }

  /** Wakes everybody whose event has come. */
  afterPark(woken: boolean): void {
    const { drivers } = this;
    for (let i = 0; i < drivers.length; i++) (drivers[i] as Driver).afterPark(woken);
  }

  /** Looks for what has come, without sleeping. */
  poll(): void {
    if (this.drivers.length === 0) return;
    this.beforePark(false);
    this.afterPark(true);
  }

  /** Whether anything registered can still wake a task. */
  hasPending(): boolean {
    const { drivers } = this;
    for (let i = 0; i < drivers.length; i++) if ((drivers[i] as Driver).hasPending()) return true;
    return false;
  }

  /** Fails whatever still waits, for good. */
  shutdown(): void {
    for (const driver of this.drivers) driver.shutdown();
  }
}
