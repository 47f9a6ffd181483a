/** Commands on sets. */
import type { ByteString } from "../../resp/byte-string.ts";
import type { Request } from "../../resp/request.ts";
import type { Client } from "../client.ts";
import { type Command, command, ONE_KEY } from "../command.ts";
import { syntaxError } from "../errors.ts";
import { IndexedSet } from "../indexed-set.ts";
import { added, countArgument, setAt } from "../values.ts";

function sadd({ database, out }: Client, request: Request): void {
  const key = request.bytesOf(1);
  const set = setAt(database, key) ?? added(database, key, new IndexedSet());
  let count = 0;
  for (let index = 2; index < request.count; index++) {
    if (set.add(request.bytesOf(index))) count++;
  }
  out.integer(count);
}

function srem({ database, out }: Client, request: Request): void {
  const key = request.bytesOf(1);
  const set = setAt(database, key);
  let count = 0;
  for (let index = 2; set !== undefined && index < request.count; index++) {
    if (set.delete(request.bytesOf(index))) count++;
  }
  if (set?.size === 0) database.delete(key);
  out.integer(count);
}

function smembers({ database, out }: Client, request: Request): void {
  const set = setAt(database, request.bytesOf(1));
  const size = set?.size ?? 0;
  out.array(size);
  for (let place = 0; place < size; place++) out.bulk((set as IndexedSet).at(place));
}

function scard({ database, out }: Client, request: Request): void {
  out.integer(setAt(database, request.bytesOf(1))?.size ?? 0);
}

function sismember({ database, out }: Client, request: Request): void {
  const set = setAt(database, request.bytesOf(1));
  out.integer(set?.has(request.bytesOf(2)) === true ? 1 : 0);
}

function spop(client: Client, request: Request): void {
  const { database, out } = client;
  if (request.count > 3) throw syntaxError();
  const wanted = request.count === 3 ? countArgument(request, 2) : 1;
  const key = request.bytesOf(1);
  const set = setAt(database, key);
  const count = Math.min(wanted, set?.size ?? 0);
  if (request.count === 3) out.array(count);
  else if (count === 0) out.nil();
  for (let taken = 0; taken < count; taken++) out.bulk(draw(client, set as IndexedSet));
  if (set?.size === 0) database.delete(key);
}

function draw({ engine }: Client, set: IndexedSet): ByteString {
  const member = set.at(Math.floor(engine.surroundings.random() * set.size));
  set.delete(member);
  return member;
}

export const SET_COMMANDS: readonly Command[] = [
  command("sadd", -3, "write denyoom fast", ONE_KEY, sadd),
  command("srem", -3, "write fast", ONE_KEY, srem),
  command("smembers", 2, "readonly sort_for_script", ONE_KEY, smembers),
  command("scard", 2, "readonly fast", ONE_KEY, scard),
  command("sismember", 3, "readonly fast", ONE_KEY, sismember),
  command("spop", -2, "write random fast", ONE_KEY, spop),
];
