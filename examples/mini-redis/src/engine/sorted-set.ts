/**
 * Members with scores, in the order of their scores: runs of at most 256 members, each sorted, one after the other.
 *
 * **Invariants.** No run is empty, and all of one run come before all of the next. Two neighbours have together more than a
 * quarter of a run's room, so there are never many small ones.
 */
import type { ByteString } from "../resp/byte-string.ts";

/** A member and its score. */
export interface Scored {
  readonly member: ByteString;
  readonly score: number;
}

type Run = Scored[];

const MAX_RUN = 256;
const SMALL = MAX_RUN / 4;

export class SortedSet {
  private readonly scores: Map<ByteString, Scored> = new Map();
  private readonly runs: Run[] = [];

  get size(): number {
    return this.scores.size;
  }

  /** Undefined for what is no member. */
  score(member: ByteString): number | undefined {
    return this.scores.get(member)?.score;
  }

  /** Adds a member, or gives it another score. */
  set(member: ByteString, score: number): void {
    const old = this.scores.get(member);
    if (old !== undefined) {
      if (Object.is(old.score, score)) return;
      this.take(old);
    }
    const scored: Scored = { member, score };
    this.scores.set(member, scored);
    this.put(scored);
  }

  /** False when it is no member. */
  delete(member: ByteString): boolean {
    const old = this.scores.get(member);
    if (old === undefined) return false;
    this.scores.delete(member);
    this.take(old);
    return true;
  }

  /** The members of the ranks from `start` to `stop`, both included. */
  slice(start: number, stop: number): Scored[] {
    const found: Scored[] = [];
    let skip = start;
    for (const run of this.runs) {
      const wanted = stop - start + 1 - found.length;
      if (wanted <= 0) break;
      if (skip < run.length) found.push(...run.slice(skip, skip + wanted));
      skip = Math.max(0, skip - run.length);
    }
    return found;
  }

  /** How many members have a score below `score`, or not above it. */
  countBelow(score: number, including: boolean): number {
    let count = 0;
    for (const run of this.runs) {
      const last = run[run.length - 1] as Scored;
      if (last.score < score || (including && last.score === score)) {
        count += run.length;
        continue;
      }
      return count + lowerBound(run, (at) => at.score < score || (including && at.score === score));
    }
    return count;
  }

  private put(scored: Scored): void {
    const { runs } = this;
    if (runs.length === 0) {
      runs.push([scored]);
      return;
    }
    const index = Math.min(this.runFor(scored), runs.length - 1);
    const run = runs[index] as Run;
    run.splice(placeIn(run, scored), 0, scored);
    if (run.length > MAX_RUN) runs.splice(index + 1, 0, run.splice(MAX_RUN / 2));
  }

  private take(scored: Scored): void {
    const index = this.runFor(scored);
    const run = this.runs[index] as Run;
    run.splice(placeIn(run, scored), 1);
    if (run.length < SMALL) this.mergeAt(index);
  }

  private mergeAt(index: number): void {
    const { runs } = this;
    const first = index + 1 < runs.length ? index : index - 1;
    const left = runs[first];
    const right = runs[first + 1];
    if (left === undefined || right === undefined) {
      if ((runs[index] as Run).length === 0) runs.splice(index, 1);
    } else if (left.length + right.length <= MAX_RUN / 2) {
      left.push(...right);
      runs.splice(first + 1, 1);
    } else if ((runs[index] as Run).length === 0) {
      runs.splice(index, 1);
    }
  }

  /** The first run whose last member does not come before this one. */
  private runFor(scored: Scored): number {
    return lowerBound(this.runs, (run) => isBefore(run[run.length - 1] as Scored, scored));
  }
}

function placeIn(run: Run, scored: Scored): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(run[middle] as Scored, scored)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(a: Scored, b: Scored): boolean {
  return a.score === b.score ? a.member < b.member : a.score < b.score;
}

function lowerBound<T>(sorted: readonly T[], isBelow: (value: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(sorted[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
