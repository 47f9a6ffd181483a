import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_TICK, UNLINKED, Wheel, type WheelEntry } from "../../src/wheel/index.ts";

class Entry implements WheelEntry {
  before: WheelEntry | null = null;
  after: WheelEntry | null = null;
  slot: number = UNLINKED;
  when = 0;
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}

function fill(whens: readonly number[]): Wheel<Entry> {
  const wheel = new Wheel<Entry>();
  whens.forEach((when, id) => {
    wheel.insert(new Entry(id), when);
  });
  return wheel;
}

function drain(wheel: Wheel<Entry>, now: number): number[] {
  const ids: number[] = [];
  for (let e = wheel.poll(now); e !== null; e = wheel.poll(now)) ids.push(e.id);
  return ids;
}

/** Polls from expiration to expiration, as an idle thread does; answers [tick, id] of each entry. */
function walk(wheel: Wheel<Entry>): [number, number][] {
  const seen: [number, number][] = [];
  for (let at = wheel.nextExpiration(); at !== Infinity; at = wheel.nextExpiration()) {
    for (const id of drain(wheel, at)) seen.push([at, id]);
  }
  return seen;
}

describe("Wheel", () => {
  test("an entry comes out at its tick and not one tick before, at all magnitudes", () => {
    for (let bits = 0; bits < 53; bits++) {
      for (const when of [2 ** bits, 2 ** bits + 1, 2 ** (bits + 1) - 1]) {
        const wheel = fill([when]);
        expect(drain(wheel, when - 1)).toEqual([]);
        expect(drain(wheel, when)).toEqual([0]);
        expect([wheel.size, wheel.nextExpiration()]).toEqual([0, Infinity]);
      }
    }
  });

  test("a passed tick is refused", () => {
    const wheel = fill([]);
    drain(wheel, 10);
    expect(wheel.insert(new Entry(0), 10)).toBe(false);
    expect(wheel.insert(new Entry(0), 11)).toBe(true);
  });

  test("entries of one tick come out in the order of insertion, also through cascades", () => {
    const wheel = new Wheel<Entry>();
    const when = 5000;
    wheel.insert(new Entry(0), when);
    drain(wheel, 100);
    wheel.insert(new Entry(1), when);
    drain(wheel, 4500);
    wheel.insert(new Entry(2), when);
    drain(wheel, 4995);
    wheel.insert(new Entry(3), when);
    expect(drain(wheel, when)).toEqual([0, 1, 2, 3]);
  });

  test("ticks more than one round ahead go round until their time has come", () => {
    const far = 3 * 2 ** 36 + 12345;
    const wheel = fill([far, 2 ** 36, far + 2 ** 30]);
    expect(walk(wheel)).toEqual([
      [2 ** 36, 1],
      [far, 0],
      [far + 2 ** 30, 2],
    ]);
  });

  test("the last tick is reached from 0", () => {
    expect(walk(fill([MAX_TICK]))).toEqual([[MAX_TICK, 0]]);
  });

  test("an infinite tick never comes, does not count, and can be removed", () => {
    const wheel = new Wheel<Entry>();
    const entry = new Entry(0);
    expect(wheel.insert(entry, Infinity)).toBe(true);
    expect([wheel.size, wheel.nextExpiration(), drain(wheel, MAX_TICK)]).toEqual([0, Infinity, []]);
    wheel.remove(entry);
    expect(wheel.takeAny()).toBe(null);
    expect(wheel.size).toBe(0);
  });

  test("a removed entry leaves no occupied slot behind", () => {
    const wheel = new Wheel<Entry>();
    for (const when of [5, 40, 100, 5000, 2 ** 20, 2 ** 31, 2 ** 40]) {
      const entry = new Entry(0);
      const keep = new Entry(1);
      wheel.insert(entry, when);
      wheel.insert(keep, when);
      wheel.remove(entry);
      expect(wheel.nextExpiration()).not.toBe(Infinity);
      wheel.remove(keep);
      wheel.remove(keep);
      // An occupied bit left behind would be found beside this one.
      wheel.insert(keep, 2 ** 50);
      expect(wheel.nextExpiration()).toBeGreaterThan(2 ** 35);
      wheel.remove(keep);
    }
  });

  test("an extended entry stays in its slot and comes out at its new tick", () => {
    const wheel = fill([50]);
    const entry = new Entry(1);
    wheel.insert(entry, 20);
    expect(wheel.extend(entry, 300)).toBe(true);
    expect(wheel.extend(entry, 299)).toBe(false);
    expect(wheel.nextExpiration()).toBe(20);
    expect(walk(wheel)).toEqual([
      [50, 0],
      [300, 1],
    ]);
  });

  test("a due entry can be removed before it is taken", () => {
    const wheel = new Wheel<Entry>();
    const entries = [0, 1, 2].map((id) => new Entry(id));
    for (const entry of entries) wheel.insert(entry, 7);
    expect(wheel.poll(7)?.id).toBe(0);
    expect(wheel.extend(entries[1] as Entry, 100)).toBe(false);
    wheel.remove(entries[1] as Entry);
    expect(drain(wheel, 7)).toEqual([2]);
  });

  test("entries inserted as due come out by their ticks, equal ones in the order of insertion", () => {
    const wheel = new Wheel<Entry>();
    drain(wheel, 100);
    [30, 10, 30, 20, 10].forEach((when, id) => {
      wheel.insertDue(new Entry(id), when);
    });
    expect(wheel.nextExpiration()).toBe(100);
    expect(drain(wheel, 100)).toEqual([1, 4, 3, 0, 2]);
  });
});

