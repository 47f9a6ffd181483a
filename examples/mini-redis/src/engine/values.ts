/** The values of keys, by the type that a command works on. */
import type { ByteString } from "../resp/byte-string.ts";
import type { Request } from "../resp/request.ts";
import type { Database, Value } from "./database.ts";
import { Deque } from "./deque.ts";
import { notAnInteger, notPositive, wrongType } from "./errors.ts";
import { IndexedSet } from "./indexed-set.ts";
import { SortedSet } from "./sorted-set.ts";

export type List = Deque<ByteString>;
export type Hash = Map<ByteString, ByteString>;

/** What TYPE calls a value. */
export function typeName(value: Value): string {
  if (typeof value === "string") return "string";
  if (value instanceof Deque) return "list";
  if (value instanceof IndexedSet) return "set";
  return value instanceof Map ? "hash" : "zset";
}

/** Each finds the value of a key; undefined when there is none. They throw WRONGTYPE for another type. */
export function stringAt(database: Database, key: ByteString): ByteString | undefined {
  const value = database.find(key)?.value;
  if (value === undefined || typeof value === "string") return value;
  throw wrongType();
}

export function listAt(database: Database, key: ByteString): List | undefined {
  const value = database.find(key)?.value;
  if (value === undefined || value instanceof Deque) return value;
  throw wrongType();
}

export function setAt(database: Database, key: ByteString): IndexedSet | undefined {
  const value = database.find(key)?.value;
  if (value === undefined || value instanceof IndexedSet) return value;
  throw wrongType();
}

export function hashAt(database: Database, key: ByteString): Hash | undefined {
  const value = database.find(key)?.value;
  if (value === undefined || value instanceof Map) return value;
  throw wrongType();
}

export function sortedSetAt(database: Database, key: ByteString): SortedSet | undefined {
  const value = database.find(key)?.value;
  if (value === undefined || value instanceof SortedSet) return value;
  throw wrongType();
}

/** Adds a value to the database that was made for a key. */
export function added<V extends Value>(database: Database, key: ByteString, value: V): V {
  database.add(key, value);
  return value;
}

/** An argument that must be a whole number. */
export function integerArgument(request: Request, index: number): number {
  const value = request.integer(index);
  if (Number.isNaN(value)) throw notAnInteger();
  return value;
}

/** An argument that must be 0 or above. */
export function countArgument(request: Request, index: number): number {
  const value = request.integer(index);
  if (!(value >= 0)) throw notPositive();
  return value;
}

/** Start and stop of a range, counted from 0, both included; negative ones count from the end. */
export interface Range {
  readonly start: number;
  readonly stop: number;
}

export function rangeOf(start: number, stop: number, length: number): Range {
  return {
    start: Math.max(0, start < 0 ? start + length : start),
    stop: Math.min(length - 1, stop < 0 ? stop + length : stop),
  };
}
