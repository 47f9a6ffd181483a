/** A set with a number for each member, so that one can be drawn by lot. */
import type { ByteString } from "../resp/byte-string.ts";

export class IndexedSet {
  private readonly members: ByteString[] = [];
  private readonly places: Map<ByteString, number> = new Map();

  get size(): number {
    return this.members.length;
  }

  has(member: ByteString): boolean {
    return this.places.has(member);
  }

  /** The member at a place from 0 to `size - 1`. */
  at(place: number): ByteString {
    return this.members[place] as ByteString;
  }

  /** False when it was there already. */
  add(member: ByteString): boolean {
    if (this.places.has(member)) return false;
    this.places.set(member, this.members.length);
    this.members.push(member);
    return true;
  }

  /** False when it was not there. The last member takes its place. */
  delete(member: ByteString): boolean {
    const place = this.places.get(member);
    if (place === undefined) return false;
    this.places.delete(member);
    const last = this.members.pop() as ByteString;
    if (last !== member) {
      this.members[place] = last;
      this.places.set(last, place);
    }
    return true;
  }
}
