import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { connectInWaves, openBesides, openOf } from "../../../tools/test-connections.ts";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

it.runIf(process.platform === "linux")(
  "has open after a thousand connections what it had before the first, however they ended",
  async () => {
    const child = spawn(process.execPath, [MAIN, "0"], { stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const port = Number(/:(\d+)\n$/.exec(line.toString())?.[1]);
    const pid = child.pid as number;
    const before = openOf(pid);
    for (const count of [8, 496, 496]) {
      await connectInWaves(port, "hello", count, 8);
      expect(await openBesides(pid, before)).toEqual([]);
    }
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write("last");
    await once(socket, "data");
    expect(await openBesides(pid, before, 0)).toEqual([expect.stringMatching(/^socket:/)]);
    expect(child.exitCode).toBe(null);
  },
  60_000,
);
