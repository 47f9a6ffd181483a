/**
 * What the driver holds of a timer.
 *
 * **Layout.** The timer itself is the entry: its links (`before`, `after`, `slot`) and its tick (`when`) are fields of
 * the `Sleep`, so registering, resetting and dropping one allocates nothing.
 *
 * **Transitions.** unregistered -> registered (`TimeDriver.register`) -> fired (`fire()`, once, unlinked already), or
 * -> unregistered (`TimeDriver.cancel`). A fired entry may be registered again.
 *
 * **Invariants.**
 * 1. An entry is linked exactly while it is registered.
 * 2. When `fire()` runs the wheel is consistent: it may register, cancel and drop any timer, this one too.
 */
import type { WheelEntry } from "./wheel/index.ts";

/** A timer as the driver sees it. */
export interface TimerEntry extends WheelEntry {
  /** Its tick has come, or the driver is being shut down. */
  fire(): void;
}
