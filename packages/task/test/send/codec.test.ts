/** Values in memory: the same as after structuredClone, written once, wherever there is room. */
import { createContext, runInContext } from "node:vm";
import {
  BESIDE,
  ByteArea,
  decodeArguments,
  encodeArguments,
  finishEncoding,
  move,
  takeMessage,
} from "@treadle/task";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const SIZE = 1 << 20;
const area = new ByteArea(new SharedArrayBuffer(SIZE));

/** Through memory and back. */
function roundTrip(value: unknown, at = 64, capacity = SIZE - 64): unknown {
  const length = encodeArguments([value], area, at, capacity);
  if (length < 0) finishEncoding(area, at + 8);
  const args = decodeArguments(area, length < 0 ? at + 8 : at);
  expect(args.length).toBe(1);
  return args[0];
}

/** Equal in everything that a program can see: kinds, order, holes, -0, cycles, what is one object and what two. */
function expectSame(a: unknown, b: unknown): void {
  same(a, b, new Map(), "");
}

function same(a: unknown, b: unknown, pairs: Map<object, object>, path: string): void {
  if (typeof a !== "object" || a === null) {
    expect(Object.is(a, b), `${path}: ${String(a)} and ${String(b)}`).toBe(true);
    return;
  }
  expect(typeof b === "object" && b !== null, path).toBe(true);
  const other = b as object;
  if (pairs.has(a)) {
    expect(pairs.get(a) === other, `${path} is the same object`).toBe(true);
    return;
  }
  expect([...pairs.values()].includes(other), `${path} is another object`).toBe(false);
  pairs.set(a, other);
  expect(Object.getPrototypeOf(other), path).toBe(Object.getPrototypeOf(a));
  expect(Object.prototype.toString.call(other)).toBe(Object.prototype.toString.call(a));
  if (a instanceof Date) expect(Object.is(a.getTime(), (other as Date).getTime())).toBe(true);
  else if (a instanceof RegExp) expect(String(other)).toBe(String(a));
  else if (a instanceof Map) same([...a], [...(other as typeof a)], pairs, `${path} entries`);
  else if (a instanceof Set) same([...a], [...(other as typeof a)], pairs, `${path} values`);
  else if (ArrayBuffer.isView(a)) sameView(a, other as typeof a, pairs, path);
  else if (a instanceof ArrayBuffer) sameBytes(a, other as ArrayBuffer);
  else if (a instanceof Error) sameError(a, other as Error, pairs, path);
  else if (Object.getPrototypeOf(a) !== Object.prototype && !Array.isArray(a)) {
    same(a.valueOf(), other.valueOf(), pairs, `${path} boxed`);
  } else sameProperties(a, other, pairs, path);
}

function sameProperties(a: object, b: object, pairs: Map<object, object>, path: string): void {
  expect(Object.keys(b), path).toEqual(Object.keys(a));
  if (Array.isArray(a)) expect((b as unknown[]).length, path).toBe(a.length);
  for (const [key, value] of Object.entries(a)) {
    same(value, Object.getOwnPropertyDescriptor(b, key)?.value, pairs, `${path}.${key}`);
  }
}

function sameView(
  a: ArrayBufferView,
  b: ArrayBufferView,
  pairs: Map<object, object>,
  path: string,
): void {
  expect(b.byteLength, path).toBe(a.byteLength);
  expect(Buffer.from(b.buffer, b.byteOffset, b.byteLength)).toEqual(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
  );
  const known = pairs.get(a.buffer);
  if (known === undefined) pairs.set(a.buffer, b.buffer);
  else expect(known === b.buffer, `${path} is on the same buffer`).toBe(true);
}

function sameBytes(a: ArrayBuffer, b: ArrayBuffer): void {
  expect(Buffer.from(b)).toEqual(Buffer.from(a));
}

