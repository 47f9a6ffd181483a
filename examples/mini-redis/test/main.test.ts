import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Redis } from "ioredis";
import { describe, expect, it, onTestFinished } from "vitest";
import { call, has, newFolder, Program, start } from "./program.ts";
import { encoded } from "./workbench.ts";

const hasTools = has("redis-cli");

function ioredis(port: number): Redis {
  const client = new Redis(port, "127.0.0.1", { lazyConnect: true, maxRetriesPerRequest: 0 });
  onTestFinished(() => client.disconnect());
  client.on("error", () => {});
  return client;
}

describe.skipIf(!hasTools)("with the tools of Redis", () => {
  it("answers redis-cli as Redis does", async () => {
    const server = await start();
    const session = [
      ["SET k v EX 100", "OK"],
      ["GET k", "v"],
      ["TTL k", "100"],
      ["INCR n", "1"],
      ["RPUSH l a b c", "3"],
      ["LRANGE l 0 -1", "a\nb\nc"],
      ["GET l", "WRONGTYPE Operation against a key holding the wrong kind of value\n"],
      ["FOO bar", "ERR unknown command 'FOO', with args beginning with: 'bar' \n"],
      ["ZADD z 1 a 2.5 b", "2"],
      ["ZRANGE z 0 -1 WITHSCORES", "a\n1\nb\n2.5"],
      ["HELLO 3", "NOPROTO unsupported protocol version\n"],
      ["CONFIG GET port", "port\n0"],
      ["DBSIZE", "4"],
    ] as const;
    for (const [line, answer] of session) {
      expect(await server.cli(...line.split(" ")), line).toBe(answer.trimEnd());
    }
  });

  it("stands all default tests of redis-benchmark, pipelined and not, without an error", async () => {
    const { port } = await start();
    for (const depth of ["1", "16"]) {
      const args = ["-p", String(port), "-q", "-n", "2000", "-P", depth, "--csv"];
      const { stdout, stderr } = await call("redis-benchmark", ...args);
      expect(stderr).toBe("");
      expect(stdout).not.toMatch(/error|warning/i);
      expect(stdout.trim().split("\n").length).toBe(21);
    }
  }, 120_000);

  it("stands large values and many keys", async () => {
    const { port } = await start();
    const base = ["-p", String(port), "-q", "--csv", "-t", "set,get"];
    const large = await call("redis-benchmark", ...base, "-n", "200", "-d", "1000000", "-c", "5");
    const many = await call("redis-benchmark", ...base, "-n", "20000", "-r", "100000", "-P", "50");
    expect(large.stderr + many.stderr).toBe("");
  }, 60_000);
});

