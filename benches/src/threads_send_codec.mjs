// Writing values into shared memory and reading them again.
import { deepStrictEqual } from "node:assert";
import { codecs, payloads, timeOf } from "../lib/codecs.mjs";

export const scenario = {
  name: "send_codec",
  title: "a value written into shared memory and read again, on one thread",
  about:
    "Each codec writes a list of arguments into shared memory and makes an independent value of it, which is compared with the" +
    " first. `v8.serialize` and msgpackr cannot write there themselves, so theirs is copied.",
  says: {
    treadle: "the codec of sendables",
    v8: "`v8.serialize`, `v8.deserialize`",
    msgpackr: "`structuredClone` and `moreTypes`, as sendables promise",
    "msgpackr-plain": "msgpackr as it is: no identity, no cycles",
  },
  ops: 1,
  measured: true,
  metrics: Object.fromEntries(
    Object.entries(payloads).map(([name, { title }]) => [name, { title, unit: "ns" }]),
  ),
  goals: [],
  variants: Object.fromEntries(
    Object.entries(codecs).map(([name, make]) => [
      name,
      async () => {
        const copy = await make();
        return () => {
          const metrics = {};
          for (const [payload, { value }] of Object.entries(payloads)) {
            deepStrictEqual(copy(value), value);
            metrics[payload] = timeOf(() => copy(value));
          }
          return { done: 1, metrics };
        };
      },
    ]),
  ),
};