function sameError(a: Error, b: Error, pairs: Map<object, object>, path: string): void {
  expect([b.name, b.message, b.stack], path).toEqual([a.name, a.message, a.stack]);
  same(a.cause, b.cause, pairs, `${path}.cause`);
}

const views = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** Views of all kinds, at any offset that their elements allow, some of them on one buffer. */
const viewsOfOneBuffer = fc
  .tuple(
    fc.uint8Array({ minLength: 0, maxLength: 64 }),
    fc.array(fc.tuple(fc.nat(views.length), fc.nat(64), fc.nat(64)), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([bytes, cuts]) => {
    const buffer = bytes.slice().buffer;
    return cuts.map(([kind, from, length]) => {
      const make = views[kind];
      const size = make?.BYTES_PER_ELEMENT ?? 1;
      const offset = Math.min(buffer.byteLength, from - (from % size));
      const start = offset - (offset % size);
      const room = Math.floor((buffer.byteLength - start) / size);
      if (make === undefined) return new DataView(buffer, start, Math.min(length, room));
      return new make(buffer, start, Math.min(length, room));
    });
  });

const errors = fc
  .tuple(
    fc.constantFrom(Error, TypeError, RangeError, SyntaxError, EvalError, ReferenceError, URIError),
    fc.string(),
  )
  .map(([make, message]) => new make(message));

const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constantFrom(0, -0, 127, 128, -1, 2 ** 31, -(2 ** 31), 2 ** 31 - 1, Number.NaN),
      fc.string({ unit: "binary" }),
      fc.string({ maxLength: 40 }),
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n)) }),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      fc.bigInt(),
      fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
      fc.date({ noInvalidDate: false }),
      fc.constantFrom(/a+b/giu, /[/\]]/su, /(?:)/),
      fc.constantFrom(Object(1), Object("x"), Object(true), Object(5n)),
      fc.array(fc.integer(), { maxLength: 20 }),
      fc.array(fc.double(), { maxLength: 20 }),
      fc.sparseArray(fc.integer()),
      errors,
      viewsOfOneBuffer,
      fc.uint8Array().map((bytes) => bytes.slice().buffer),
    ),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), tie("value"), {
      maxKeys: 6,
      noNullPrototype: true,
    }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 4 }).map((list) => new Map(list)),
    fc.array(tie("value"), { maxLength: 4 }).map((list) => new Set(list)),
    fc.array(tie("value"), { maxLength: 3 }).map((list) => [...list, ...list, { again: list[0] }]),
    fc.array(tie("value"), { maxLength: 3 }).map((list) => {
      const round: Record<string, unknown> = { list };
      round["self"] = round;
      list.push(round);
      return list;
    }),
  ),
}));