describe("with ioredis", () => {
  it("keeps bytes as they are, in keys and values", async () => {
    const client = ioredis((await start()).port);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await client.set(bytes, bytes);
    expect((await client.getBuffer(bytes))?.equals(bytes)).toBe(true);
    await client.hset("hash", "ключ", "значение");
    expect(await client.hgetall("hash")).toEqual({ ключ: "значение" });
    const large = Buffer.alloc(5_000_000, bytes);
    await client.set("large", large);
    expect((await client.getBuffer("large"))?.equals(large)).toBe(true);
  });

  it("answers pipelines in order, errors in their places", async () => {
    const client = ioredis((await start()).port);
    const pipeline = client.pipeline();
    for (let index = 0; index < 5000; index++) pipeline.rpush("list", index);
    pipeline.incr("list").llen("list");
    const replies = (await pipeline.exec()) as [Error | null, unknown][];
    expect(replies.slice(0, 5000).every(([, reply], index) => reply === index + 1)).toBe(true);
    expect(replies[5000]?.[0]?.message).toMatch(/^WRONGTYPE/);
    expect(replies[5001]).toEqual([null, 5000]);
    expect(await client.lrange("list", 0, -1)).toEqual(
      Array.from({ length: 5000 }, (_, i) => `${i}`),
    );
  });

  it("delivers what is published to all who have subscribed, until they unsubscribe", async () => {
    const { port } = await start();
    const [publisher, ...subscribers] = [ioredis(port), ioredis(port), ioredis(port)];
    const received: string[] = [];
    for (const [index, subscriber] of subscribers.entries()) {
      subscriber.on("message", (channel, text) => received.push(`${index} ${channel} ${text}`));
      await subscriber.subscribe("news", "weather");
    }
    expect(await publisher.publish("news", "one")).toBe(2);
    await subscribers[0]?.unsubscribe("news");
    expect(await publisher.publish("news", "two")).toBe(1);
    expect(await publisher.publish("weather", "rain")).toBe(2);
    expect(await subscribers[0]?.ping()).toEqual(["pong", ""]);
    await subscribers[0]?.unsubscribe();
    expect(await publisher.publish("weather", "sun")).toBe(1);
    await expect.poll(() => received.length).toBe(6);
    expect(received.sort()).toEqual([
      "0 news one",
      "0 weather rain",
      "1 news one",
      "1 news two",
      "1 weather rain",
      "1 weather sun",
    ]);
  });

  it("removes what has expired, asked for or not", async () => {
    const client = ioredis((await start()).port);
    await client.psetex("short", 30, "x");
    await client.set("lazy", "x", "PX", 20);
    await client.set("long", "x", "EX", 100);
    expect(await client.pttl("long")).toBeGreaterThan(90_000);
    await expect.poll(() => client.dbsize()).toBe(1);
    expect(await client.mget("short", "lazy", "long")).toEqual([null, null, "x"]);
  });

  it("scans a database that changes meanwhile, and misses no key that stays", async () => {
    const client = ioredis((await start()).port);
    const keys = Array.from({ length: 1000 }, (_, index) => `key:${index}`);
    await client.mset(keys.flatMap((key) => [key, "x"]));
    const seen = new Set<string>();
    let cursor = "0";
    let round = 0;
    do {
      const [next, some] = await client.scan(cursor, "COUNT", 50);
      for (const key of some) seen.add(key);
      cursor = next;
      await client.del(`key:${round}`, `key:${round + 100}`);
      await client.set(`new:${round++}`, "x");
    } while (cursor !== "0");
    const stayed = keys.filter((_, index) => index >= 200);
    expect(stayed.filter((key) => !seen.has(key))).toEqual([]);
  });
});

describe("limits", () => {
  it("refuses clients beyond --max-clients, and takes new ones when others have gone", async () => {
    const server = await start("--max-clients", "2");
    const [first, second] = [await server.connect(), await server.connect()];
    await first.expectReply("PING", "+PONG\r\n");
    await second.expectReply("PING", "+PONG\r\n");
    const third = await server.connect();
    await third.closed;
    expect(third.received).toBe("-ERR max number of clients reached\r\n");
    first.socket.destroy();
    await expect
      .poll(async () => {
        const again = await server.connect();
        await again.send("PING\r\n");
        return again.take(7);
      })
      .toBe("+PONG\r\n");
  });

  it("disconnects who says nothing for --idle-timeout, but no subscriber", async () => {
    const server = await start("--idle-timeout", "0.2");
    const [silent, subscriber, busy] = [
      await server.connect(),
      await server.connect(),
      await server.connect(),
    ];
    await subscriber.send("SUBSCRIBE c\r\n");
    const isOver = silent.closed.then(() => true);
    let isSilentGone = false;
    void isOver.then(() => {
      isSilentGone = true;
    });
    while (!isSilentGone) await busy.expectReply("PING", "+PONG\r\n");
    await busy.expectReply("PUBLISH c x", ":1\r\n");
  });

  it("refuses requests beyond --max-request and says why", async () => {
    const server = await start("--max-request", "2000");
    const client = await server.connect();
    await client.expectReply(`ECHO ${"x".repeat(1500)}`, `$1500\r\n${"x".repeat(1500)}\r\n`);
    await client.send("*2\r\n$4\r\nECHO\r\n$3000\r\n");
    await client.closed;
    expect(client.received).toBe(
      "-ERR Protocol error: too big request, the limit is 2000 bytes\r\n",
    );
  });

  it("answers what came before a protocol error, then the error, then closes", async () => {
    const client = await (await start()).connect();
    await client.send("PING\r\n*1\r\n:4\r\n");
    await client.closed;
    expect(client.received).toBe("+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n");
  });

  it("disconnects a subscriber that does not read beyond --max-output, and nobody else", async () => {
    const server = await start("--max-output", "100000");
    const [slow, publisher] = [await server.connect(), await server.connect()];
    await slow.send("SUBSCRIBE c\r\n");
    await slow.take(30);
    slow.socket.pause();
    const message = encoded(["PUBLISH", "c", "x".repeat(50_000)]);
    let receivers = ":1\r\n";
    let sent = 0;
    for (; receivers === ":1\r\n"; sent++) {
      await publisher.send(message);
      receivers = await publisher.take(4);
    }
    expect(receivers).toBe(":0\r\n");
    expect(sent).toBeGreaterThan(2);
    await server.says("reads too slowly");
    await publisher.expectReply("PING", "+PONG\r\n");
  });

  it("does not execute for a client that does not read, until it does", async () => {
    const server = await start();
    const [client, other] = [await server.connect(), await server.connect()];
    await client.send(encoded(["SET", "k", "x".repeat(1_000_000)]));
    await client.take(5);
    client.socket.pause();
    await client.send(`${"GET k\r\n".repeat(100)}SET done yes\r\n`);
    await other.expectReply("PING", "+PONG\r\n");
    await other.expectReply("EXISTS done", ":0\r\n");
    client.socket.resume();
    expect((await client.take(100 * 1_000_012 + 5)).endsWith("+OK\r\n")).toBe(true);
    await other.expectReply("EXISTS done", ":1\r\n");
  });
});

