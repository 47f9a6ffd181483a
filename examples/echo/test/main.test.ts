import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Starts the program; resolves to its port. */
async function start(): Promise<number> {
  const child = spawn(process.execPath, [MAIN, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return Number(/:(\d+)\n$/.exec(line.toString())?.[1]);
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function receive(socket: Socket, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let received = 0; received < count; ) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    chunks.push(chunk);
    received += chunk.length;
  }
  return Buffer.concat(chunks);
}

describe("echo", () => {
  it("sends back what it receives, however much", async () => {
    const socket = await client(await start());
    const data = randomBytes(3 << 20);
    const echoed = receive(socket, data.length);
    socket.write(data);
    expect((await echoed).equals(data)).toBe(true);
  });

  it("serves many clients at once", async () => {
    const port = await start();
    const sockets = await Promise.all(Array.from({ length: 50 }, () => client(port)));
    const answers = sockets.map((socket) => receive(socket, 8));
    for (const [index, socket] of sockets.entries()) socket.write(String(index).padStart(8, "0"));
    const texts = (await Promise.all(answers)).map(String);
    expect(texts).toEqual(sockets.map((_, index) => String(index).padStart(8, "0")));
  });

  it("ends a connection that its client has ended, and goes on", async () => {
    const port = await start();
    const first = await client(port);
    first.end("last");
    expect(String(await receive(first, 4))).toBe("last");
    await once(first, "close");
    const second = await client(port);
    second.write("next");
    expect(String(await receive(second, 4))).toBe("next");
  });
});
