/** The programs of the drop test as data: what can be written in a task function, and the text of it. */

/** A leaf that answers pending `pends` times before it settles; -1 is for ever. */
export interface GateSpec {
  readonly pends: number;
  /** Whether it wakes its own waker during the poll that answers pending. */
  readonly self: boolean;
  readonly fails: boolean;
}

/** The combinators, and the wrappers that take one future. */
export type Kind =
  | "join"
  | "joinAll"
  | "tryJoinAll"
  | "select"
  | "race"
  | "shield"
  | "local"
  | "unconstrained";

export interface Combination {
  readonly id: number;
  readonly kind: Kind;
  readonly children: readonly Child[];
}

/**
 * What a combinator is given. `fn`: a call of a task function; `gen`: a plain generator object; `genFn`: the plain
 * generator function itself; `arrowFn`, `arrowGen`: an ordinary function that makes one of the first two.
 */
export type Child =
  | { readonly t: "fn" | "gen" | "genFn" | "arrowFn" | "arrowGen"; readonly f: Func }
  | { readonly t: "gate"; readonly id: number; readonly gate: GateSpec }
  | { readonly t: "comb"; readonly comb: Combination };

export interface Func {
  readonly id: number;
  readonly body: readonly Stmt[];
}

export type Stmt =
  | { readonly t: "log" | "throw" | "return" | "break" | "continue"; readonly id: number }
  | { readonly t: "wait"; readonly id: number; readonly gate: GateSpec }
  | { readonly t: "call" | "plain"; readonly id: number; readonly f: Func }
  | { readonly t: "comb"; readonly id: number; readonly comb: Combination }
  | {
      readonly t: "loop";
      readonly id: number;
      readonly times: number;
      readonly body: readonly Stmt[];
    }
  | {
      readonly t: "try";
      readonly id: number;
      readonly body: readonly Stmt[];
      readonly handler: readonly Stmt[] | null;
      readonly final: readonly Stmt[] | null;
    };

/** The same program with every node numbered, so that a log line names the one place it comes from. */
export function numbered(body: readonly Stmt[]): Func {
  let next = 0;
  const func = (f: Func): Func => {
    const id = next++;
    return { id, body: f.body.map(stmt) };
  };
  const comb = (c: Combination): Combination => {
    const id = next++;
    return { id, kind: c.kind, children: c.children.map(child) };
  };
  const child = (c: Child): Child => {
    if (c.t === "gate") return { ...c, id: next++ };
    if (c.t === "comb") return { t: "comb", comb: comb(c.comb) };
    return { t: c.t, f: func(c.f) };
  };
  const stmt = (s: Stmt): Stmt => {
    const id = next++;
    switch (s.t) {
      case "call":
      case "plain":
        return { t: s.t, id, f: func(s.f) };
      case "comb":
        return { t: "comb", id, comb: comb(s.comb) };
      case "loop":
        return { ...s, id, body: s.body.map(stmt) };
      case "try":
        return {
          t: "try",
          id,
          body: s.body.map(stmt),
          handler: s.handler?.map(stmt) ?? null,
          final: s.final?.map(stmt) ?? null,
        };
      default:
        return { ...s, id };
    }
  };
  return func({ id: 0, body });
}

/**
 * The program as JavaScript: the body of a function of `rt` that answers the main function. One statement to a line,
 * for a drop tells the `yield*`s of one function apart by where they stand.
 */
export function sourceOf(main: Func): string {
  const functions: string[] = [];
  const define = (f: Func, isFn: boolean): string => {
    const name = `${isFn ? "f" : "p"}${f.id}`;
    const head = isFn ? `const ${name} = rt.fn(function* ${name}() {` : `function* ${name}() {`;
    const body = block(f.body, "  ", false);
    functions.push(`${head}\n${body}${isFn ? "});" : "}"}\n`);
    return name;
  };
  const gate = (id: number, g: GateSpec): string =>
    `rt.gate(${id}, ${g.pends}, ${g.self}, ${g.fails})`;
  const child = (c: Child): string => {
    switch (c.t) {
      case "gate":
        return gate(c.id, c.gate);
      case "comb":
        return combination(c.comb);
      case "fn":
        return `${define(c.f, true)}()`;
      case "gen":
        return `${define(c.f, false)}()`;
      case "genFn":
        return define(c.f, false);
      case "arrowFn":
        return `() => ${define(c.f, true)}()`;
      case "arrowGen":
        return `() => ${define(c.f, false)}()`;
    }
  };
  const combination = (c: Combination): string =>
    `rt.${c.kind}(${[`${c.id}`, ...c.children.map(child)].join(", ")})`;
  const block = (body: readonly Stmt[], indent: string, inLoop: boolean): string =>
    body.map((s) => `${indent}${text(s, indent, inLoop)}\n`).join("");
  const text = (s: Stmt, indent: string, inLoop: boolean): string => {
    const inner = `${indent}  `;
    switch (s.t) {
      case "log":
        return `rt.log(${s.id});`;
      case "throw":
        return `throw rt.error(${s.id});`;
      case "return":
        return `return ${s.id};`;
      case "break":
      case "continue":
        return inLoop ? `${s.t};` : ";";
      case "wait":
        return `rt.result(${s.id}, yield* ${gate(s.id, s.gate)});`;
      case "call":
        return `rt.result(${s.id}, yield* ${define(s.f, true)}());`;
      case "plain":
        return `rt.result(${s.id}, yield* ${define(s.f, false)}());`;
      case "comb":
        return `rt.result(${s.id}, yield* ${combination(s.comb)});`;
      case "loop":
        return `for (let i = 0; i < ${s.times}; i++) {\n${block(s.body, inner, true)}${indent}}`;
      case "try": {
        let out = `try {\n${block(s.body, inner, inLoop)}${indent}}`;
        if (s.handler !== null) {
          out += ` catch (e) {\n${inner}rt.caught(${s.id}, e);\n${block(s.handler, inner, inLoop)}${indent}}`;
        }
        if (s.final !== null || s.handler === null) {
          const final = block(s.final ?? [], inner, inLoop);
          out += ` finally {\n${inner}rt.entered(${s.id});\n${final}${inner}rt.left(${s.id});\n${indent}}`;
        }
        return out;
      }
    }
  };
  const name = define(main, true);
  return `${functions.join("\n")}\nreturn ${name};`;
}
