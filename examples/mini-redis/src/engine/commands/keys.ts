/** Commands on keys, whatever they hold. */
import type { Request } from "../../resp/request.ts";
import type { Client } from "../client.ts";
import { ALL_KEYS, type Command, command, NO_KEYS, ONE_KEY } from "../command.ts";
import { type Entry, NEVER } from "../database.ts";
import { invalidExpire, MAX_TTL, ReplyError, syntaxError } from "../errors.ts";
import { globMatches } from "../glob.ts";
import { integerArgument, typeName } from "../values.ts";

/** How many keys a SCAN without COUNT looks at. */
const SCAN_COUNT = 10;
const CURSOR = /^\d{1,20}$/;

function del({ database, out }: Client, request: Request): void {
  let count = 0;
  for (let index = 1; index < request.count; index++) {
    if (database.delete(request.bytesOf(index))) count++;
  }
  out.integer(count);
}

function exists({ database, out }: Client, request: Request): void {
  let count = 0;
  for (let index = 1; index < request.count; index++) {
    if (database.find(request.bytesOf(index)) !== undefined) count++;
  }
  out.integer(count);
}

function expire(client: Client, request: Request): void {
  expireIn(client, request, 1000, "expire");
}

function pexpire(client: Client, request: Request): void {
  expireIn(client, request, 1, "pexpire");
}

function expireIn({ database, out }: Client, request: Request, unit: number, name: string): void {
  const conditions = expireConditions(request);
  const ttl = integerArgument(request, 2) * unit;
  if (Math.abs(ttl) > MAX_TTL) throw invalidExpire(name);
  const entry = database.find(request.bytesOf(1));
  const left =
    entry === undefined || entry.expiresAt === NEVER ? undefined : database.timeLeft(entry);
  const isWanted = entry !== undefined && conditions.every((holds) => holds(left, ttl));
  if (isWanted) database.expireIn(entry, ttl);
  out.integer(isWanted ? 1 : 0);
}

/** Whether a key with `left` ms to live may get `ttl`; undefined is a key that does not expire. */
type ExpireCondition = (left: number | undefined, ttl: number) => boolean;

const EXPIRE_CONDITIONS: readonly (readonly [string, ExpireCondition])[] = [
  ["nx", (left) => left === undefined],
  ["xx", (left) => left !== undefined],
  ["gt", (left, ttl) => left !== undefined && ttl > left],
  ["lt", (left, ttl) => left === undefined || ttl < left],
];

function expireConditions(request: Request): readonly ExpireCondition[] {
  const given = new Set<string>();
  for (let index = 3; index < request.count; index++) {
    const found = EXPIRE_CONDITIONS.find(([word]) => request.is(index, word));
    if (found === undefined) {
      throw new ReplyError(`ERR Unsupported option ${request.bytesOf(index)}`);
    }
    given.add(found[0]);
  }
  if (given.has("nx") && given.size > 1) {
    throw new ReplyError("ERR NX and XX, GT or LT options at the same time are not compatible");
  }
  if (given.has("gt") && given.has("lt")) {
    throw new ReplyError("ERR GT and LT options at the same time are not compatible");
  }
  return EXPIRE_CONDITIONS.filter(([word]) => given.has(word)).map(([, holds]) => holds);
}

const NO_KEY = -2;
const NO_EXPIRY = -1;

function ttl({ database, out }: Client, request: Request): void {
  const left = timeLeft(database, database.find(request.bytesOf(1)));
  out.integer(left < 0 ? left : Math.floor((left + 500) / 1000));
}

function pttl({ database, out }: Client, request: Request): void {
  out.integer(Math.ceil(timeLeft(database, database.find(request.bytesOf(1)))));
}

function timeLeft(database: Client["database"], entry: Entry | undefined): number {
  if (entry === undefined) return NO_KEY;
  return entry.expiresAt === NEVER ? NO_EXPIRY : database.timeLeft(entry);
}

function persist({ database, out }: Client, request: Request): void {
  const entry = database.find(request.bytesOf(1));
  const isWanted = entry !== undefined && entry.expiresAt !== NEVER;
  if (isWanted) database.persist(entry);
  out.integer(isWanted ? 1 : 0);
}

function type({ database, out }: Client, request: Request): void {
  const entry = database.find(request.bytesOf(1));
  out.simple(entry === undefined ? "none" : typeName(entry.value));
}

function keys({ database, out }: Client, request: Request): void {
  const pattern = request.bytesOf(1);
  const { entries } = database.below(database.size, database.size);
  const found = entries.filter((entry) => globMatches(pattern, entry.key));
  out.array(found.length);
  for (const { key } of found) out.bulk(key);
}

function scan({ database, out }: Client, request: Request): void {
  const from = request.bytesOf(1);
  if (!CURSOR.test(from)) throw new ReplyError("ERR invalid cursor");
  const { match, count, typed } = scanOptions(request);
  const { entries, next } = database.below(Number(from) || database.size, count);
  const found = entries.filter(
    ({ key, value }) =>
      (match === undefined || globMatches(match, key)) &&
      (typed === undefined || typeName(value) === typed),
  );
  out.array(2);
  out.bulk(String(next));
  out.array(found.length);
  for (const { key } of found) out.bulk(key);
}

function scanOptions(request: Request): { match?: string; count: number; typed?: string } {
  const options: { match?: string; count: number; typed?: string } = { count: SCAN_COUNT };
  for (let index = 2; index < request.count; index += 2) {
    if (index + 1 === request.count) throw syntaxError();
    if (request.is(index, "match")) options.match = request.bytesOf(index + 1);
    else if (request.is(index, "count")) options.count = integerArgument(request, index + 1);
    else if (request.is(index, "type")) options.typed = request.bytesOf(index + 1).toLowerCase();
    else throw syntaxError();
  }
  if (options.count < 1) throw syntaxError();
  return options;
}

function dbsize({ database, out }: Client): void {
  out.integer(database.size);
}

function flushdb({ database, out }: Client): void {
  database.clear();
  out.raw("+OK\r\n");
}

function flushall({ engine, out }: Client): void {
  for (const [, database] of engine.usedDatabases()) database.clear();
  out.raw("+OK\r\n");
}

export const KEY_COMMANDS: readonly Command[] = [
  command("del", -2, "write", ALL_KEYS, del),
  command("unlink", -2, "write fast", ALL_KEYS, del),
  command("exists", -2, "readonly fast", ALL_KEYS, exists),
  command("expire", -3, "write fast", ONE_KEY, expire),
  command("pexpire", -3, "write fast", ONE_KEY, pexpire),
  command("ttl", 2, "readonly fast", ONE_KEY, ttl),
  command("pttl", 2, "readonly fast", ONE_KEY, pttl),
  command("persist", 2, "write fast", ONE_KEY, persist),
  command("type", 2, "readonly fast", ONE_KEY, type),
  command("keys", 2, "readonly sort_for_script", NO_KEYS, keys),
  command("scan", -2, "readonly", NO_KEYS, scan),
  command("dbsize", 1, "readonly fast", NO_KEYS, dbsize),
  command("flushdb", -1, "write", NO_KEYS, flushdb),
  command("flushall", -1, "write", NO_KEYS, flushall),
];
