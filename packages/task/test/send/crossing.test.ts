/** Errors, refusals, objects with a kind, and finding functions, as they cross. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { RuntimeError, sendErrorClass } from "@treadle/core";
import {
  ByteArea,
  decodeArguments,
  decodeOutcome,
  ERR_NOT_SEND,
  ERR_SEND_KIND,
  ERR_SENDABLE_MODULE,
  ERR_SENDABLE_NOT_FOUND,
  encodeArguments,
  encodeOutcome,
  findSendable,
  finishEncoding,
  JoinError,
  move,
  NotSendError,
  type Outcome,
  SEND,
  type SendFunction,
  sendable,
  sendKind,
  spawnSite,
} from "@treadle/task";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const area = new ByteArea(new ArrayBuffer(1 << 16));

function crossed(outcome: Outcome<unknown>): Outcome<unknown> {
  const length = encodeOutcome(outcome, area, 0, 1 << 15);
  if (length < 0) finishEncoding(area, 0);
  return decodeOutcome(area, 0);
}

/** What a joiner on another thread gets for what was thrown. */
function failure(error: unknown): unknown {
  const outcome = crossed({ status: "failed", error });
  return outcome.status === "failed" ? outcome.error : outcome;
}

function refusal(...args: unknown[]): NotSendError {
  try {
    encodeArguments(args, area, 0, 1 << 15);
  } catch (error) {
    expect(error).toBeInstanceOf(NotSendError);
    expect((error as NotSendError).code).toBe(ERR_NOT_SEND);
    return error as NotSendError;
  }
  throw new Error("it was accepted");
}

describe("an error that has crossed", () => {
  test("has its class, message, code and the other properties of system errors", () => {
    const error = Object.assign(new Error("ENOENT: no such file"), {
      code: "ENOENT",
      errno: -2,
      syscall: "open",
      path: "a.txt",
      dest: "b.txt",
    });
    const back = failure(error) as typeof error;
    expect(back).toBeInstanceOf(Error);
    expect({ ...back }).toEqual({ ...error });
    expect(back.message).toBe(error.message);
    expect(back.stack?.startsWith(error.stack ?? "?")).toBe(true);
  });

  test("is one of the language's own classes if it was", () => {
    for (const make of [TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError]) {
      const back = failure(new make("x")) as Error;
      expect([back instanceof make, back.name, Object.hasOwn(back, "name")]).toEqual([
        true,
        make.name,
        false,
      ]);
    }
    const aborted = failure(new DOMException("stop", "AbortError")) as DOMException;
    expect([aborted instanceof DOMException, aborted.name, aborted.code]).toEqual([
      true,
      "AbortError",
      20,
    ]);
  });

  test("is one of this project's if it was", () => {
    const back = failure(new RuntimeError("ERR_OWN", "own")) as RuntimeError;
    expect([back instanceof RuntimeError, back.name, back.code]).toEqual([
      true,
      "RuntimeError",
      "ERR_OWN",
    ]);
    const join_ = failure(JoinError.of(7)) as JoinError;
    expect([join_ instanceof JoinError, join_.id, join_.isCancelled()]).toEqual([true, 7, true]);
  });

  test("of a class that nobody made known keeps its name and is what the class extends", () => {
    class HttpError extends RangeError {
      override name = "HttpError";
      status = 404;
      retry = () => {};
    }
    const back = failure(new HttpError("gone")) as HttpError;
    expect([back instanceof RangeError, back instanceof HttpError]).toEqual([true, false]);
    expect([back.name, back.status, back.retry]).toEqual(["HttpError", 404, undefined]);
    expect(String(back)).toBe("HttpError: gone");
  });

  test("of a class that was made known is of that class", () => {
    class Known extends TypeError {
      readonly limit: number;
      constructor(limit: number) {
        super(`over ${limit}`);
        this.limit = limit;
      }
      get doubled(): number {
        return 2 * this.limit;
      }
    }
    sendErrorClass(Known, "test.Known");
    const back = failure(new Known(4)) as Known;
    expect([back instanceof Known, back.doubled, back.message]).toEqual([true, 8, "over 4"]);
  });

  test("has its causes and errors, circles included", () => {
    const root = new RangeError("root");
    const middle = new Error("middle", { cause: root });
    root.cause = middle;
    const all = new AggregateError([middle, "text"], "all", { cause: { plain: true } });
    const back = failure(all) as AggregateError;
    expect([back instanceof AggregateError, back.cause]).toEqual([true, { plain: true }]);
    const [first, second] = back.errors as [Error, string];
    expect([first.message, second]).toEqual(["middle", "text"]);
    expect((first.cause as Error).message).toBe("root");
    expect((first.cause as Error).cause).toBe(first);
    expect(Object.keys(back)).toEqual([]);
  });

  test("leaves nothing behind of a property that cannot cross", () => {
    const shared = { x: 1, y: new Uint8Array([2]), z: [3] };
    const error = Object.assign(new Error("own"), {
      bad: { shared, same: { x: 0 }, port: move(new MessageChannel().port1), call() {} },
      good: { same: { x: 5 }, shared },
    });
    const { good, bad } = failure(error) as typeof error;
    expect([good, bad]).toEqual([{ same: { x: 5 }, shared }, undefined]);
  });

  test("goes on with the stack of where it was spawned", () => {
    const made = sendable("file:///test/stack.js", "job", () => 0);
    function caller() {
      return spawnSite(made().function, spawnSite);
    }
    encodeOutcome({ status: "failed", error: new Error("there") }, area, 0, 1 << 15);
    const outcome = decodeOutcome(area, 0, [], made().function, caller());
    const { stack } = (outcome as { error: Error }).error;
    expect(stack).toMatch(
      /^Error: there\n[\s\S]*\n {4}--- in job\(\), spawned on another thread from ---\n {4}at caller /,
    );
  });

  test("costs the spawns of a function that does not fail no stack after the first", () => {
    const source = sendable("file:///test/sites.js", "job", () => 0)().function;
    let taken = 0;
    for (let i = 0; i < 1000; i++) if (spawnSite(source, spawnSite) !== null) taken++;
    expect(taken).toBe(64);
    encodeOutcome({ status: "failed", error: new Error("now") }, area, 0, 1 << 15);
    decodeOutcome(area, 0, [], source, null);
    for (let i = 0; i < 1000; i++) if (spawnSite(source, spawnSite) !== null) taken++;
    expect(taken).toBe(64 + 8);
  });
});

