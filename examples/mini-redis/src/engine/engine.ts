/** The server without its network: databases, subscriptions, and the commands on them. */
import type { ByteString } from "../resp/byte-string.ts";
import type { BufferLender } from "../resp/reply-buffer.ts";
import type { Request } from "../resp/request.ts";
import type { Client } from "./client.ts";
import { type Command, CommandTable } from "./command.ts";
import { COMMANDS } from "./commands/index.ts";
import type { Surroundings } from "./contract.ts";
import { DATABASES, Database } from "./database.ts";
import { ReplyError, unknownSubcommand, wrongArguments } from "./errors.ts";
import { PubSub } from "./pub-sub.ts";

/** How much of an unknown command's arguments its error shows. */
const SHOWN_ARGUMENTS = 128;
/** What a client may say while it is subscribed: its connection is a stream of messages then. */
const WHILE_SUBSCRIBED: ReadonlySet<string> = new Set([
  "subscribe",
  "unsubscribe",
  "psubscribe",
  "punsubscribe",
  "ping",
  "quit",
  "reset",
]);

/** Numbers for INFO. */
export interface Counters {
  connections: number;
  clients: number;
  commands: number;
}

export class Engine {
  readonly surroundings: Surroundings;
  readonly commands: CommandTable = new CommandTable(COMMANDS);
  readonly pubSub: PubSub;
  readonly counters: Counters = { connections: 0, clients: 0, commands: 0 };
  readonly startedAt: number;
  private readonly databases: (Database | undefined)[] = new Array(DATABASES).fill(undefined);
  private lastClientId = 0;

  constructor(surroundings: Surroundings, lender: BufferLender) {
    this.surroundings = surroundings;
    this.pubSub = new PubSub(lender);
    this.startedAt = surroundings.now();
  }

  nextClientId(): number {
    return ++this.lastClientId;
  }

  /** The database of a number from 0 to 15. */
  database(number: number): Database {
    this.databases[number] ??= new Database(this.surroundings);
    return this.databases[number];
  }

  /** The databases that were used, with their numbers. */
  *usedDatabases(): IterableIterator<readonly [number, Database]> {
    for (const [number, database] of this.databases.entries()) {
      if (database !== undefined) yield [number, database];
    }
  }

  /** Executes a request and writes its reply to the client's `out`. */
  execute(client: Client, request: Request): void {
    const { out } = client;
    const mark = out.length;
    this.counters.commands++;
    try {
      this.dispatch(client, request);
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      out.truncate(mark);
      out.error(error.message);
    }
  }

  private dispatch(client: Client, request: Request): void {
    const found = this.find(request);
    const { arity } = found;
    if (arity < 0 ? request.count < -arity : request.count !== arity) {
      throw wrongArguments(found.name);
    }
    if (client.subscriptions > 0) checkWhileSubscribed(found);
    found.run(client, request);
  }

  private find(request: Request): Command {
    const first = this.commands.find(request, 0);
    if (first === null) throw unknownCommand(request);
    if (first.seconds === null || request.count === 1) return first;
    const second = first.seconds.find(request, 1);
    if (second === null) throw unknownSubcommand(request.bytesOf(1), first.name);
    return second;
  }
}

function checkWhileSubscribed({ name }: Command): void {
  if (WHILE_SUBSCRIBED.has(name)) return;
  throw new ReplyError(
    `ERR Can't execute '${name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
  );
}

function unknownCommand(request: Request): ReplyError {
  let args = "";
  for (let index = 1; index < request.count && args.length < SHOWN_ARGUMENTS; index++) {
    args += `'${shortened(request.bytesOf(index), SHOWN_ARGUMENTS - args.length)}' `;
  }
  const name = shortened(request.bytesOf(0), SHOWN_ARGUMENTS);
  return new ReplyError(`ERR unknown command '${name}', with args beginning with: ${args}`);
}

function shortened(text: ByteString, length: number): ByteString {
  return text.slice(0, length);
}
