/** The hierarchical timing wheel. */
export { MAX_TICK, UNLINKED, Wheel, type WheelEntry } from "./wheel.ts";
