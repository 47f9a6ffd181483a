/** Commands about the connection itself. */
import type { Request } from "../../resp/request.ts";
import type { Client } from "../client.ts";
import { type Command, command, family, NO_KEYS } from "../command.ts";
import { DATABASES } from "../database.ts";
import { ReplyError, syntaxError, wrongArguments } from "../errors.ts";
import { integerArgument } from "../values.ts";

const OK = "+OK\r\n";
/** The version of Redis whose answers these are. */
export const REDIS_VERSION = "7.0.15";

function ping({ out, subscriptions }: Client, request: Request): void {
  if (request.count > 2) throw wrongArguments("ping");
  if (subscriptions > 0) {
    out.array(2);
    out.bulk("pong");
    out.bulk(request.count === 2 ? request.bytesOf(1) : "");
  } else if (request.count === 2) {
    out.bulk(request.bytesOf(1));
  } else {
    out.raw("+PONG\r\n");
  }
}

function echo({ out }: Client, request: Request): void {
  out.bulk(request.bytesOf(1));
}

function select(client: Client, request: Request): void {
  const number = integerArgument(request, 1);
  if (number < 0 || number >= DATABASES) throw new ReplyError("ERR DB index is out of range");
  client.database = client.engine.database(number);
  client.out.raw(OK);
}

function quit(client: Client): void {
  client.isClosing = true;
  client.out.raw(OK);
}

function reset(client: Client): void {
  client.engine.pubSub.forget(client);
  client.database = client.engine.database(0);
  client.name = "";
  client.out.raw("+RESET\r\n");
}

function auth(): void {
  throw new ReplyError(
    "ERR AUTH <password> called without any password configured for the default user. " +
      "Are you sure your configuration is correct?",
  );
}

/** Only version 2 of the protocol is spoken. */
function hello(client: Client, request: Request): void {
  if (request.count > 1) {
    const version = request.integer(1);
    if (Number.isNaN(version)) {
      throw new ReplyError("ERR Protocol version is not an integer or out of range");
    }
    if (version !== 2) throw new ReplyError("NOPROTO unsupported protocol version");
    helloOptions(client, request);
  }
  greet(client);
}

function helloOptions(client: Client, request: Request): void {
  for (let index = 2; index < request.count; index++) {
    const rest = request.count - index - 1;
    if (request.is(index, "setname") && rest >= 1) setName(client, request, ++index);
    else if (request.is(index, "auth") && rest >= 2) auth();
    else {
      const option = request.bytesOf(index);
      throw new ReplyError(`ERR Syntax error in HELLO option '${option}'`);
    }
  }
}

function greet({ id, out }: Client): void {
  out.array(14);
  for (const word of ["server", "redis", "version", REDIS_VERSION, "proto"]) out.bulk(word);
  out.integer(2);
  out.bulk("id");
  out.integer(id);
  for (const word of ["mode", "standalone", "role", "master", "modules"]) out.bulk(word);
  out.array(0);
}

function clientSetName(client: Client, request: Request): void {
  setName(client, request, 2);
  client.out.raw(OK);
}

function clientGetName({ name, out }: Client): void {
  if (name === "") out.nil();
  else out.bulk(name);
}

function clientId({ id, out }: Client): void {
  out.integer(id);
}

function clientSetInfo({ out }: Client, request: Request): void {
  if (!request.is(2, "lib-name") && !request.is(2, "lib-ver")) throw syntaxError();
  out.raw(OK);
}

/** Printable ASCII without spaces, as names stand in lists. */
const NAME = /^[!-~]*$/;

function setName(self: Client, request: Request, index: number): void {
  const name = request.bytesOf(index);
  if (!NAME.test(name)) {
    throw new ReplyError("ERR Client names cannot contain spaces, newlines or special characters.");
  }
  self.name = name;
}

export const CONNECTION_COMMANDS: readonly Command[] = [
  command("ping", -1, "fast", NO_KEYS, ping),
  command("echo", 2, "fast", NO_KEYS, echo),
  command("select", 2, "fast", NO_KEYS, select),
  command("quit", -1, "fast", NO_KEYS, quit),
  command("reset", 1, "fast", NO_KEYS, reset),
  command("auth", -2, "fast", NO_KEYS, auth),
  command("hello", -1, "fast", NO_KEYS, hello),
  family("client", "admin", [
    command("client|setname", 3, "fast", NO_KEYS, clientSetName),
    command("client|getname", 2, "fast", NO_KEYS, clientGetName),
    command("client|id", 2, "fast", NO_KEYS, clientId),
    command("client|setinfo", 4, "fast", NO_KEYS, clientSetInfo),
  ]),
];
