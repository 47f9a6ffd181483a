/** Random programs, with shrinking. */
import fc from "fast-check";
import type { Child, Combination, Func, GateSpec, Kind, Stmt } from "./program.ts";

const gate: fc.Arbitrary<GateSpec> = fc.record({
  pends: fc.oneof(
    { weight: 24, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 1, arbitrary: fc.constant(-1) },
  ),
  self: fc.integer({ min: 0, max: 7 }).map((n) => n === 7),
  fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
});

const wait: fc.Arbitrary<Stmt> = gate.map((g) => ({ t: "wait", id: 0, gate: g }));
const many: fc.Arbitrary<Kind> = fc.constantFrom("join", "joinAll", "tryJoinAll", "select", "race");
const one: fc.Arbitrary<Kind> = fc.constantFrom("shield", "shield", "local", "unconstrained");

type Nodes = {
  stmt: Stmt;
  body: Stmt[];
  child: Child;
  comb: Combination;
};

/** Bodies of a main function: calls, plain calls, clean-up and combinators, about five levels deep. */
export function programs(): fc.Arbitrary<Stmt[]> {
  const depthIdentifier = fc.createDepthIdentifier();
  const { body } = fc.letrec<Nodes>((tie) => {
    const func = tie("body").map((b): Func => ({ id: 0, body: b }));
    const word = (t: "log" | "throw" | "return" | "break" | "continue"): fc.Arbitrary<Stmt> =>
      fc.constant({ t, id: 0 });
    return {
      body: fc.array(tie("stmt"), { minLength: 1, maxLength: 3, size: "max" }),
      stmt: fc.oneof(
        { maxDepth: 4, depthIdentifier, depthSize: "max" },
        { weight: 7, arbitrary: wait },
        { weight: 3, arbitrary: word("log") },
        { weight: 1, arbitrary: word("throw") },
        { weight: 1, arbitrary: fc.constantFrom("return", "break", "continue").chain(word) },
        { weight: 4, arbitrary: func.map((f): Stmt => ({ t: "call", id: 0, f })) },
        { weight: 4, arbitrary: func.map((f): Stmt => ({ t: "plain", id: 0, f })) },
        {
          weight: 9,
          arbitrary: fc
            .record({
              body: tie("body"),
              handler: fc.option(tie("body"), { freq: 2 }),
              final: fc.option(tie("body"), { freq: 4 }),
            })
            .map((parts): Stmt => ({ t: "try", id: 0, ...parts })),
        },
        {
          weight: 1,
          arbitrary: fc
            .record({ times: fc.integer({ min: 1, max: 2 }), body: tie("body") })
            .map((parts): Stmt => ({ t: "loop", id: 0, ...parts })),
        },
        { weight: 6, arbitrary: tie("comb").map((comb): Stmt => ({ t: "comb", id: 0, comb })) },
      ),
      comb: fc.oneof(
        {
          weight: 3,
          arbitrary: fc
            .tuple(many, fc.array(tie("child"), { minLength: 1, maxLength: 3, size: "max" }))
            .map(([kind, children]): Combination => ({ id: 0, kind, children })),
        },
        {
          weight: 1,
          arbitrary: fc
            .tuple(one, tie("child"))
            .map(([kind, child]): Combination => ({ id: 0, kind, children: [child] })),
        },
      ),
      child: fc.oneof(
        { maxDepth: 4, depthIdentifier, depthSize: "max" },
        { weight: 2, arbitrary: gate.map((g): Child => ({ t: "gate", id: 0, gate: g })) },
        { weight: 5, arbitrary: func.map((f): Child => ({ t: "fn", f })) },
        {
          weight: 5,
          arbitrary: fc
            .tuple(fc.constantFrom("gen", "genFn", "arrowFn", "arrowGen", "arrowGen"), func)
            .map(([t, f]): Child => ({ t, f })),
        },
        { weight: 2, arbitrary: tie("comb").map((comb): Child => ({ t: "comb", comb })) },
      ),
    };
  });
  return body;
}
