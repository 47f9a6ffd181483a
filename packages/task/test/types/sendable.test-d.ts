/** Checked by the type check of the whole tree: what sendables let through, what they stop, and with which words. */
import type { MessagePort } from "node:worker_threads";
import { type Async, type Call, type Future, fn, ready } from "@treadle/core";
import {
  type HasSendKind,
  type JoinHandle,
  JoinSet,
  move,
  type NotSend,
  type NotSendArguments,
  type Send,
  type SendFuture,
  sendable,
  spawn,
} from "@treadle/task";

/** Compiles only when both types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_is: Same<A, B>): void {}

const url = import.meta.url;

// What a sendable is.

const generator = sendable(url, function* generator(path: string, n?: number): Async<boolean> {
  return (yield* ready(path.length)) > (n ?? 0);
});
same<ReturnType<typeof generator>, SendFuture<boolean>>(true);
same<Parameters<typeof generator>, [path: string, n?: number]>(true);

const asynchronous = sendable(url, async function asynchronous(text: string): Promise<string> {
  return text;
});
same<ReturnType<typeof asynchronous>, SendFuture<string>>(true);

const plain = sendable(url, "plain", (a: number, ...more: number[]) => ({ sum: a + more.length }));
same<ReturnType<typeof plain>, SendFuture<{ sum: number }>>(true);

const nothing = sendable(url, { name: "nothing" }, () => {});
same<ReturnType<typeof nothing>, SendFuture<void>>(true);

const called = sendable(
  url,
  fn(function* called(n: number): Async<number> {
    return n;
  }),
);
same<ReturnType<typeof called>, SendFuture<number>>(true);

export const uses: () => Call<void> = fn(function* uses(): Async<void> {
  const here = yield* generator("a");
  same<typeof here, boolean>(true);
  same<ReturnType<typeof spawned>, JoinHandle<boolean>>(true);
  const set = new JoinSet<boolean>();
  set.spawn(generator("a", 1));
  set.spawn(generator, "a", 1);
  const future: Future<string> = asynchronous("x");
  const moved: Uint8Array = move(new Uint8Array(1));
  yield* ready([future, moved]);
});
function spawned(): JoinHandle<boolean> {
  return spawn(generator("a"));
}
export async function awaits(): Promise<void> {
  const value = await generator("a");
  same<typeof value, boolean>(true);
}
// @ts-expect-error a call takes what its function takes
generator(1);

// What can cross.

interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
  readonly parent?: Tree;
}

type Fine = {
  primitives: [string, number, bigint, boolean, null, undefined, "literal", 5];
  dates: Date;
  patterns: RegExp;
  maps: Map<string, Set<{ a: number }>>;
  readonlyMaps: ReadonlyMap<string, readonly number[]>;
  binaries: [ArrayBuffer, SharedArrayBuffer, Uint8Array, Float64Array, DataView, Buffer];
  errors: TypeError;
  union: { kind: "a"; value: string } | { kind: "b"; value: Date | null };
  record: Record<string, number[]>;
  optional?: string;
  tree: Tree;
  port: MessagePort;
  streams: [ReadableStream<string>, WritableStream, TransformStream];
  own: HasSendKind;
  any: any;
  unknown: unknown;
};
same<NotSend<Fine, "it">, never>(true);
same<NotSend<Tree, "it">, never>(true);
same<NotSend<readonly Fine[], "it">, never>(true);
same<NotSendArguments<[Fine, Tree, string?]>, never>(true);
same<NotSendArguments<[]>, never>(true);

sendable(url, "fine", function* (fine: Fine): Async<Fine> {
  return yield* ready(fine);
});

// What cannot, and the words that say so.

class Account {
  #balance = 0;
  readonly owner: string = "";
  private readonly secret: string = "";
  see(): string {
    return this.secret + this.#balance;
  }
}
class Closed {
  private readonly secret: string = "";
  readonly owner: string = this.secret;
}

same<NotSend<() => void, "it">, "it is a function">(true);
same<NotSend<typeof Account, "it">, "it is a function">(true);
same<NotSend<symbol, "it">, "it is a symbol">(true);
same<NotSend<Promise<string>, "it">, "it is a promise">(true);
same<NotSend<Account, "it">, "it is a class instance">(true);
same<NotSend<Closed, "it">, "it is a class instance">(true);
same<NotSend<{ items: { callback: () => void }[] }, "it">, "it.items[].callback is a function">(
  true,
);
same<NotSend<Map<string, Account>, "it">, "it.get() is a class instance">(true);
same<NotSend<Set<symbol>, "it">, "it.values() is a symbol">(true);
same<NotSend<{ a?: () => void }, "it">, "it.a is a function">(true);
same<NotSend<string | (() => void), "it">, "it is a function">(true);
same<NotSendArguments<[string, { a: symbol }]>, "argument 2.a is a symbol">(true);
same<NotSendArguments<[n: number, callback?: () => void]>, "argument 2 is a function">(true);
same<NotSendArguments<(() => void)[]>, "argument is a function">(true);

// @ts-expect-error argument 2 is a function
sendable(url, function bad(n: number, callback: () => void): number {
  callback();
  return n;
});

// @ts-expect-error the result is a class instance
sendable(url, function* bad(): Async<Account> {
  return yield* ready(new Account());
});

// @ts-expect-error the result.then is a function: what the promise gives
sendable(url, async (): Promise<{ next: () => void }> => ({ next() {} }));

// @ts-expect-error argument 1.log is a function
sendable(url, "bad", (options: { log: (line: string) => void }) => options.log("x"));

function post<T>(value: T & Send<T>): T {
  return value;
}
post({ path: "a.txt", tags: new Set(["x"]) });
// @ts-expect-error the value.done is a function
post({ path: "a.txt", done() {} });

const refused: NotSendArguments<[string, { items: Account[] }]> =
  "argument 2.items[] is a class instance";

export { refused };
