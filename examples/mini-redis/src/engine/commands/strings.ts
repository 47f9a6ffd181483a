/** Commands on strings. */
import type { ByteString } from "../../resp/byte-string.ts";
import { integerOf, isInt64 } from "../../resp/numbers.ts";
import type { Request } from "../../resp/request.ts";
import type { Client } from "../client.ts";
import { ALL_KEYS, type Command, command, ONE_KEY } from "../command.ts";
import { type Entry, NEVER } from "../database.ts";
import {
  invalidExpire,
  MAX_TTL,
  notAnInteger,
  ReplyError,
  syntaxError,
  wrongArguments,
  wrongType,
} from "../errors.ts";
import { integerArgument, stringAt } from "../values.ts";

/** The longest string of Redis. */
const MAX_LENGTH = 512 * 1024 * 1024 - 32;
const OK = "+OK\r\n";

function get({ database, out }: Client, request: Request): void {
  const value = stringAt(database, request.bytesOf(1));
  if (value === undefined) out.nil();
  else out.bulk(value);
}

/** What stands behind key and value of a SET. */
interface SetOptions {
  nx: boolean;
  xx: boolean;
  get: boolean;
  keepTtl: boolean;
  /** Milliseconds, or NEVER. */
  ttl: number;
}

function set(client: Client, request: Request): void {
  if (request.count > 3) {
    setWith(client, request, setOptions(request));
    return;
  }
  client.database.set(request.bytesOf(1), request.bytesOf(2));
  client.out.raw(OK);
}

function setOptions(request: Request): SetOptions {
  const options: SetOptions = { nx: false, xx: false, get: false, keepTtl: false, ttl: NEVER };
  for (let index = 3; index < request.count; index++) {
    if (request.is(index, "nx") && !options.xx) options.nx = true;
    else if (request.is(index, "xx") && !options.nx) options.xx = true;
    else if (request.is(index, "get")) options.get = true;
    else if (request.is(index, "keepttl") && options.ttl === NEVER) options.keepTtl = true;
    else index = setTtl(request, index, options);
  }
  return options;
}

function setTtl(request: Request, index: number, options: SetOptions): number {
  const isSeconds = request.is(index, "ex");
  const isFree = options.ttl === NEVER && !options.keepTtl && index + 1 < request.count;
  if (!isFree || !(isSeconds || request.is(index, "px"))) throw syntaxError();
  options.ttl = positiveTtl(request, index + 1, isSeconds ? 1000 : 1, "set");
  return index + 1;
}

/** A time to live in milliseconds, from an argument in units of `unit` milliseconds. */
function positiveTtl(request: Request, index: number, unit: number, name: string): number {
  const ttl = integerArgument(request, index) * unit;
  if (ttl <= 0 || ttl > MAX_TTL) throw invalidExpire(name);
  return ttl;
}

function setWith({ database, out }: Client, request: Request, options: SetOptions): void {
  const key = request.bytesOf(1);
  const old = database.find(key);
  if (options.get && old !== undefined && typeof old.value !== "string") throw wrongType();
  const before = old?.value;
  const isWanted = options.nx ? old === undefined : !options.xx || old !== undefined;
  if (isWanted) {
    const entry = store(database, key, request.bytesOf(2), options.keepTtl ? old : undefined);
    if (options.ttl !== NEVER) database.expireIn(entry, options.ttl);
  }
  if (options.get) reply(out, before as ByteString | undefined);
  else if (isWanted) out.raw(OK);
  else out.nil();
}

function store(
  database: Client["database"],
  key: ByteString,
  value: ByteString,
  keeping: Entry | undefined,
): Entry {
  if (keeping === undefined) return database.set(key, value);
  keeping.value = value;
  return keeping;
}

function reply(out: Client["out"], value: ByteString | undefined): void {
  if (value === undefined) out.nil();
  else out.bulk(value);
}

function setnx({ database, out }: Client, request: Request): void {
  const key = request.bytesOf(1);
  const isNew = database.find(key) === undefined;
  if (isNew) database.add(key, request.bytesOf(2));
  out.integer(isNew ? 1 : 0);
}

function setex({ database, out }: Client, request: Request): void {
  const ttl = positiveTtl(request, 2, 1000, "setex");
  database.expireIn(database.set(request.bytesOf(1), request.bytesOf(3)), ttl);
  out.raw(OK);
}

function psetex({ database, out }: Client, request: Request): void {
  const ttl = positiveTtl(request, 2, 1, "psetex");
  database.expireIn(database.set(request.bytesOf(1), request.bytesOf(3)), ttl);
  out.raw(OK);
}

