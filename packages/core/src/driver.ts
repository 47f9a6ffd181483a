/** What a scheduler asks of the things that wake tasks from outside: timers, I/O, signals. */

/**
 * A resource driver on one thread.
 *
 * @remarks A scheduler that is out of work calls `beforePark()` of every driver, sleeps for the least of the answers,
 * then calls `afterPark()` of every driver. Between, others may wake it. On a busy thread the same two calls are made
 * every event interval with no sleep between.
 */
export interface Driver {
  /**
   * How long the thread may sleep, in milliseconds: `Infinity` when this driver waits for nothing, 0 when it has work.
   *
   * @param mayIdle - true when the scheduler is about to sleep, false when it only looks in between two tasks.
   */
  beforePark(mayIdle: boolean): number;
  /**
   * Wakes everybody whose event has come.
   *
   * @param woken - whether somebody unparked the thread meanwhile.
   */
  afterPark(woken: boolean): void;
  /**
   * The thread is about to sleep in Node's event loop, not in its {@link Park}: lets the loop wake it, and stay alive for
   * it, while something is pending, and no longer.
   */
  parkHosted?(): void;
  /** Whether something registered with this driver can still wake a task; keeps a hosted process alive. */
  hasPending(): boolean;
  /** Fails whatever still waits, for good. */
  shutdown(): void;
}

/** How a thread sleeps until it is unparked or its time has run out. */
export interface Park {
  /** Sleeps at most `timeoutMs` (may be `Infinity`); returns early after an unpark, also one that came before. */
  park(timeoutMs: number): void;
  /** Wakes the thread, or makes its next `park` return at once. Callable from any thread. */
  unpark(): void;
}
