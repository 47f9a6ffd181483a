// What calling a sendable costs without the scheduler.
import {
  ByteArea,
  decodeArguments,
  decodeOutcome,
  encodeArguments,
  encodeOutcome,
  findSendable,
  sendable,
} from "@treadle/task";
import { timeOf } from "../lib/codecs.mjs";

const INLINE = 80;
const none = sendable(import.meta.url, "none", () => {});
const add = sendable(import.meta.url, function* add(a, b) {
  return a + b;
});
const outcome = { status: "ok", value: 3 };

/** Every step by itself, then all of them. */
function steps(call) {
  const area = new ByteArea(new SharedArrayBuffer(1 << 16));
  const { key } = call();
  const args = call().takeArguments();
  encodeArguments(args, area, 0, INLINE);
  encodeOutcome(outcome, area, 512, INLINE);
  if (findSendable(key).key !== key) throw new Error("another function");
  return {
    call: timeOf(call),
    encode: timeOf(() => encodeArguments(args, area, 0, INLINE)),
    find: timeOf(() => findSendable(key)),
    decode: timeOf(() => decodeArguments(area, 0)),
    result: timeOf(() => {
      encodeOutcome(outcome, area, 512, INLINE);
      decodeOutcome(area, 512);
    }),
    all: timeOf(() => {
      const future = call();
      encodeArguments(future.takeArguments(), area, 0, INLINE);
      findSendable(future.key);
      decodeArguments(area, 0);
      encodeOutcome(outcome, area, 512, INLINE);
      decodeOutcome(area, 512);
    }),
  };
}

export const scenario = {
  name: "send_call",
  title: "the call of a sendable without the scheduler, step by step, on one thread",
  about:
    "Makes the call, writes its arguments, finds the function, reads them, writes and reads the result.",
  says: { treadle: "two numbers as arguments", "treadle-none": "no arguments" },
  ops: 1,
  measured: true,
  metrics: {
    all: { title: "all together", unit: "ns" },
    call: { title: "the call", unit: "ns" },
    encode: { title: "arguments written", unit: "ns" },
    find: { title: "function found", unit: "ns" },
    decode: { title: "arguments read", unit: "ns" },
    result: { title: "result written and read", unit: "ns" },
  },
  goals: [],
  variants: {
    treadle: async () => () => ({ done: 1, metrics: steps(() => add(1, 2)) }),
    "treadle-none": async () => () => ({ done: 1, metrics: steps(() => none()) }),
  },
};