describe("an outcome that has crossed", () => {
  test("is the value, also when it is thrown", () => {
    expect(crossed({ status: "ok", value: [1, "x"] })).toEqual({ status: "ok", value: [1, "x"] });
    expect(crossed({ status: "ok", value: undefined })).toEqual({ status: "ok", value: undefined });
    expect(failure("just text")).toBe("just text");
    expect(failure({ code: 5 })).toEqual({ code: 5 });
  });

  test("is a cancellation with the id of its task", () => {
    const back = crossed({ status: "cancelled", error: JoinError.of(12) });
    expect(back.status).toBe("cancelled");
    expect((back as { error: JoinError }).error.id).toBe(12);
    expect((back as { error: JoinError }).error).toBeInstanceOf(JoinError);
  });

  test("is a failure that names the place when the result cannot cross", () => {
    const back = crossed({ status: "ok", value: { list: [1, () => {}] } });
    const { error } = back as { error: NotSendError };
    expect([back.status, error instanceof NotSendError, error.path]).toEqual([
      "failed",
      true,
      "the result .list[1]",
    ]);
  });

  test("is a failure that says so when what was thrown cannot cross", () => {
    const error = failure(() => {}) as NotSendError;
    expect([error.code, error.path]).toEqual([ERR_NOT_SEND, "what was thrown"]);
  });
});

