/**
 * The slab of a driver's sources.
 *
 * **Layout.** `slots[i]`: the source in slot i or null; `generations[i]`: how often the slot was used; `free`: slots to use
 * again; `released`: slots whose sources are deregistered, but of which the events of this turn may still speak.
 * **Invariant.** A slot goes from `released` to `free` only between two turns.
 */
import { ScheduledIo, type WaitCounter } from "./scheduled-io.ts";
import { generationOf, MAX_SLOTS, nextGeneration, slotOf, tokenOf } from "./token.ts";

/** How many deregistered sources may wait for the next turn. */
export const RELEASE_LIMIT = 16;

/** All sources of one driver, by their tokens. */
export class RegistrationSet {
  private readonly slots: (ScheduledIo | null)[] = [];
  private readonly generations: number[] = [];
  private readonly free: number[] = [];
  private readonly released: number[] = [];
  /** How many sources are registered. */
  size = 0;

  /** Makes a source; null when there are too many. */
  allocate(owner: WaitCounter, word = 0): ScheduledIo | null {
    const slot = this.free.pop() ?? this.slots.length;
    if (slot >= MAX_SLOTS) return null;
    const generation = this.generations[slot] ?? 0;
    const io = new ScheduledIo(tokenOf(slot, generation), owner, word);
    this.slots[slot] = io;
    this.generations[slot] = generation;
    this.size++;
    return io;
  }

  /** The source of a token; null when it is deregistered. */
  get(token: number): ScheduledIo | null {
    const slot = slotOf(token);
    return this.generations[slot] === generationOf(token) ? (this.slots[slot] ?? null) : null;
  }

  /** Takes a source out; its slot is used again after {@link RegistrationSet.releaseAll}. True when many wait for that. */
  deregister(io: ScheduledIo): boolean {
    const slot = slotOf(io.token);
    this.slots[slot] = null;
    this.generations[slot] = nextGeneration(generationOf(io.token));
    this.size--;
    return this.released.push(slot) >= RELEASE_LIMIT;
  }

  /** Makes the slots of deregistered sources free. */
  releaseAll(): void {
    for (let slot = this.released.pop(); slot !== undefined; slot = this.released.pop()) {
      this.free.push(slot);
    }
  }

  /** Takes everything out and ends all waits. */
  shutdown(): void {
    for (const io of this.slots) io?.shutdown();
    this.slots.length = 0;
    this.generations.length = 0;
    this.free.length = 0;
    this.released.length = 0;
    this.size = 0;
  }
}