function getset({ database, out }: Client, request: Request): void {
  const key = request.bytesOf(1);
  const before = stringAt(database, key);
  database.set(key, request.bytesOf(2));
  reply(out, before);
}

function getdel({ database, out }: Client, request: Request): void {
  const key = request.bytesOf(1);
  const before = stringAt(database, key);
  if (before !== undefined) database.delete(key);
  reply(out, before);
}

function append({ database, out }: Client, request: Request): void {
  const key = request.bytesOf(1);
  const before = stringAt(database, key) ?? "";
  const added = request.bytesOf(2);
  if (before.length + added.length > MAX_LENGTH) {
    throw new ReplyError("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  }
  const entry = database.find(key);
  if (entry === undefined) database.add(key, added);
  else entry.value = before + added;
  out.integer(before.length + added.length);
}

function strlen({ database, out }: Client, request: Request): void {
  out.integer(stringAt(database, request.bytesOf(1))?.length ?? 0);
}

function mget({ database, out }: Client, request: Request): void {
  out.array(request.count - 1);
  for (let index = 1; index < request.count; index++) {
    const value = database.find(request.bytesOf(index))?.value;
    reply(out, typeof value === "string" ? value : undefined);
  }
}

function mset({ database, out }: Client, request: Request): void {
  if (request.count % 2 === 0) throw wrongArguments("mset");
  for (let index = 1; index < request.count; index += 2) {
    database.set(request.bytesOf(index), request.bytesOf(index + 1));
  }
  out.raw(OK);
}

/** INCR and the like: adds to the number that a string is. Numbers have 64 bits; those above 2^53 take the long way. */
function add({ database, out }: Client, request: Request, delta: number | bigint): void {
  const key = request.bytesOf(1);
  const entry = database.find(key);
  const before = entry?.value ?? "0";
  if (typeof before !== "string") throw wrongType();
  const sum = sumOf(before, delta);
  if (entry === undefined) database.add(key, sum);
  else entry.value = sum;
  out.raw(`:${sum}\r\n`);
}

function sumOf(before: ByteString, delta: number | bigint): ByteString {
  const value = integerOf(before);
  if (Number.isNaN(value)) throw notAnInteger();
  if (typeof delta === "number") {
    const sum = value + delta;
    if (Number.isSafeInteger(value) && Number.isSafeInteger(sum)) return String(sum);
  }
  const sum = BigInt(before) + BigInt(delta);
  if (!isInt64(sum)) throw new ReplyError("ERR increment or decrement would overflow");
  return String(sum);
}

function incr(client: Client, request: Request): void {
  add(client, request, 1);
}

function decr(client: Client, request: Request): void {
  add(client, request, -1);
}

function incrby(client: Client, request: Request): void {
  add(client, request, exactArgument(request, 2));
}

function decrby(client: Client, request: Request): void {
  const delta = exactArgument(request, 2);
  if (delta === -(2n ** 63n)) throw new ReplyError("ERR decrement would overflow");
  add(client, request, -delta);
}

function exactArgument(request: Request, index: number): number | bigint {
  const value = integerArgument(request, index);
  return Number.isSafeInteger(value) ? value : BigInt(request.bytesOf(index));
}

export const STRING_COMMANDS: readonly Command[] = [
  command("get", 2, "readonly fast", ONE_KEY, get),
  command("set", -3, "write denyoom", ONE_KEY, set),
  command("setnx", 3, "write denyoom fast", ONE_KEY, setnx),
  command("setex", 4, "write denyoom", ONE_KEY, setex),
  command("psetex", 4, "write denyoom", ONE_KEY, psetex),
  command("getset", 3, "write denyoom fast", ONE_KEY, getset),
  command("getdel", 2, "write fast", ONE_KEY, getdel),
  command("append", 3, "write denyoom fast", ONE_KEY, append),
  command("strlen", 2, "readonly fast", ONE_KEY, strlen),
  command("mget", -2, "readonly fast", ALL_KEYS, mget),
  command("mset", -3, "write denyoom", [1, -1, 2], mset),
  command("incr", 2, "write denyoom fast", ONE_KEY, incr),
  command("decr", 2, "write denyoom fast", ONE_KEY, decr),
  command("incrby", 3, "write denyoom fast", ONE_KEY, incrby),
  command("decrby", 3, "write denyoom fast", ONE_KEY, decrby),
];
