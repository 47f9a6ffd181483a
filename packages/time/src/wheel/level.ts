/**
 * The arithmetic of the timer wheel: on which level and in which slot a tick lies.
 *
 * **Layout.** A tick is a whole number below 2^53. Its base-64 digits are its slots: digit L is the slot on level L.
 * Levels 0 to 4 take the low 30 bits, which fit JavaScript's 32-bit operators; all above that is level 5's, by
 * division. Level 5 is a ring: ticks more than 2^36 ahead lie in the slot of their digit and go round once more each
 * time that slot comes by.
 */

/** How many bits of a tick one level looks at. */
export const BITS_PER_LEVEL = 6;
/** How many slots a level has. */
export const SLOTS_PER_LEVEL = 64;
/** How many levels a wheel has. */
export const LEVELS = 6;
/** The last level, which is a ring. */
export const TOP: number = LEVELS - 1;
/** How many ticks one slot of the top level covers. */
export const TOP_SLOT_RANGE: number = 2 ** 30;
/** How many ticks the whole wheel covers; farther deadlines go round again. */
export const WHEEL_RANGE: number = 2 ** 36;

const INT_RANGE = 2 ** 31;

/** The level on which `when` lies, seen from `elapsed`: that of the highest digit in which they differ. */
export function levelOf(elapsed: number, when: number): number {
  if (when < INT_RANGE) return highestDigit(elapsed ^ when);
  if (Math.floor(elapsed / TOP_SLOT_RANGE) !== Math.floor(when / TOP_SLOT_RANGE)) return TOP;
  return highestDigit((elapsed % TOP_SLOT_RANGE) ^ (when % TOP_SLOT_RANGE));
}

function highestDigit(bits: number): number {
  return ((31 - Math.clz32(bits | (SLOTS_PER_LEVEL - 1))) / BITS_PER_LEVEL) | 0;
}

/** The slot of `when` on `level`: its base-64 digit there. */
export function slotOf(when: number, level: number): number {
  if (when < INT_RANGE) return (when >>> (BITS_PER_LEVEL * level)) & (SLOTS_PER_LEVEL - 1);
  if (level === TOP) return Math.floor(when / TOP_SLOT_RANGE) & (SLOTS_PER_LEVEL - 1);
  return ((when % TOP_SLOT_RANGE) >>> (BITS_PER_LEVEL * level)) & (SLOTS_PER_LEVEL - 1);
}

/** The first tick of `slot` on a level below the top, in the turn of that level in which `elapsed` is. */
export function slotStart(elapsed: number, level: number, slot: number): number {
  const range = 1 << (BITS_PER_LEVEL * level);
  const turn = SLOTS_PER_LEVEL * range;
  if (elapsed < INT_RANGE) return (elapsed & -turn) + slot * range;
  return elapsed - (elapsed % turn) + slot * range;
}

/** The first tick after `elapsed` at which `slot` of the top level begins. */
export function topSlotStart(elapsed: number, slot: number): number {
  const start = elapsed - (elapsed % WHEEL_RANGE) + slot * TOP_SLOT_RANGE;
  return start > elapsed ? start : start + WHEEL_RANGE;
}

/** The index of the lowest set bit of the 64 bits `(high, low)`, which are not all zero. */
export function lowestBit(low: number, high: number): number {
  return low !== 0 ? 31 - Math.clz32(low & -low) : 63 - Math.clz32(high & -high);
}

/** The index of the first set bit of the 64 bits after bit `from`, going round; they are not all zero. */
export function nextBitAfter(low: number, high: number, from: number): number {
  const at = from + 1;
  const lowAfter = at < 32 ? low & (-1 << at) : 0;
  const highAfter = at < 32 ? high : at < 64 ? high & (-1 << (at - 32)) : 0;
  return (lowAfter | highAfter) !== 0 ? lowestBit(lowAfter, highAfter) : lowestBit(low, high);
}
