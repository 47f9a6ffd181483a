import { expect, it } from "vitest";
import { connectInWaves, openBesides, openOf } from "../../../tools/test-connections.ts";
import { start } from "./program.ts";

it.runIf(process.platform === "linux").each([
  ["of its own accord", []],
  ["with a limit that keeps some of them out", ["--max-clients", "4"]],
])(
  "has open after a thousand connections what it had before the first, %s",
  async (_, options) => {
    const server = await start(...options);
    const pid = server.child.pid as number;
    const before = openOf(pid);
    for (const count of [8, 496, 496]) {
      await connectInWaves(server.port, "PING\r\n", count, 8);
      expect(await openBesides(pid, before)).toEqual([]);
    }
    const client = await server.connect();
    await client.expectReply("PING", "+PONG\r\n");
    expect(await openBesides(pid, before, 0)).toEqual([expect.stringMatching(/^socket:/)]);
  },
  60_000,
);
