/** Commands on lists. */
import type { ByteString } from "../../resp/byte-string.ts";
import type { Request } from "../../resp/request.ts";
import type { Client } from "../client.ts";
import { type Command, command, ONE_KEY } from "../command.ts";
import { Deque } from "../deque.ts";
import { wrongArguments } from "../errors.ts";
import { added, countArgument, integerArgument, type List, listAt, rangeOf } from "../values.ts";

function lpush({ database, out }: Client, request: Request): void {
  const key = request.bytesOf(1);
  const list = listAt(database, key) ?? added(database, key, new Deque<ByteString>());
  for (let index = 2; index < request.count; index++) list.pushFront(request.bytesOf(index));
  out.integer(list.length);
}

function rpush({ database, out }: Client, request: Request): void {
  const key = request.bytesOf(1);
  const list = listAt(database, key) ?? added(database, key, new Deque<ByteString>());
  for (let index = 2; index < request.count; index++) list.pushBack(request.bytesOf(index));
  out.integer(list.length);
}

function lpop(client: Client, request: Request): void {
  pop(client, request, "lpop", popFront);
}

function rpop(client: Client, request: Request): void {
  pop(client, request, "rpop", popBack);
}

function popFront(list: List): ByteString {
  return list.popFront() as ByteString;
}

function popBack(list: List): ByteString {
  return list.popBack() as ByteString;
}

function pop(
  { database, out }: Client,
  request: Request,
  name: string,
  take: (list: List) => ByteString,
): void {
  if (request.count > 3) throw wrongArguments(name);
  const wanted = request.count === 3 ? countArgument(request, 2) : 1;
  const key = request.bytesOf(1);
  const list = listAt(database, key);
  if (list === undefined) {
    if (request.count === 3) out.nilArray();
    else out.nil();
    return;
  }
  const count = Math.min(wanted, list.length);
  if (request.count === 3) out.array(count);
  for (let taken = 0; taken < count; taken++) out.bulk(take(list));
  if (list.length === 0) database.delete(key);
}

function lrange({ database, out }: Client, request: Request): void {
  const first = integerArgument(request, 2);
  const last = integerArgument(request, 3);
  const list = listAt(database, request.bytesOf(1));
  const { start, stop } = rangeOf(first, last, list?.length ?? 0);
  out.array(Math.max(0, stop - start + 1));
  for (let index = start; index <= stop; index++) out.bulk((list as List).at(index));
}

function lindex({ database, out }: Client, request: Request): void {
  const list = listAt(database, request.bytesOf(1));
  if (list === undefined) {
    out.nil();
    return;
  }
  const given = integerArgument(request, 2);
  const index = given < 0 ? given + list.length : given;
  if (index < 0 || index >= list.length) out.nil();
  else out.bulk(list.at(index));
}

function llen({ database, out }: Client, request: Request): void {
  out.integer(listAt(database, request.bytesOf(1))?.length ?? 0);
}

export const LIST_COMMANDS: readonly Command[] = [
  command("lpush", -3, "write denyoom fast", ONE_KEY, lpush),
  command("rpush", -3, "write denyoom fast", ONE_KEY, rpush),
  command("lpop", -2, "write fast", ONE_KEY, lpop),
  command("rpop", -2, "write fast", ONE_KEY, rpop),
  command("lrange", 4, "readonly", ONE_KEY, lrange),
  command("lindex", 3, "readonly", ONE_KEY, lindex),
  command("llen", 2, "readonly fast", ONE_KEY, llen),
];
