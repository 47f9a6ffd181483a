/**
 * One database: keys with their values, and the moments at which they expire.
 *
 * **Layout.** Each key has an {@link Entry}, found by the key in a map and by a number in an array. The last entry takes the
 * place of one that is removed.
 *
 * **Invariants.**
 * 1. SCAN goes through the array downwards. So an entry that was there all the time is seen at least once: what is moved to
 *    a lower place comes from the end, and was seen before or is still ahead.
 * 2. An entry with `expiresAt` is scheduled with the expiry queue, and no other is. It is gone for every command from that
 *    moment on, whether the queue has come to it or not.
 */
import type { ByteString } from "../resp/byte-string.ts";
import type { Surroundings } from "./contract.ts";
import type { Deque } from "./deque.ts";
import type { IndexedSet } from "./indexed-set.ts";
import type { SortedSet } from "./sorted-set.ts";

/** What a key may hold: a string, a list, a set, a hash or a sorted set. */
export type Value =
  | ByteString
  | Deque<ByteString>
  | IndexedSet
  | Map<ByteString, ByteString>
  | SortedSet;

/** How many databases a server has, for SELECT to choose from. */
export const DATABASES = 16;

/** `expiresAt` of what does not expire. */
export const NEVER = 0;

/** A key and what it holds. */
export class Entry {
  readonly database: Database;
  readonly key: ByteString;
  value: Value;
  /** On the engine's clock, or {@link NEVER}. */
  expiresAt: number;
  /** The expiry queue's own. */
  timer: object | null;
  /** Its place in the database's array. */
  place: number;

  constructor(database: Database, key: ByteString, value: Value, place: number) {
    this.database = database;
    this.key = key;
    this.value = value;
    this.expiresAt = NEVER;
    this.timer = null;
    this.place = place;
  }
}

export class Database {
  private readonly surroundings: Surroundings;
  private readonly byKey: Map<ByteString, Entry> = new Map();
  private readonly byPlace: Entry[] = [];
  private expiring = 0;

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  /** How many keys there are; those that have expired and were not met since still count. */
  get size(): number {
    return this.byPlace.length;
  }

  /** How many of them expire. */
  get expiringSize(): number {
    return this.expiring;
  }

  /** The entry of a key, unless it has expired. */
  find(key: ByteString): Entry | undefined {
    const entry = this.byKey.get(key);
    return entry === undefined || !this.hasExpired(entry) ? entry : undefined;
  }

  private hasExpired(entry: Entry): boolean {
    if (entry.expiresAt === NEVER || entry.expiresAt > this.surroundings.now()) return false;
    this.remove(entry);
    return true;
  }

  /** Adds a key that is not there. */
  add(key: ByteString, value: Value): Entry {
    const entry = new Entry(this, key, value, this.byPlace.length);
    this.byPlace.push(entry);
    this.byKey.set(key, entry);
    return entry;
  }

  /** Sets what a key holds, whatever it was; it does not expire any more. */
  set(key: ByteString, value: Value): Entry {
    const entry = this.byKey.get(key);
    if (entry === undefined) return this.add(key, value);
    entry.value = value;
    if (entry.expiresAt !== NEVER) this.persist(entry);
    return entry;
  }

  remove(entry: Entry): void {
    if (entry.expiresAt !== NEVER) this.persist(entry);
    this.byKey.delete(entry.key);
    const last = this.byPlace.pop() as Entry;
    if (last === entry) return;
    this.byPlace[entry.place] = last;
    last.place = entry.place;
  }

  /** Removes a key; false when it was not there. */
  delete(key: ByteString): boolean {
    const entry = this.find(key);
    if (entry === undefined) return false;
    this.remove(entry);
    return true;
  }

  clear(): void {
    for (const entry of this.byPlace) if (entry.expiresAt !== NEVER) this.persist(entry);
    this.byKey.clear();
    this.byPlace.length = 0;
  }

  /** Lets an entry expire in `ms` milliseconds; at once if that is not above 0. */
  expireIn(entry: Entry, ms: number): void {
    if (ms <= 0) {
      this.remove(entry);
      return;
    }
    if (entry.expiresAt === NEVER) this.expiring++;
    entry.expiresAt = this.surroundings.now() + ms;
    this.surroundings.expiries.schedule(entry, ms);
  }

  /** Milliseconds that are left to an entry that expires. */
  timeLeft(entry: Entry): number {
    return Math.max(0, entry.expiresAt - this.surroundings.now());
  }

  persist(entry: Entry): void {
    this.expiring--;
    entry.expiresAt = NEVER;
    this.surroundings.expiries.cancel(entry);
  }

  /** For the expiry queue: the entry's time has come, as far as the queue knows. */
  expire(entry: Entry): void {
    if (entry.expiresAt === NEVER || this.hasExpired(entry)) return;
    this.surroundings.expiries.schedule(entry, this.timeLeft(entry));
  }

  /** The entries in the places below `before`, at most `count`, from above; `expired` ones are left out. */
  below(
    before: number,
    count: number,
  ): { readonly entries: readonly Entry[]; readonly next: number } {
    const top = Math.min(before, this.byPlace.length);
    const bottom = Math.max(0, top - count);
    const seen = this.byPlace.slice(bottom, top);
    return { entries: seen.filter((entry) => !this.hasExpired(entry)), next: bottom };
  }
}
