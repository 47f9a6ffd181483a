// 200 tasks that yield 1 000 times each, three calls deep: what each poll pays on its way down.
import { gatherBare, gatherEffect, gatherPromises, gatherTreadle } from "../lib/gather.mjs";
import { effects, treadleRuntime } from "../lib/peers.mjs";
import { BareLeaf, Ring } from "../lib/ring.mjs";

const TASKS = 200;
const YIELDS = 1000;

/** Three functions, each calling the next one; `define` makes each of them of a generator function. */
function chain(define, once) {
  const inner = define(function* inner() {
    let yields = 0;
    for (; yields < YIELDS; yields++) yield* once();
    return yields;
  });
  const middle = define(function* middle() {
    return yield* inner();
  });
  return define(function* outer() {
    return yield* middle();
  });
}

const plain = (f) => f;

/** The same with a plain `yield`, which no function can stand in for. */
function* bareInner() {
  let yields = 0;
  for (; yields < YIELDS; yields++) yield;
  return yields;
}

function* bareMiddle() {
  return yield* bareInner();
}

function* bareOuter() {
  return yield* bareMiddle();
}

export const scenario = {
  name: "yield_depth3",
  title: "the same yields three calls deep, per yield",
  about:
    "A generator is resumed from the outside in, so each level costs something at every poll, in Treadle as in `bare`. A" +
    " promise and a fiber of Effect resume the innermost call directly: there the depth costs nothing, and `native` and" +
    " `effect4` are here to show that.",
  says: {
    treadle: "three functions defined by `fn`",
    "treadle-plain": "three plain generator functions (clean-up that waits is then not exact)",
    bare: "`yield*` three deep round a plain `yield`",
    "bare-leaf": "`yield*` three deep round a new object that is pending once",
    native: "three async functions, `await null` in the innermost",
    effect4: "three hoisted `Effect.fnUntraced`",
  },
  ops: TASKS * YIELDS,
  metrics: { wall: { unit: "ns" } },
  goals: [{ metric: "wall", against: "bare-leaf", atMost: 2, info: true }],
  variants: {
    async treadle() {
      const treadle = await treadleRuntime();
      return gatherTreadle(treadle, chain(treadle.fn, treadle.yieldNow), TASKS);
    },
    async "treadle-plain"() {
      const treadle = await treadleRuntime();
      return gatherTreadle(treadle, chain(plain, treadle.yieldNow), TASKS);
    },
    bare: async () => gatherBare(() => new Ring(256), bareOuter, TASKS),
    "bare-leaf": async () =>
      gatherBare(
        () => new Ring(256),
        chain(plain, () => new BareLeaf()),
        TASKS,
      ),
    async native() {
      async function inner() {
        let yields = 0;
        for (; yields < YIELDS; yields++) await null;
        return yields;
      }
      const middle = async () => await inner();
      const outer = async () => await middle();
      return gatherPromises(outer, TASKS);
    },
    ...effects((library) => {
      const { Effect, yieldNow } = library;
      const task = chain(Effect.fnUntraced, () => yieldNow);
      return gatherEffect(library, task, TASKS);
    }),
  },
};
