/** Commands about the server. */
import type { ByteString } from "../../resp/byte-string.ts";
import type { Request } from "../../resp/request.ts";
import type { Client } from "../client.ts";
import { type Command, command, family, NO_KEYS } from "../command.ts";
import type { Engine } from "../engine.ts";
import { ReplyError } from "../errors.ts";
import { globMatches } from "../glob.ts";
import { REDIS_VERSION } from "./connection.ts";

function configGet({ engine, out }: Client, request: Request): void {
  const patterns: ByteString[] = [];
  for (let index = 2; index < request.count; index++) {
    patterns.push(request.bytesOf(index).toLowerCase());
  }
  const found = [...engine.surroundings.settings].filter(([name]) =>
    patterns.some((pattern) => globMatches(pattern, name)),
  );
  out.array(found.length * 2);
  for (const [name, value] of found) {
    out.bulk(name);
    out.bulk(value);
  }
}

function configSet(_: Client, request: Request): void {
  throw new ReplyError(
    `ERR Unknown option or number of arguments for CONFIG SET - '${request.bytesOf(2)}'`,
  );
}

function configResetStat({ engine, out }: Client): void {
  engine.counters.commands = 0;
  engine.counters.connections = 0;
  out.raw("+OK\r\n");
}

function allCommands({ engine, out }: Client): void {
  const { all } = engine.commands;
  out.array(all.length);
  for (const one of all) describe(out, one);
}

function commandCount({ engine, out }: Client): void {
  out.integer(engine.commands.all.length);
}

/** Clients then show what they know themselves. */
function commandDocs({ out }: Client): void {
  out.array(0);
}

function commandInfo(client: Client, request: Request): void {
  const { engine, out } = client;
  if (request.count === 2) {
    allCommands(client);
    return;
  }
  out.array(request.count - 2);
  for (let index = 2; index < request.count; index++) {
    describe(out, engine.commands.find(request, index));
  }
}

function commandList({ engine, out }: Client): void {
  const { all } = engine.commands;
  out.array(all.length);
  for (const { name } of all) out.bulk(name);
}

function describe(out: Client["out"], one: Command | null): void {
  if (one === null) {
    out.nilArray();
    return;
  }
  out.array(6);
  out.bulk(one.name);
  out.integer(one.arity);
  out.array(one.flags.length);
  for (const flag of one.flags) out.simple(flag);
  for (const place of one.keys) out.integer(place);
}

function info({ engine, out }: Client, request: Request): void {
  let text = "";
  for (const [name, lines] of infoSections(engine)) {
    if (!isWanted(request, name)) continue;
    if (text !== "") text += "\r\n";
    text += `# ${name}\r\n${lines.map((line) => `${line}\r\n`).join("")}`;
  }
  out.bulk(text);
}

function isWanted(request: Request, section: string): boolean {
  if (request.count === 1) return true;
  for (let index = 1; index < request.count; index++) {
    if (request.is(index, section.toLowerCase())) return true;
    if (ALL_SECTIONS.some((word) => request.is(index, word))) return true;
  }
  return false;
}

const ALL_SECTIONS = ["all", "default", "everything"];

function infoSections(engine: Engine): readonly (readonly [string, readonly string[]])[] {
  const { counters, surroundings, startedAt } = engine;
  const memory = process.memoryUsage();
  const seconds = Math.floor((surroundings.now() - startedAt) / 1000);
  return [
    [
      "Server",
      [
        `redis_version:${REDIS_VERSION}`,
        "redis_mode:standalone",
        `process_id:${process.pid}`,
        `tcp_port:${surroundings.port()}`,
        `uptime_in_seconds:${seconds}`,
      ],
    ],
    ["Clients", [`connected_clients:${counters.clients}`]],
    [
      "Memory",
      [`used_memory:${memory.heapUsed + memory.external}`, `used_memory_rss:${memory.rss}`],
    ],
    ["Persistence", ["loading:0"]],
    [
      "Stats",
      [
        `total_connections_received:${counters.connections}`,
        `total_commands_processed:${counters.commands}`,
      ],
    ],
    ["Replication", ["role:master", "connected_slaves:0"]],
    ["Keyspace", keyspace(engine)],
  ];
}

function keyspace(engine: Engine): string[] {
  const lines: string[] = [];
  for (const [number, database] of engine.usedDatabases()) {
    if (database.size === 0) continue;
    lines.push(`db${number}:keys=${database.size},expires=${database.expiringSize},avg_ttl=0`);
  }
  return lines;
}

export const SERVER_COMMANDS: readonly Command[] = [
  family("config", "admin", [
    command("config|get", -3, "admin", NO_KEYS, configGet),
    command("config|set", -4, "admin", NO_KEYS, configSet),
    command("config|resetstat", 2, "admin", NO_KEYS, configResetStat),
  ]),
  family(
    "command",
    "random",
    [
      command("command|count", 2, "random", NO_KEYS, commandCount),
      command("command|docs", -2, "random", NO_KEYS, commandDocs),
      command("command|info", -2, "random", NO_KEYS, commandInfo),
      command("command|list", -2, "random", NO_KEYS, commandList),
    ],
    allCommands,
  ),
  command("info", -1, "random", NO_KEYS, info),
];