describe("the program", () => {
  it("ends at SIGINT: answers what it was asked, disconnects, removes its socket, exits with 0", async () => {
    const path = join(newFolder(), "redis.sock");
    const server = await start("--unixsocket", path);
    await server.says(`ready on ${path}`);
    const [idle, busy] = [await server.connect(), await server.connect()];
    await idle.expectReply("PING", "+PONG\r\n");
    await busy.send("*2\r\n$4\r\nECHO\r\n$4\r\nha");
    await busy.send("");
    await idle.expectReply("PING", "+PONG\r\n");
    server.child.kill("SIGINT");
    await idle.closed;
    const late = connect(server.port, "127.0.0.1");
    expect((await once(late, "error"))[0]).toMatchObject({ code: "ECONNREFUSED" });
    await busy.send("lf\r\n");
    await busy.closed;
    expect(busy.received).toBe("$4\r\nhalf\r\n");
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.stdout).toMatch(/stopping, 2 clients connected\nmini-redis: stopped\n$/);
    expect(() => readFileSync(path)).toThrow("ENOENT");
  });

  it("ends at SIGTERM as it does at SIGINT", async () => {
    const server = await start();
    const client = await server.connect();
    await client.expectReply("PING", "+PONG\r\n");
    server.child.kill("SIGTERM");
    await client.closed;
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it("cuts off who does not finish within --drain-timeout, and exits with 1", async () => {
    const server = await start("--drain-timeout", "0.2");
    const [client, other] = [await server.connect(), await server.connect()];
    await client.send("*2\r\n$4\r\nECHO\r\n$4\r\nha");
    await other.expectReply("PING", "+PONG\r\n");
    server.child.kill("SIGTERM");
    await client.closed;
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.stdout).toMatch(/stopped, 1 client cut off\n$/);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends at once at the second %s", async (signal) => {
    const server = await start("--drain-timeout", "100");
    const client = await server.connect();
    await client.send("*2\r\n$4\r\nECHO\r\n");
    await (await server.connect()).expectReply("PING", "+PONG\r\n");
    server.child.kill(signal);
    await server.says("stopping");
    server.child.kill(signal);
    expect(await server.ended).toEqual({ code: null, signal });
  });

  it("says so when the port is taken", async () => {
    const { port } = await start();
    const second = new Program(["--port", String(port)]);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr).toBe(
      `mini-redis: cannot listen on 127.0.0.1:${port}: another program does (EADDRINUSE)\n`,
    );
  });

  it("takes over the socket of a server that was killed, but not of one that runs", async () => {
    const path = join(newFolder(), "redis.sock");
    const first = await start("--unixsocket", path);
    await first.says(path);
    const second = new Program(["--port", "0", "--unixsocket", path]);
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.stderr).toContain("another program does (EADDRINUSE)");
    first.child.kill("SIGKILL");
    await first.ended;
    await (await start("--unixsocket", path)).says(`ready on ${path}`);
  });

  it("prints its help, and what is wrong with its options", async () => {
    const help = new Program(["--help"]);
    expect(await help.ended).toEqual({ code: 0, signal: null });
    expect(help.stdout).toContain("--unixsocket PATH");
    const wrong = new Program(["--port", "70000"]);
    expect(await wrong.ended).toEqual({ code: 2, signal: null });
    expect(wrong.stderr).toContain("--port must be a whole number from 0 to 65535, not '70000'");
  });
});
