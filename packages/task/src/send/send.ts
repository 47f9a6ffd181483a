/**
 * What can cross threads, as types: the check of a sendable's arguments and result.
 *
 * The check walks through a type up to {@link Deep} levels and gives the first offence as a string that says where it
 * is; `never` when there is none. `unknown` and `any` pass, and so does a class whose members are all public data: the
 * check at run time sees those.
 */
import type { Pending } from "@treadle/core";
import type { HasSendKind } from "./kind.ts";

type Primitive = string | number | bigint | boolean | null | undefined | void;

/** Objects that cross as they are, or by a way of their own. */
type Known =
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | SharedArrayBuffer
  | NodeJS.ArrayBufferView
  | MessagePortLike
  | ReadableStreamLike
  | WritableStreamLike
  | HasSendKind;

/** A MessagePort, or what else Node can move and has `postMessage`. */
interface MessagePortLike {
  postMessage(value: never): void;
}
interface ReadableStreamLike {
  getReader(): unknown;
}
interface WritableStreamLike {
  getWriter(): unknown;
}

/** How deep the check looks. */
type Deep = 6;

type AnyFunction = (...args: never[]) => unknown;
type AnyClass = abstract new (...args: never[]) => unknown;

/** The first thing in a type that cannot cross threads, with its place; `never` when all can. */
export type NotSend<T, Path extends string, D extends unknown[] = []> = 0 extends 1 & T
  ? never
  : unknown extends T
    ? never
    : D["length"] extends Deep
      ? never
      : T extends Primitive | Known
        ? never
        : T extends symbol
          ? `${Path} is a symbol`
          : T extends AnyFunction | AnyClass
            ? `${Path} is a function`
            : T extends PromiseLike<unknown>
              ? `${Path} is a promise`
              : T extends ReadonlyMap<infer K, infer V>
                ? NotSend<K, `${Path}.keys()`, [...D, 0]> | NotSend<V, `${Path}.get()`, [...D, 0]>
                : T extends ReadonlySet<infer V>
                  ? NotSend<V, `${Path}.values()`, [...D, 0]>
                  : T extends readonly unknown[]
                    ? NotSend<T[number], `${Path}[]`, [...D, 0]>
                    : T extends WeakKey
                      ? NotSendObject<T, Path, D>
                      : never;

/** A class with private members is not what its public ones make up. */
type NotSendObject<T, Path extends string, D extends unknown[]> = { [K in keyof T]: T[K] } extends T
  ? { [K in keyof T]-?: NotSend<T[K], `${Path}.${K & string}`, [...D, 0]> }[keyof T]
  : `${Path} is a class instance`;

type Ordinals = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
type Ordinal<K> = K extends `${number}`
  ? K extends keyof Ordinals
    ? ` ${Ordinals[K] & string}`
    : ""
  : "";

/** The offences of a list of arguments. */
export type NotSendArguments<A extends unknown[]> = {
  [K in keyof A]-?: NotSend<A[K], `argument${Ordinal<K>}`>;
}[number];

/** What a sendable's function gives in the end, whatever way it gives it. */
export type SendOutput<R> = 0 extends 1 & R
  ? R
  : R extends { next(): IteratorResult<Pending, infer T> }
    ? T
    : R extends PromiseLike<infer T>
      ? T
      : R;

/** Nothing where there is no offence; otherwise a type that no function has, which says what it is. */
export type Refusal<Offence extends string> = [Offence] extends [never]
  ? unknown
  : { readonly "cannot cross threads": Offence };

/**
 * A value of type `T` if it can cross threads, otherwise a type that says why it cannot: structured-cloneable values,
 * SharedArrayBuffers, what {@link move} takes, and objects with a {@link SendKind}.
 *
 * @example
 * ```ts
 * import type { Send } from "@treadle/task";
 *
 * function post<T>(value: T & Send<T>): T {
 *   return value;
 * }
 * post({ path: "a.txt", tags: new Set(["x"]) }).path; // => "a.txt"
 * ```
 */
export type Send<T = unknown> = T & Refusal<NotSend<T, "the value">>;