describe("what has crossed", () => {
  test("is what structuredClone makes of it", () => {
    fc.assert(
      fc.property(values, (value) => {
        expectSame(structuredClone(value), roundTrip(value));
      }),
      { numRuns: 1500 },
    );
  });

  test("is the same wherever the room ends", () => {
    fc.assert(
      fc.property(values, fc.nat(300), fc.nat(64), (value, capacity, at) => {
        expectSame(structuredClone(value), roundTrip(value, at, capacity));
      }),
      { numRuns: 1000 },
    );
  });

  test("does not depend on the memory that it lay in", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    encodeArguments(["abc", bytes, [1.5, 2]], area, 0, 1000);
    const args = decodeArguments(area, 0);
    area.bytes.fill(0xff, 0, 1000);
    expect(args).toEqual(["abc", bytes, [1.5, 2]]);
  });

  test("lies within its place", () => {
    fc.assert(
      fc.property(values, (value) => {
        const length = encodeArguments([value], area, 128, SIZE - 128);
        area.bytes.fill(0xaa, 64, 128 + length + 64);
        expect(encodeArguments([value], area, 128, length)).toBe(length);
        expect(area.bytes.subarray(64, 128).every((byte) => byte === 0xaa)).toBe(true);
        const behind = area.bytes.subarray(128 + length, 128 + length + 64);
        expect(behind.every((byte) => byte === 0xaa)).toBe(true);
        area.bytes.fill(0xaa, 64, 128 + length + 64);
        if (length === 0) return;
        expect(encodeArguments([value], area, 128, length - 1)).toBe(-length);
        const after = area.bytes.subarray(128 + length - 1, 128 + length + 64);
        expect(after.every((byte) => byte === 0xaa)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("keeps the class of Node's Buffer, which structuredClone does not", () => {
    const back = roundTrip(Buffer.from("héllo")) as Buffer;
    expect(Buffer.isBuffer(back)).toBe(true);
    expect(back.toString()).toBe("héllo");
  });

  test("brings of a buffer only what its views show", () => {
    const large = new ArrayBuffer(1 << 19);
    const view = new Uint8Array(large, 1003, 5).fill(7);
    const length = encodeArguments([view], area, 0, SIZE);
    expect(length).toBeLessThan(100);
    const [back] = decodeArguments(area, 0) as [Uint8Array];
    expect(back).toEqual(view);
    expect(back.buffer.byteLength).toBe(8);
  });

  test("brings the whole buffer when it is a value itself", () => {
    const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).buffer;
    const [view, back] = roundTrip([new Uint8Array(buffer, 9, 1), buffer]) as [
      Uint8Array,
      ArrayBuffer,
    ];
    expect(view.buffer).toBe(back);
    expect([view[0], view.byteOffset, back.byteLength]).toEqual([10, 9, 10]);
  });

  test("reads getters once, leaves symbols and what is inherited", () => {
    let reads = 0;
    const value = {
      get now() {
        return ++reads;
      },
      [Symbol("hidden")]: () => 1,
    };
    expect(roundTrip(value)).toEqual({ now: 1 });
    expect(reads).toBe(1);
  });

  test("is plain where it had no prototype", () => {
    const bare = Object.assign(Object.create(null), { a: 1 }) as object;
    const back = roundTrip(bare) as object;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(back).toEqual({ a: 1 });
  });

  test("may come from another realm", () => {
    const foreign = runInContext(
      "({ a: [1, new Map([[1, new Set([2])]]), new Date(3), /x/, new Uint8Array([4]), { b: 5 }, new TypeError('t')] })",
      createContext(),
    ) as { a: unknown[] };
    const { a } = roundTrip(foreign) as { a: unknown[] };
    expect(a.slice(0, 6)).toEqual([
      1,
      new Map([[1, new Set([2])]]),
      new Date(3),
      /x/,
      new Uint8Array([4]),
      { b: 5 },
    ]);
    expect(String(a[6])).toBe("TypeError: t");
  });

  test("may be an array of which hardly anything is there", () => {
    const sparse: unknown[] = [];
    sparse[4_000_000_000] = { last: true };
    sparse[70] = -0;
    const back = roundTrip(sparse) as unknown[];
    expect(back.length).toBe(4_000_000_001);
    expect(Object.keys(back)).toEqual(["70", "4000000000"]);
    expect(Object.is(back[70], -0)).toBe(true);
  });

  test("may have been changed by a getter while it was written", () => {
    const list: unknown[] = [1];
    const value = {
      list,
      get grow() {
        list.push("late");
        return 0;
      },
      again: list,
    };
    const back = roundTrip(value) as { list: unknown[] };
    expect(back.list).toEqual([1]);
  });

  test("may encode something itself on the way", () => {
    const other = new ByteArea(new ArrayBuffer(1000));
    const value = {
      before: [1],
      get inside() {
        encodeArguments([{ a: 1 }], other, 0, 1000);
        return "done";
      },
      after: "x",
    };
    for (const capacity of [1000, 20]) {
      expect(roundTrip(value, 0, capacity)).toEqual({ before: [1], inside: "done", after: "x" });
      expect(decodeArguments(other, 0)).toEqual([{ a: 1 }]);
    }
  });
});

describe("a large binary", () => {
  test("is written straight to its place", () => {
    const bytes = new Uint8Array(SIZE / 2).map((_, i) => i);
    expect(encodeArguments([bytes], area, 0, 100)).toBeLessThan(-SIZE / 2);
    finishEncoding(area, 200);
    const [back] = decodeArguments(area, 200) as [Uint8Array];
    expect(Buffer.compare(back, bytes)).toBe(0);
  });

  test("is read as it is when it is written, not as it was when it was spawned", () => {
    const bytes = new Uint8Array(1000);
    const length = encodeArguments([bytes], area, 0, 100);
    bytes.fill(7);
    finishEncoding(area, 0);
    expect(length).toBeLessThan(-1000);
    expect(decodeArguments(area, 0)).toEqual([bytes]);
  });
});

describe("what cannot lie in memory", () => {
  test("goes beside the message", () => {
    const shared = new SharedArrayBuffer(16);
    const moved = new Uint8Array(8).fill(3);
    const args = [{ shared }, new Int32Array(shared, 4, 2), move(moved), "text", [shared]];
    expect(encodeArguments(args, area, 0, SIZE)).toBe(BESIDE);
    const { bytes, beside, transfer } = takeMessage();
    expect(beside).toEqual([shared, moved.buffer]);
    expect(transfer).toEqual([bytes, moved.buffer]);
    const received = structuredClone({ bytes, beside }, { transfer: transfer as ArrayBuffer[] });
    expect(moved.byteLength).toBe(0);
    const back = decodeArguments(new ByteArea(received.bytes), 0, received.beside) as typeof args;
    expect((back[1] as Int32Array).byteOffset).toBe(4);
    new Int32Array(shared)[1] = 77;
    expect([...(back[1] as Int32Array)]).toEqual([77, 0]);
    expect(back[2]).toEqual(new Uint8Array(8).fill(3));
    expect((back[0] as { shared: unknown }).shared).toBe((back[4] as unknown[])[0]);
  });

  test("takes a large message along", () => {
    const { port1 } = new MessageChannel();
    const bytes = new Uint8Array(100_000).fill(9);
    expect(encodeArguments([bytes, move(port1)], area, 0, 100)).toBe(BESIDE);
    const message = takeMessage();
    expect(message.transfer.length).toBe(2);
    const [back, port] = decodeArguments(new ByteArea(message.bytes), 0, message.beside);
    expect(back).toEqual(bytes);
    expect(port).toBe(port1);
    port1.close();
  });
});

test("the comparison of these tests tells holes, identities and zeros apart", () => {
  const hole: unknown[] = [1];
  hole[2] = 3;
  expect(() => expectSame(hole, [1, undefined, 3])).toThrow();
  const one = [1];
  expect(() => expectSame([one, one], [[1], [1]])).toThrow();
  expect(() => expectSame([[1], [1]], [one, one])).toThrow();
  expect(() => expectSame(0, -0)).toThrow();
});

test("a buffer that was given away already is refused, whether it is moved again or copied", () => {
  const bytes = new Uint8Array(64);
  move(bytes);
  const copied = new ArrayBuffer(64);
  structuredClone(null, { transfer: [bytes.buffer, copied] });
  for (const gone of [bytes, bytes.buffer, copied]) {
    expect(() => encodeArguments([gone], area, 64, SIZE - 64)).toThrow(
      expect.objectContaining({ code: "ERR_NOT_SEND" }),
    );
  }
  expect(roundTrip(new Uint8Array(0))).toEqual(new Uint8Array(0));
});

test("a view that lies beyond 2 GiB of its buffer comes back with what it shows", () => {
  const bytes = new Uint8Array(new ArrayBuffer(2 ** 31 + 64), 2 ** 31 + 11, 5);
  bytes.set([1, 2, 3, 4, 5]);
  expect([...(roundTrip(bytes) as Uint8Array)]).toEqual([1, 2, 3, 4, 5]);
});
