// The codec of sendables and others, each writing into shared memory and reading a value that is independent of it.
import v8 from "node:v8";

const MEMORY = 1 << 23;
/** What a cell holds itself, and where the rest goes. */
const INLINE = 80;
const ELSEWHERE = 4096;

const rows = Array.from({ length: 64 }, (_, i) => ({
  id: i,
  name: `item number ${i}`,
  price: i * 1.25,
  tags: ["a", "bb"],
  ok: i % 2 === 0,
}));

/** What is sent: a list of arguments each. */
export const payloads = {
  none: { title: "no arguments", value: [] },
  numbers: { title: "two numbers", value: [1, 2] },
  path: { title: "a short string", value: ["src/main.ts"] },
  string64: { title: "a string of 64", value: ["x".repeat(64)] },
  bytes64: { title: "64 bytes", value: [new Uint8Array(64).fill(7)] },
  object4k: { title: "an object of 4 KiB", value: [{ rows }] },
  doubles: { title: "1 000 doubles", value: [Array.from({ length: 1000 }, (_, i) => i + 0.5)] },
  bytes1m: { title: "1 MiB of bytes", value: [new Uint8Array(1 << 20).fill(3)] },
};

export const codecs = {
  async treadle() {
    const { ByteArea, decodeArguments, encodeArguments, finishEncoding } = await import(
      "@treadle/task"
    );
    const area = new ByteArea(new SharedArrayBuffer(MEMORY));
    return (value) => {
      const length = encodeArguments(value, area, 0, INLINE);
      if (length >= 0) return decodeArguments(area, 0);
      finishEncoding(area, ELSEWHERE);
      return decodeArguments(area, ELSEWHERE);
    };
  },
  async v8() {
    const shared = new Uint8Array(new SharedArrayBuffer(MEMORY));
    return (value) => {
      const bytes = v8.serialize(value);
      shared.set(bytes, 0);
      // What v8 reads binaries from stays theirs, so it is copied first.
      return v8.deserialize(new Uint8Array(shared.subarray(0, bytes.length)));
    };
  },
  msgpackr: () => msgpackr({ structuredClone: true, moreTypes: true }),
  "msgpackr-plain": () => msgpackr({}),
};

async function msgpackr(options) {
  const { Packr } = await import("msgpackr");
  const packr = new Packr(options);
  const shared = new Uint8Array(new SharedArrayBuffer(MEMORY));
  const buffer = Buffer.allocUnsafeSlow(MEMORY);
  return (value) => {
    packr.useBuffer(buffer);
    const bytes = packr.pack(value);
    shared.set(bytes, 0);
    return packr.unpack(new Uint8Array(shared.subarray(0, bytes.length)));
  };
}

/** Nanoseconds of one call, over at least `ms`. */
export function timeOf(f, ms = 8) {
  for (let count = 64; ; count *= 2) {
    const start = performance.now();
    for (let i = 0; i < count; i++) f();
    const took = performance.now() - start;
    if (took >= ms) return (took * 1e6) / count;
  }
}
