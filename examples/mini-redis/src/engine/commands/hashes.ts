/** Commands on hashes. */
import type { ByteString } from "../../resp/byte-string.ts";
import type { Request } from "../../resp/request.ts";
import type { Client } from "../client.ts";
import { type Command, command, ONE_KEY } from "../command.ts";
import { wrongArguments } from "../errors.ts";
import { added, type Hash, hashAt } from "../values.ts";

function hset({ database, out }: Client, request: Request): void {
  out.integer(setFields(database, request, "hset"));
}

function hmset({ database, out }: Client, request: Request): void {
  setFields(database, request, "hmset");
  out.raw("+OK\r\n");
}

/** How many fields are new. */
function setFields(database: Client["database"], request: Request, name: string): number {
  if (request.count % 2 !== 0) throw wrongArguments(name);
  const key = request.bytesOf(1);
  const hash: Hash = hashAt(database, key) ?? added(database, key, new Map());
  const before = hash.size;
  for (let index = 2; index < request.count; index += 2) {
    hash.set(request.bytesOf(index), request.bytesOf(index + 1));
  }
  return hash.size - before;
}

function reply(out: Client["out"], value: ByteString | undefined): void {
  if (value === undefined) out.nil();
  else out.bulk(value);
}

function hget({ database, out }: Client, request: Request): void {
  reply(out, hashAt(database, request.bytesOf(1))?.get(request.bytesOf(2)));
}

function hmget({ database, out }: Client, request: Request): void {
  const hash = hashAt(database, request.bytesOf(1));
  out.array(request.count - 2);
  for (let index = 2; index < request.count; index++) {
    reply(out, hash?.get(request.bytesOf(index)));
  }
}

function hexists({ database, out }: Client, request: Request): void {
  const hash = hashAt(database, request.bytesOf(1));
  out.integer(hash?.has(request.bytesOf(2)) === true ? 1 : 0);
}

function hdel({ database, out }: Client, request: Request): void {
  const key = request.bytesOf(1);
  const hash = hashAt(database, key);
  let count = 0;
  for (let index = 2; hash !== undefined && index < request.count; index++) {
    if (hash.delete(request.bytesOf(index))) count++;
  }
  if (hash?.size === 0) database.delete(key);
  out.integer(count);
}

function hgetall({ database, out }: Client, request: Request): void {
  const hash = hashAt(database, request.bytesOf(1));
  out.array((hash?.size ?? 0) * 2);
  if (hash === undefined) return;
  for (const [field, value] of hash) {
    out.bulk(field);
    out.bulk(value);
  }
}

function hlen({ database, out }: Client, request: Request): void {
  out.integer(hashAt(database, request.bytesOf(1))?.size ?? 0);
}

export const HASH_COMMANDS: readonly Command[] = [
  command("hset", -4, "write denyoom fast", ONE_KEY, hset),
  command("hmset", -4, "write denyoom fast", ONE_KEY, hmset),
  command("hget", 3, "readonly fast", ONE_KEY, hget),
  command("hmget", -3, "readonly fast", ONE_KEY, hmget),
  command("hexists", 3, "readonly fast", ONE_KEY, hexists),
  command("hdel", -3, "write fast", ONE_KEY, hdel),
  command("hgetall", 2, "readonly random", ONE_KEY, hgetall),
  command("hlen", 2, "readonly fast", ONE_KEY, hlen),
];