describe("what cannot cross", () => {
  class Account {
    readonly owner = "a";
  }
  const cases: [string, unknown, string][] = [
    [
      "a function",
      { items: [0, { callback() {} }] },
      ".items[1].callback is a function (callback): ",
    ],
    ["an anonymous function", [() => {}], "[0] is a function (anonymous): "],
    ["a class", { Account }, ".Account is a function (Account): "],
    ["a symbol", { a: { "b-c": Symbol("s") } }, '.a["b-c"] is a symbol (Symbol(s)): '],
    ["an instance", new Map([["k", new Account()]]), '.get("k") is an instance of class Account: '],
    ["a key", new Map([[new Account(), 1]]), ".keys() is an instance of class Account: "],
    ["a member", new Set([new Account()]), ".values() is an instance of class Account: "],
    [
      "an array with a class",
      { list: new (class List extends Array {})() },
      ".list is an instance of class List: ",
    ],
    [
      "a map with a class",
      { map: new (class Cache extends Map {})() },
      ".map is an instance of class Cache: ",
    ],
    [
      "a date with a class",
      [new (class Day extends Date {})()],
      "[0] is an instance of class Day: ",
    ],
    [
      "bytes with a class",
      [new (class Key extends Uint8Array {})(3)],
      "[0] is an instance of class Key: ",
    ],
    ["a promise", { later: Promise.resolve() }, ".later is a promise: await it first"],
    ["a generator", (function* () {})(), "is an "],
    ["a weak map", { weak: new WeakMap() }, ".weak is an instance of class WeakMap: "],
    [
      "a port",
      { port: new MessageChannel().port1 },
      ".port is an instance of class MessagePort: it cannot be copied, only given away: move(it)",
    ],
    ["a boxed symbol", { box: Object(Symbol("x")) }, ".box is an instance of class Symbol"],
  ];
  test.each(cases)("%s is named with its place", (_name, value, text) => {
    const { message } = refusal("first", value);
    const space = text.startsWith("is") ? " " : " ";
    expect(message.slice(0, "argument 2".length + space.length + text.length)).toBe(
      `argument 2${space}${text}`,
    );
  });

  test("says what to do", () => {
    expect(refusal(() => {}).message).toContain("plain data");
    expect(refusal(new Account()).message).toContain("sendKind()");
    expect(refusal(Symbol("x")).message).toContain("Send a string");
    expect([refusal(() => {}).path, refusal(1, 2, () => {}).path]).toEqual([
      "argument 1",
      "argument 3",
    ]);
  });

  test("leaves nothing behind", () => {
    refusal({ a: [1, { b: Symbol("x") }] });
    encodeArguments([{ a: 1 }, { a: 2 }], area, 0, 1000);
    expect(decodeArguments(area, 0)).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test("is what is nested too deeply for the stack, too, and leaves nothing behind", () => {
    let deep: unknown[] = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const { message, path } = refusal(1, deep);
    expect(path).toBe("argument 2");
    expect(message).toContain("argument 2 is nested too deeply for this thread's stack: ");
    encodeArguments([1, [2]], area, 0, 1000);
    expect(decodeArguments(area, 0)).toEqual([1, [2]]);
  });

  test("lets a getter's own error through", () => {
    const value = {
      get broken(): number {
        throw new RangeError("own");
      },
    };
    expect(() => encodeArguments([value], area, 0, 1000)).toThrow(new RangeError("own"));
    encodeArguments([1], area, 0, 1000);
    expect(decodeArguments(area, 0)).toEqual([1]);
  });
});

describe("move", () => {
  test("takes what Node can transfer, and nothing else", () => {
    const { port1, port2 } = new MessageChannel();
    const stream = new ReadableStream();
    const bytes = new Uint8Array(4);
    for (const value of [port1, stream, bytes, new ArrayBuffer(1), new TransformStream()]) {
      expect(move(value)).toBe(value);
    }
    port2.close();
    expect(() => move({})).toThrow("the argument of move()");
    expect(() => move(new Uint8Array(new SharedArrayBuffer(4)))).toThrow("the argument of move()");
    expect(() => move("text" as never)).toThrow("the argument of move()");
  });

  test("refuses memory that belongs to others too", () => {
    expect(() => move(Buffer.from("small"))).toThrow("memory that others use too");
    move(Buffer.alloc(100_000));
  });
});

/** A toy: a token that is one object on each thread, and counts who has it. */
class Token {
  static readonly sent: Token[] = [];
  static readonly kind = sendKind<Token, { id: number; at: unknown }>({
    name: "test/Token",
    encode: (token) => ({ id: token.id, at: token.at }),
    decode: ({ id, at }) => new Token(id, at),
    sent: (token) => void Token.sent.push(token),
  });
  readonly id: number;
  readonly at: unknown;
  constructor(id: number, at: unknown) {
    this.id = id;
    this.at = at;
  }
  get [SEND]() {
    return Token.kind;
  }
}

describe("an object with a kind", () => {
  function roundTrip(value: unknown, capacity = 1000): unknown {
    const length = encodeArguments([value], area, 0, capacity);
    if (length < 0) finishEncoding(area, 0);
    return decodeArguments(area, 0)[0];
  }

  test("is made anew on the other side, once for all its mentions", () => {
    const token = new Token(7, { deep: [1n] });
    const [first, second, other] = roundTrip([token, token, new Token(8, null)]) as Token[];
    expect(first).toBeInstanceOf(Token);
    expect([first?.id, first?.at, second === first, other?.id]).toEqual([
      7,
      { deep: [1n] },
      true,
      8,
    ]);
    expect(first).not.toBe(token);
  });

  test("shares what it holds with the rest of the message", () => {
    const shared = { n: 1 };
    const [plain, token] = roundTrip([shared, new Token(1, shared)]) as [object, Token];
    expect(token.at).toBe(plain);
  });

  test("is told when it was sent, not when something else was refused", () => {
    const token = new Token(1, 0);
    Token.sent.length = 0;
    refusal(token, () => {});
    expect(Token.sent).toEqual([]);
    const length = encodeArguments([token, "x".repeat(100)], area, 0, 10);
    expect([length < 0, Token.sent]).toEqual([true, []]);
    finishEncoding(area, 0);
    expect(Token.sent).toEqual([token]);
    roundTrip(token);
    expect(Token.sent).toEqual([token, token]);
  });

  test("may be a plain object with the symbol", () => {
    const plain = { [SEND]: Token.kind, id: 3, at: "x" };
    expect(roundTrip(plain)).toEqual(new Token(3, "x"));
  });

  test("holds what cannot cross: the error says so", () => {
    expect(refusal(new Token(1, () => {})).message).toContain("is a function");
  });

  test("of a kind that this thread does not know is an error that names it", () => {
    const kind = sendKind<Token, null>({
      name: "test/Gone",
      encode: () => null,
      decode: () => new Token(0, 0),
    });
    encodeArguments([{ [SEND]: { ...kind, name: "test/Unknown" } }], area, 0, 1000);
    const code = { code: ERR_SEND_KIND };
    expect(() => decodeArguments(area, 0)).toThrow(expect.objectContaining(code));
    encodeArguments([5], area, 0, 1000);
    expect(decodeArguments(area, 0)).toEqual([5]);
  });

  test("needs a name", () => {
    expect(() => sendKind({ name: "", encode: () => 0, decode: () => ({}) })).toThrow(
      "must have a name",
    );
  });
});

describe("finding a function", () => {
  let folder: string;
  const url = (name: string): string => pathToFileURL(join(folder, name)).href;

  beforeAll(() => {
    const home = fileURLToPath(new URL("../..", import.meta.url));
    mkdirSync(join(home, ".vitest"), { recursive: true });
    folder = mkdtempSync(join(home, ".vitest", "find-"));
    const header =
      'import { sendable } from "@treadle/task";\nglobalThis.evaluations = (globalThis.evaluations ?? 0) + 1;\n';
    writeFileSync(
      join(folder, "good.mjs"),
      `${header}export const job = sendable(import.meta.url, "job", () => 5);\n`,
    );
    writeFileSync(join(folder, "bad.mjs"), 'throw new RangeError("at the top level");\n');
    writeFileSync(join(folder, "none.mjs"), "export const nothing = 0;\n");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("imports its module once, however many ask, and is at hand from then on", async () => {
    const key = `${url("good.mjs")}#job`;
    const asked = [findSendable(key), findSendable(key)];
    expect(asked[0]).toBeInstanceOf(Promise);
    const [one, two] = await Promise.all(asked);
    expect([one === two, one?.invoke([])]).toEqual([true, 5]);
    expect((globalThis as { evaluations?: number }).evaluations).toBe(1);
    expect(findSendable(key) as SendFunction).toBe(one);
  });

  test("tells a module that cannot be imported, with the cause", async () => {
    const error = await (findSendable(`${url("bad.mjs")}#job`) as Promise<SendFunction>).catch(
      (reason: unknown) => reason as RuntimeError,
    );
    expect(error).toMatchObject({ code: ERR_SENDABLE_MODULE });
    expect((error as Error).message).toContain("the sendable job()");
    expect((error as Error).message).toContain("at the top level");
    expect((error as Error).cause).toMatchObject({ name: "RangeError" });
    await expect(findSendable(`${url("missing.mjs")}#job`)).rejects.toMatchObject({
      code: ERR_SENDABLE_MODULE,
    });
  });

  test("tells a module that has no such function, and which it has", async () => {
    const missing = findSendable(`${url("good.mjs")}#other`) as Promise<SendFunction>;
    await expect(missing).rejects.toMatchObject({ code: ERR_SENDABLE_NOT_FOUND });
    await expect(missing).rejects.toThrow("it defines job");
    await expect(findSendable(`${url("none.mjs")}#job`)).rejects.toThrow("it defines none");
  });
});
