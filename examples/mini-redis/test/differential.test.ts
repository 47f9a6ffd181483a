/** The same commands to this engine and to a real Redis; skipped where there is no redis-server. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anyCommand, COMMANDS_BY_TYPE } from "./commands.ts";
import { Bench, encoded, type Reply, readReplies } from "./workbench.ts";

const isThere = spawnSync("redis-server", ["--version"]).status === 0;
/** These answer in an order of their own. */
const UNORDERED = new Set([
  "SMEMBERS",
  "HGETALL",
  "KEYS",
  "SCAN",
  "SPOP",
  "UNSUBSCRIBE",
  "PUNSUBSCRIBE",
]);
const END = "end of the sequence";

describe.skipIf(!isThere)("beside a real Redis", () => {
  let folder = "";
  let server: ChildProcess;
  let socket: Socket;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "mini-redis-"));
    const path = join(folder, "redis.sock");
    const options = ["--port", "0", "--unixsocket", path, "--save", "", "--dir", folder];
    server = spawn("redis-server", options);
    await new Promise<void>((resolve) => {
      server.stdout?.on("data", (text: Buffer) => {
        if (text.includes("ready to accept") || text.includes("Ready to accept")) resolve();
      });
    });
    socket = connect(path);
    await new Promise<void>((resolve) => socket.once("connect", resolve));
  });

  afterAll(() => {
    socket?.destroy();
    server?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  async function real(commands: readonly (readonly string[])[]): Promise<Reply[]> {
    const all = [["RESET"], ["FLUSHALL"], ...commands, ["RESET"], ["ECHO", END]];
    const last = `$${END.length}\r\n${END}\r\n`;
    let got = "";
    const done = new Promise<void>((resolve) => {
      const onData = (data: Buffer): void => {
        got += data.toString("latin1");
        if (!got.endsWith(last)) return;
        socket.off("data", onData);
        resolve();
      };
      socket.on("data", onData);
    });
    socket.write(Buffer.from(all.map((words) => encoded(words)).join(""), "latin1"));
    await done;
    return readReplies(got).slice(2, -2);
  }

  function ours(commands: readonly (readonly string[])[]): Reply[] {
    const client = new Bench().client();
    return readReplies(commands.map((words) => client.raw(...words)).join(""));
  }

  for (const type of Object.keys(COMMANDS_BY_TYPE)) {
    it(`answers as Redis does: ${type}`, async () => {
      const commands = fc.array(anyCommand(type, type, type, "keys", "strings"), { maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(commands, async (sequence) => {
          const isOrdered = !sequence.some(([name]) => UNORDERED.has(name as string));
          const mine = ours(sequence).map((reply) => comparable(reply, isOrdered));
          const theirs = (await real(sequence)).map((reply) => comparable(reply, isOrdered));
          expect(mine, JSON.stringify(sequence)).toEqual(theirs);
        }),
        { numRuns: 400 },
      );
    });
  }
});

function comparable(reply: Reply, isOrdered: boolean): Reply {
  if (!Array.isArray(reply)) return reply;
  // The greeting of HELLO holds the number of the client.
  if (reply[0] === "server") return reply.length;
  // Which of them goes first is the server's affair.
  if (String(reply[0]).endsWith("unsubscribe")) return [reply[0] as Reply, reply[2] as Reply];
  const items = reply.map((item) => comparable(item, isOrdered));
  return isOrdered ? items : items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
