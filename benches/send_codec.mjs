// What it costs to send: the codec beside v8.serialize and msgpackr, and what one call of a sendable costs without the
// scheduler. `node benches/send_codec.mjs [cost|codec]`, after `npm run setup`; nanoseconds, the best of nine samples.
import v8 from "node:v8";
import {
  ByteArea,
  decodeArguments,
  decodeOutcome,
  encodeArguments,
  encodeOutcome,
  findSendable,
  finishEncoding,
  sendable,
} from "@treadle/task";
import { Packr } from "msgpackr";

const memory = new SharedArrayBuffer(1 << 23);
const area = new ByteArea(memory);
/** What a cell holds itself. */
const INLINE = 80;
const ELSEWHERE = 4096;

const rows = Array.from({ length: 64 }, (_, i) => ({
  id: i,
  name: `item number ${i}`,
  price: i * 1.25,
  tags: ["a", "bb"],
  ok: i % 2 === 0,
}));
const payloads = {
  "[]": [],
  "[1, 2]": [1, 2],
  '["src/main.ts"]': ["src/main.ts"],
  "a string of 64": ["x".repeat(64)],
  "64 B of bytes": [new Uint8Array(64).fill(7)],
  "an object of 4 KiB": [{ rows }],
  "1000 doubles": [Array.from({ length: 1000 }, (_, i) => i + 0.5)],
  "1 MiB of bytes": [new Uint8Array(1 << 20).fill(3)],
};

/** Each writes into the shared memory and reads a value that is independent of it. */
const codecs = {
  treadle: {
    encode(value) {
      const length = encodeArguments(value, area, 0, INLINE);
      if (length >= 0) return length;
      finishEncoding(area, ELSEWHERE);
      return -length;
    },
    decode: (length) => decodeArguments(area, length <= INLINE ? 0 : ELSEWHERE),
  },
  "v8.serialize": {
    encode(value) {
      const bytes = v8.serialize(value);
      area.bytes.set(bytes, 0);
      return bytes.length;
    },
    // What v8 reads binaries from stays theirs, so it is copied first.
    decode: (length) => v8.deserialize(new Uint8Array(area.bytes.subarray(0, length))),
  },
  msgpackr: msgpackr(new Packr({ structuredClone: true, moreTypes: true })),
  "msgpackr, no identity": msgpackr(new Packr()),
};

function msgpackr(packr) {
  const buffer = Buffer.allocUnsafeSlow(1 << 23);
  return {
    encode(value) {
      packr.useBuffer(buffer);
      const bytes = packr.pack(value);
      area.bytes.set(bytes, 0);
      return bytes.length;
    },
    decode: (length) => packr.unpack(new Uint8Array(area.bytes.subarray(0, length))),
  };
}

/** Nanoseconds of one call. */
function time(f) {
  const run = (n) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < n; i++) f();
    return Number(process.hrtime.bigint() - start);
  };
  let n = 64;
  while (run(n) < 2e7) n *= 2;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 9; round++) best = Math.min(best, run(n) / n);
  return Math.round(best);
}

function compareCodecs() {
  const table = {};
  for (const [name, payload] of Object.entries(payloads)) {
    const row = {};
    for (const [codec, { encode, decode }] of Object.entries(codecs)) {
      const to = time(() => encode(payload));
      const length = encode(payload);
      const from = time(() => decode(length));
      row[codec] = `${to} + ${from} (${length} B)`;
    }
    table[name] = row;
  }
  console.log("encode + decode, ns (size)");
  console.table(table);
}

function costOfCalls() {
  const none = sendable(import.meta.url, "none", () => {});
  const add = sendable(import.meta.url, function* add(a, b) {
    return a + b;
  });
  const outcome = { status: "ok", value: 3 };
  const make = { none: () => none(), "two numbers": () => add(1, 2) };
  const table = {};
  for (const [name, call] of Object.entries(make)) {
    const { key } = call();
    const args = call().takeArguments();
    encodeArguments(args, area, 0, INLINE);
    encodeOutcome(outcome, area, 512, INLINE);
    let found;
    table[name] = {
      call: time(call),
      encode: time(() => encodeArguments(args, area, 0, INLINE)),
      find: time(() => {
        found = findSendable(key);
      }),
      decode: time(() => decodeArguments(area, 0)),
      "encode result": time(() => encodeOutcome(outcome, area, 512, INLINE)),
      "decode result": time(() => decodeOutcome(area, 512)),
      all: time(() => {
        const future = call();
        encodeArguments(future.takeArguments(), area, 0, INLINE);
        findSendable(future.key);
        decodeArguments(area, 0);
        encodeOutcome(outcome, area, 512, INLINE);
        decodeOutcome(area, 512);
      }),
    };
    if (found.key !== key) throw new Error("another function");
  }
  console.log("one call without the scheduler, ns");
  console.table(table);
}

console.log(process.version);
const what = process.argv[2];
if (what !== "codec") costOfCalls();
if (what !== "cost") compareCodecs();
