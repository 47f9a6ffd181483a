/** Sendable functions on their own thread: names, calls, drops, spawning. */
import { type Async, Call, fn, ready } from "@treadle/core";
import {
  ERR_SENDABLE_DUPLICATE,
  ERR_SENDABLE_NAME,
  findSendable,
  type JoinHandle,
  JoinSet,
  type SendFunction,
  SendFuture,
  sendable,
  spawn,
  spawnLocal,
} from "@treadle/task";
import { describe, expect, test } from "vitest";
import { Gate, Hand } from "../../../../tools/test-hand.ts";
import { TestRuntime } from "../support/runtime.ts";

let modules = 0;
/** A module of the test's own. */
function moduleUrl(): string {
  return `file:///test/module-${++modules}.js`;
}

/** The code and text of what `f` throws. */
function thrown(f: () => unknown): { code: unknown; message: string } {
  try {
    f();
  } catch (error) {
    return error as { code: unknown; message: string };
  }
  throw new Error("it did not throw");
}

describe("a name", () => {
  test("is that of the function", async () => {
    const url = moduleUrl();
    const made = sendable(url, function* hash(path: string): Async<string> {
      return yield* ready(path);
    });
    expect([made.name, made("a").name, made("a").key]).toEqual(["hash", "hash", `${url}#hash`]);
    expect((made as unknown as { length: number }).length).toBe(1);
    expect((findSendable(`${url}#hash`) as SendFunction).name).toBe("hash");
  });

  test("is the one that was said, whatever the function's is", () => {
    const url = moduleUrl();
    expect(sendable(url, "one", () => 1)().key).toBe(`${url}#one`);
    expect(sendable(url, { name: "two" }, function other() {})().name).toBe("two");
  });

  test("must be there", () => {
    const { code, message } = thrown(() => sendable(moduleUrl(), () => 1));
    expect(code).toBe(ERR_SENDABLE_NAME);
    expect(message).toContain('sendable(import.meta.url, "hash", ...)');
    expect(message).toContain("keepNames");
  });

  test("holds no #, which ends the module's URL", () => {
    expect(thrown(() => sendable(moduleUrl(), "a#b", () => 1)).code).toBe(ERR_SENDABLE_NAME);
    const url = `${moduleUrl()}#fragment`;
    sendable(url, "ok", () => 1);
    expect((findSendable(`${url}#ok`) as SendFunction).key).toBe(`${url}#ok`);
  });

  test("is there once in a module", () => {
    const url = moduleUrl();
    sendable(url, "twin", () => 1);
    const { code, message } = thrown(() => sendable(url, "twin", () => 2));
    expect(code).toBe(ERR_SENDABLE_DUPLICATE);
    expect(message).toContain(`${url} defines two sendables named "twin"`);
    sendable(moduleUrl(), "twin", () => 3);
  });

  test("may come again when the module is evaluated again, and then means the new function", async () => {
    const url = moduleUrl();
    const first = sendable(url, "job", () => 1);
    await new Promise(setImmediate);
    const second = sendable(url, "job", () => 2);
    expect([new Hand(second()).poll(), findSendable(`${url}#job`)]).toEqual([
      "ok",
      second().function,
    ]);
    const old = new Hand(first());
    old.poll();
    expect(old.value).toBe(1);
  });

  test("of another version of the module is another name", () => {
    const url = moduleUrl();
    sendable(`${url}?t=1`, "job", () => 1);
    sendable(`${url}?t=2`, "job", () => 2);
    const found = findSendable(`${url}?t=1#job`) as SendFunction;
    expect(found.invoke([])).toBe(1);
  });
});

test("what is no URL, no function or no name is refused", () => {
  const make = sendable as (...args: unknown[]) => unknown;
  expect(thrown(() => make("hash.js", function hash() {})).message).toContain("import.meta.url");
  expect(thrown(() => make(moduleUrl(), "name")).message).toContain("must be a function");
  expect(thrown(() => make(moduleUrl(), {}, () => 1)).message).toContain("a name or { name }");
});

