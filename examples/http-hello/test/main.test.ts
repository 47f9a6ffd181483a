import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const call = promisify(execFile);
const has = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const GREETING = "Hello from Treadle\n";

/** Starts the program; resolves to its port. */
async function start(): Promise<number> {
  const child = spawn(process.execPath, [MAIN, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return Number(/:(\d+)\n$/.exec(line.toString())?.[1]);
}

/** Sends parts, each on its own, and reads until the server ends the connection. */
async function talk(port: number, ...parts: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.setNoDelay(true);
  await once(socket, "connect");
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", () => {});
  const closed = once(socket, "close");
  for (const part of parts) await new Promise((sent) => socket.write(part, sent));
  await closed;
  return text;
}

const last = REQUEST.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
const count = (text: string, what: string): number => text.split(what).length - 1;

describe("http-hello", () => {
  it("answers pipelined requests in order on one connection, and closes it when it is asked to", async () => {
    const text = await talk(await start(), REQUEST.repeat(9) + last);
    expect(count(text, "HTTP/1.1 200 OK\r\n")).toBe(10);
    expect(count(text, GREETING)).toBe(10);
    expect(count(text, "Connection: keep-alive")).toBe(9);
    expect(text.endsWith(`Connection: close\r\n\r\n${GREETING}`)).toBe(true);
  });

  it("understands a request that comes byte by byte", async () => {
    expect(count(await talk(await start(), ...last), GREETING)).toBe(1);
  });

  it("skips the body that Content-Length announces", async () => {
    const post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 36\r\n\r\n";
    const text = await talk(await start(), post, `${REQUEST.slice(0, 36)}${last}`);
    expect(count(text, "200 OK")).toBe(2);
  });

  it("sends no body in answer to HEAD, and closes after HTTP/1.0", async () => {
    const text = await talk(await start(), "HEAD / HTTP/1.0\r\n\r\n");
    expect(text).toBe(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 19\r\nConnection: close\r\n\r\n",
    );
  });

  it.each([
    ["garbage", "\x16\x03\x01 garbage\r\n"],
    ["no version", "GET /\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["a header that is none", "GET / HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n"],
    ["a length that is none", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"],
  ])("answers 400 to %s, and closes", async (_, request) => {
    const text = await talk(await start(), request);
    expect(text).toBe("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });

  it("refuses heads and bodies that are too large", async () => {
    const port = await start();
    const head = `GET / HTTP/1.1\r\nHost: ${"x".repeat(70_000)}`;
    expect(await talk(port, head)).toContain("HTTP/1.1 431 ");
    const body = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n${"x".repeat(70_000)}`;
    expect(await talk(port, body)).toContain("HTTP/1.1 413 ");
  });

  it.skipIf(!has("curl"))("talks to curl, which uses one connection for all", async () => {
    const url = `http://127.0.0.1:${await start()}/`;
    const { stdout, stderr } = await call("curl", ["-sv", url, url, url]);
    expect(stdout).toBe(GREETING.repeat(3));
    expect(count(stderr, "Re-using existing connection")).toBe(2);
  });

  it.skipIf(!has("wrk"))("stands the load of wrk without an error", async () => {
    const url = `http://127.0.0.1:${await start()}/`;
    const { stdout } = await call("wrk", ["-t1", "-c50", "-d1s", url]);
    expect(stdout).toMatch(/\d{3,} requests in/);
    expect(stdout).not.toMatch(/Socket errors|Non-2xx/);
  });
});
