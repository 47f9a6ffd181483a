import fc from "fast-check";
import { type Async, Builder, type Future, joinAll, type Runtime, spawn } from "treadle";
import { describe, expect, it, onTestFinished } from "vitest";
import { Client } from "../src/client/client.ts";
import { RedisError, type Reply, ReplyParser } from "../src/client/reply-parser.ts";
import { Subscriber } from "../src/client/subscriber.ts";
import { acceptFrom, listen } from "../src/server/listen.ts";
import { DEFAULT_OPTIONS } from "../src/server/options.ts";
import { Server } from "../src/server/server.ts";

/** Runs `body` beside a server, on one runtime. */
async function withServer<T>(body: (address: string, server: Server) => Async<T>): Promise<T> {
  const runtime: Runtime = Builder.newCurrentThread().enableAll().build();
  onTestFinished(() => runtime.shutdownBackground());
  return runtime.run(function* (): Async<T> {
    const server = new Server({ ...DEFAULT_OPTIONS, port: 0 }, (line) => {
      throw new Error(line);
    });
    const [listener] = yield* listen(server);
    if (listener === undefined) throw new Error("no listener");
    const task = spawn(acceptFrom, listener, server);
    try {
      return yield* spawn(() => body(listener.name, server));
    } finally {
      task.abort();
    }
  });
}

describe("ReplyParser", () => {
  it("reads the same replies wherever the chunks are cut", () => {
    const leaf = fc.oneof(fc.integer(), fc.constant(null), fc.string({ unit: "binary" }));
    const { reply } = fc.letrec<{ reply: Reply }>((tie) => ({
      reply: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.array(tie("reply"), { maxLength: 4 }),
      ) as fc.Arbitrary<Reply>,
    }));
    const wire = (value: Reply): string => {
      if (value === null) return "$-1\r\n";
      if (typeof value === "number") return `:${value}\r\n`;
      if (typeof value === "string") return `$${Buffer.byteLength(value)}\r\n${value}\r\n`;
      const items = value as readonly Reply[];
      return `*${items.length}\r\n${items.map(wire).join("")}`;
    };
    fc.assert(
      fc.property(
        fc.array(reply, { maxLength: 5 }),
        fc.integer({ min: 1, max: 50 }),
        (replies, size) => {
          const bytes = Buffer.from(replies.map(wire).join(""));
          const parser = new ReplyParser();
          const found: Reply[] = [];
          for (let at = 0; at < bytes.length; at += size) {
            parser.filled(bytes.copy(parser.space(), 0, at, at + size));
            for (let one = parser.next(); one !== undefined; one = parser.next()) found.push(one);
          }
          expect(found).toEqual(replies);
        },
      ),
    );
  });
});

describe("Client", () => {
  it("answers calls of many tasks in their order, with one write for those of one moment", async () => {
    const replies = await withServer(function* (address) {
      using client = yield* Client.connect(address);
      const calls: Future<Reply>[] = [];
      for (let index = 0; index < 2000; index++) calls.push(client.call("INCR", "n"));
      return yield* joinAll(calls);
    });
    expect(replies).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
  });

  it("throws what the server answers with as an error, and goes on", async () => {
    await withServer(function* (address): Async<void> {
      using client = yield* Client.connect(address);
      yield* client.call("SET", "k", "ü");
      try {
        yield* client.call("LPUSH", "k", "x");
        expect.unreachable();
      } catch (error) {
        expect(error).toBeInstanceOf(RedisError);
        expect((error as RedisError).code).toBe("WRONGTYPE");
      }
      expect(yield* client.call("GET", "k")).toBe("ü");
      const replies = yield* client.pipeline([
        ["INCR", "k"],
        ["STRLEN", "k"],
      ]);
      expect(replies).toEqual([expect.any(RedisError), 2]);
    });
  });

  it("hands bytes over as they are, and large replies whole", async () => {
    await withServer(function* (address): Async<void> {
      using client = yield* Client.connect(address, { binary: true });
      const bytes = Buffer.alloc(1_000_000, Buffer.from([0, 255, 13, 10]));
      yield* client.call("SET", "k", bytes);
      expect(bytes.equals((yield* client.call("GET", "k")) as Buffer)).toBe(true);
    });
  });

  it("throws the reply of a dropped call away, and gives the next call its own", async () => {
    await withServer(function* (address): Async<void> {
      using client = yield* Client.connect(address);
      const dropped = spawn(() => client.call("ECHO", "dropped"));
      const kept = spawn(() => client.call("ECHO", "kept"));
      yield* client.call("PING");
      dropped.abort();
      expect(yield* kept).toBe("kept");
      expect(yield* client.call("ECHO", "next")).toBe("next");
    });
  });

  it("fails what waits when the connection ends, and every call after that", async () => {
    await withServer(function* (address, server): Async<void> {
      using client = yield* Client.connect(address);
      yield* client.call("PING");
      for (const connection of server.connections) connection.abort();
      for (let round = 0; round < 2; round++) {
        try {
          yield* client.call("GET", "k");
          expect.unreachable();
        } catch (error) {
          expect((error as Error).message).toMatch(/closed|EPIPE|ECONNRESET/);
        }
      }
      expect(server.connections.size).toBe(0);
    });
  });
});

describe("Subscriber", () => {
  it("receives what is published after it has subscribed, in order", async () => {
    await withServer(function* (address): Async<void> {
      using client = yield* Client.connect(address);
      using subscriber = yield* Subscriber.connect(address);
      yield* subscriber.subscribe("a", "b");
      for (let index = 0; index < 100; index++) {
        expect(yield* client.call("PUBLISH", index % 2 === 0 ? "a" : "b", index)).toBe(1);
      }
      for (let index = 0; index < 100; index++) {
        const message = yield* subscriber.next();
        expect(message).toEqual({ channel: index % 2 === 0 ? "a" : "b", message: String(index) });
      }
      yield* subscriber.unsubscribe("a");
      expect(yield* client.call("PUBLISH", "a", "x")).toBe(0);
      subscriber.close();
      expect(yield* subscriber.next()).toBeUndefined();
    });
  });
});