describe("a call", () => {
  test("runs nothing before it is polled", () => {
    const log: string[] = [];
    const made = sendable(moduleUrl(), "lazy", (what: string) => {
      log.push(what);
    });
    const future = made("a");
    expect([future instanceof SendFuture, future instanceof Call, log]).toEqual([true, true, []]);
    new Hand(future).poll();
    new Hand(made("never")).drop();
    expect(log).toEqual(["a"]);
  });

  test("runs generator functions right here, dropped exactly", () => {
    const log: string[] = [];
    const [gate, cleanUp] = [new Gate(), new Gate()];
    const inner = sendable(moduleUrl(), function* inner(): Async<void> {
      try {
        yield* gate;
      } finally {
        yield* cleanUp;
        log.push("inner left");
      }
    });
    const outer = fn(function* outer(): Async<void> {
      try {
        yield* inner();
        log.push("never");
      } finally {
        log.push("outer left");
      }
    });
    const hand = new Hand(outer());
    hand.poll();
    expect(hand.drop()).toBe("pending");
    cleanUp.open();
    expect([hand.drop(), log]).toEqual(["dropped", ["inner left", "outer left"]]);
  });

  test("gives what plain functions return, and what they throw", () => {
    const error = new Error("own");
    const divide = sendable(moduleUrl(), function divide(a: number, b: number): number {
      if (b === 0) throw error;
      return a / b;
    });
    const [fine, fails] = [new Hand(divide(6, 3)), new Hand(divide(1, 0))];
    expect([fine.poll(), fine.value]).toEqual(["ok", 2]);
    expect([fails.poll(), fails.error]).toEqual(["failed", error]);
  });

  test("awaits the future or promise that a plain function returns", async () => {
    const gate = new Gate<string>();
    const url = moduleUrl();
    const later = sendable(url, "later", () => gate as unknown as string);
    const promised = sendable(url, "promised", (n: number) => Promise.resolve(n));
    const hand = new Hand(later());
    expect(hand.poll()).toBe("pending");
    gate.open("there");
    expect([hand.poll(), hand.value]).toEqual(["ok", "there"]);
    const other = new Hand(promised(3));
    expect(other.poll()).toBe("pending");
    await new Promise(setImmediate);
    expect([other.poll(), other.value]).toEqual(["ok", 3]);
  });

  test("gives async functions their arguments and nothing else", async () => {
    const given = sendable(moduleUrl(), async function given(...args: number[]): Promise<number[]> {
      return args;
    });
    const hands = [new Hand(given()), new Hand(given(1, 2, 3))];
    for (const hand of hands) hand.poll();
    await new Promise(setImmediate);
    for (const hand of hands) hand.poll();
    expect(hands.map((hand) => hand.value)).toEqual([[], [1, 2, 3]]);
  });

  test("takes what fn has made", () => {
    const twice = sendable(
      moduleUrl(),
      fn(function* twice(n: number): Async<number> {
        return 2 * (yield* ready(n));
      }),
    );
    const hand = new Hand(twice(4));
    expect([hand.poll(), hand.value, twice.name]).toEqual(["ok", 8, "twice"]);
  });

  test("that fails while its arguments are bound is over", () => {
    const made = sendable(moduleUrl(), "bound", function* (n: number = oops()): Async<number> {
      return n;
    });
    const hand = new Hand(made());
    expect([hand.poll(), (hand.error as Error).message]).toEqual(["failed", "oops"]);
    expect([hand.poll(), (hand.error as { code: string }).code]).toEqual([
      "failed",
      "ERR_FUTURE_STATE",
    ]);
  });

  test("gives its arguments away once", () => {
    const made = sendable(moduleUrl(), "taken", (a: number, b: string) => `${a}${b}`);
    const future = made(1, "x");
    expect([future.isUnstarted(), future.arguments]).toEqual([true, [1, "x"]]);
    expect(future.takeArguments()).toEqual([1, "x"]);
    expect([future.isUnstarted(), future.takeArguments(), future.unwrap()]).toEqual([
      false,
      null,
      null,
    ]);
    expect(new Hand(future).poll()).toBe("failed");
    const polled = made(1, "x");
    new Hand(polled).poll();
    expect(polled.takeArguments()).toBe(null);
  });
});

function oops(): never {
  throw new Error("oops");
}

/** A runtime that can send: it keeps what it was given to send. */
class SendingRuntime extends TestRuntime {
  readonly sent: SendFuture<unknown>[] = [];

  spawnSend<T>(future: SendFuture<T>): JoinHandle<T> {
    this.sent.push(future as SendFuture<unknown>);
    return this.spawnCall(future);
  }
}

describe("spawning a call", () => {
  const add = sendable(moduleUrl(), function* add(a: number, b: number): Async<number> {
    return (yield* ready(a)) + b;
  });

  function* joined(make: () => JoinHandle<number>): Async<[number, string]> {
    const handle = make();
    return [yield* handle, handle.name];
  }

  test("runs it as any other where there is one thread", () => {
    const runtime = new TestRuntime();
    const task = runtime.spawn(() => joined(() => spawn(add(1, 2))));
    runtime.run();
    expect(task.value).toEqual([3, "add"]);
  });

  test("gives it to the runtime to send, in every form", () => {
    const runtime = new SendingRuntime();
    const set = new JoinSet<number>();
    const task = runtime.spawn(function* (): Async<unknown> {
      const first = yield* spawn(add(1, 2));
      const second = yield* spawn(add, 3, 4);
      set.spawn(add(5, 6));
      set.spawn(add, 7, 8);
      return [first, second, yield* set.joinAll()];
    });
    runtime.run();
    expect(task.value).toEqual([3, 7, [11, 15]]);
    expect(runtime.sent.length).toBe(4);
  });

  test("keeps it here when it must stay here, or has begun here", () => {
    const runtime = new SendingRuntime();
    const task = runtime.spawn(() => joined(() => spawnLocal(add(1, 2))));
    const gate = new Gate<number>();
    const wait = sendable(moduleUrl(), "wait", () => gate as unknown as number);
    const begun = wait();
    new Hand(begun).poll();
    const other = runtime.spawn(() => joined(() => spawn(begun)));
    runtime.run();
    gate.open(9);
    runtime.run();
    expect([task.value, other.value, runtime.sent]).toEqual([[3, "add"], [9, "wait"], []]);
  });
});
