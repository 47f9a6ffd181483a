import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Starts the program; resolves to its process and its port. */
async function program(): Promise<[ChildProcess, number]> {
  const child = spawn(process.execPath, [MAIN, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return [child, Number(/:(\d+)\n$/.exec(line.toString())?.[1])];
}

/** Starts the program; resolves to its port. */
async function start(): Promise<number> {
  return (await program())[1];
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

  describe.each(["SIGINT", "SIGTERM"] as const)("at %s", (signal) => {
    it("lets its clients finish, takes nobody any more and exits with 0", async () => {
      const [child, port] = await program();
      const socket = await client(port);
      socket.write("before");
      await receive(socket, 6);
      child.kill(signal);
      await refused(port);
      socket.write("after");
      expect(String(await receive(socket, 5))).toBe("after");
      socket.end();
      expect(await once(child, "exit")).toEqual([0, null]);
    });

    it("cuts off who does not finish, and exits with 0", async () => {
      const [child, port] = await program();
      const socket = await client(port);
      socket.write("before");
      await receive(socket, 6);
      child.kill(signal);
      expect(await Promise.all([once(child, "exit"), once(socket, "close")])).toEqual([
        [0, null],
        [false],
      ]);
    });

    it("ends at once when it comes twice", async () => {
      const [child, port] = await program();
      const socket = await client(port);
      socket.write("before");
      await receive(socket, 6);
      child.kill(signal);
      await refused(port);
      const before = performance.now();
      child.kill(signal);
      expect(await once(child, "exit")).toEqual([null, signal]);
      expect(performance.now() - before).toBeLessThan(1000);
    });
  });
});

/** Waits until nobody listens any more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    const connected = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (connected === false) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