type Op =
  | { readonly kind: "insert"; readonly delta: number }
  | { readonly kind: "remove"; readonly pick: number }
  | { readonly kind: "reset"; readonly pick: number; readonly delta: number }
  | { readonly kind: "advance"; readonly delta: number }
  | { readonly kind: "idle" };

const delta = fc
  .tuple(fc.integer({ min: 0, max: 46 }), fc.maxSafeNat())
  .map(([bits, n]) => n % 2 ** bits);
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("insert" as const), delta }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), pick: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("reset" as const), pick: fc.nat(), delta }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("advance" as const), delta }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("idle" as const) }) },
);

/** A sorted list that should do the same as the wheel. */
class Model {
  now = 0;
  private order = 0;
  readonly live = new Map<Entry, { when: number; order: number; extended: boolean }>();

  put(entry: Entry, when: number, extended: boolean): void {
    this.live.set(entry, { when, order: this.order++, extended });
  }

  due(now: number): Entry[] {
    const all = [...this.live].filter(([, it]) => it.when <= now);
    all.sort(([, a], [, b]) => a.when - b.when || a.order - b.order);
    return all.map(([entry]) => entry);
  }
}

function compare(wheel: Wheel<Entry>, model: Model, now: number): void {
  const expected = model.due(now);
  const got: Entry[] = [];
  for (let e = wheel.poll(now); e !== null; e = wheel.poll(now)) got.push(e);
  model.now = now;
  expect(wheel.elapsed).toBe(now);
  const whens = (list: Entry[]): (number | undefined)[] => list.map((e) => model.live.get(e)?.when);
  expect(whens(got)).toEqual(whens(expected));
  // Extended entries take their place in a tick when their old slot fires.
  const plain = (list: Entry[]): number[] =>
    list.filter((e) => model.live.get(e)?.extended === false).map((e) => e.id);
  expect(plain(got)).toEqual(plain(expected));
  expect(new Set(got)).toEqual(new Set(expected));
  for (const entry of got) {
    expect(entry.slot).toBe(UNLINKED);
    model.live.delete(entry);
  }
}

function reset(wheel: Wheel<Entry>, model: Model, entry: Entry, when: number): void {
  const extended = wheel.extend(entry, when);
  expect(extended).toBe(when >= (model.live.get(entry)?.when as number));
  if (!extended) {
    wheel.remove(entry);
    expect(wheel.insert(entry, when)).toBe(true);
  }
  model.put(entry, when, extended);
}

function insert(wheel: Wheel<Entry>, model: Model, entry: Entry, when: number): void {
  const inFuture = when > model.now;
  expect(wheel.insert(entry, when)).toBe(inFuture);
  if (inFuture) model.put(entry, when, false);
}

function idle(wheel: Wheel<Entry>, model: Model): void {
  const next = wheel.nextExpiration();
  if (next === Infinity) expect(model.live.size).toBe(0);
  else compare(wheel, model, next);
}

function apply(wheel: Wheel<Entry>, model: Model, step: Op, id: number): void {
  if (step.kind === "insert") insert(wheel, model, new Entry(id), model.now + step.delta);
  else if (step.kind === "advance") compare(wheel, model, model.now + step.delta);
  else if (step.kind === "idle") idle(wheel, model);
  else if (model.live.size > 0) {
    const entry = [...model.live.keys()][step.pick % model.live.size] as Entry;
    if (step.kind === "reset") reset(wheel, model, entry, model.now + 1 + step.delta);
    else if (model.live.delete(entry)) wheel.remove(entry);
  }
  expect(wheel.size).toBe(model.live.size);
}

describe("Wheel against a sorted list", () => {
  test("fires the same entries in the same order under any operations", () => {
    fc.assert(
      fc.property(fc.array(op, { minLength: 1, maxLength: 200 }), (steps) => {
        const wheel = new Wheel<Entry>();
        const model = new Model();
        steps.forEach((step, id) => {
          apply(wheel, model, step, id);
        });
        const seen = walk(wheel).map(([tick]) => tick);
        const left = [...model.live.values()].map((it) => it.when).sort((a, b) => a - b);
        expect(seen).toEqual(left);
      }),
      { numRuns: 300 },
    );
  });
});
