/**
 * The number under which the system knows a registration.
 *
 * **Layout.** 32 bits: 24 of the slot, above them 8 of the slot's generation; one number in the array of events.
 * **Invariant.** A slot that is used again has another generation, so an event that was collected before its source was
 * deregistered reaches nobody.
 */

const SLOT_BITS = 24;
const GENERATIONS = 256;

/** How many registrations there can be at once. */
export const MAX_SLOTS: number = 1 << SLOT_BITS;

/** The token of a slot in its generation. */
export function tokenOf(slot: number, generation: number): number {
  return (generation << SLOT_BITS) | slot;
}

/** The slot of a token. */
export function slotOf(token: number): number {
  return token & (MAX_SLOTS - 1);
}

/** The generation of a token. */
export function generationOf(token: number): number {
  return token >>> SLOT_BITS;
}

/** The generation that a slot has when it is used again. */
export function nextGeneration(generation: number): number {
  return (generation + 1) % GENERATIONS;
}
