import { describe, expect, it } from "vitest";
import { Bench, type Reply, readReplies } from "./workbench.ts";

describe("expiry", () => {
  it("is seen by every command at its moment, though the queue has not come to it", () => {
    const bench = new Bench();
    const client = bench.client();
    client.do("SET k v PX 100");
    bench.expiries.pass(99);
    expect(client.do("PTTL k")).toBe(1);
    expect(client.do("GET k")).toBe("v");
    bench.expiries.pass(1);
    expect(client.do("GET k")).toBe(null);
    expect(client.do("DBSIZE")).toBe(0);
    expect(bench.expiries.due.size).toBe(0);
  });

  it("happens to what nobody asks for", () => {
    const bench = new Bench();
    const client = bench.client();
    for (const key of ["a", "b", "c"]) client.do(`SET ${key} v PX 100`);
    client.do("SET kept v");
    client.do("PERSIST b");
    bench.expiries.pass(100);
    bench.expiries.fire();
    expect(client.do("KEYS *")).toEqual(expect.arrayContaining(["b", "kept"]));
    expect(client.do("DBSIZE")).toBe(2);
  });

  it("is forgotten when a key is overwritten, removed or flushed, kept when its value changes", () => {
    const bench = new Bench();
    const client = bench.client();
    for (const key of ["a", "b", "c", "d", "e"]) client.do(`SET ${key} 1 EX 10`);
    client.do("SET a 2");
    client.do("DEL b");
    client.do("INCR c");
    client.do("SET d 2 KEEPTTL");
    client.do("APPEND e 2");
    expect(["a", "b", "c", "d", "e"].map((key) => client.do(`TTL ${key}`))).toEqual([
      -1, -2, 10, 10, 10,
    ]);
    expect(bench.expiries.due.size).toBe(3);
    client.do("FLUSHALL");
    expect(bench.expiries.due.size).toBe(0);
  });

  it("is put off when the queue fires too early", () => {
    const bench = new Bench();
    const client = bench.client();
    client.do("SET k v PX 100");
    const [entry] = bench.expiries.due.keys();
    bench.expiries.pass(40);
    entry?.database.expire(entry);
    expect(client.do("GET k")).toBe("v");
    expect(bench.expiries.due.get(entry as NonNullable<typeof entry>)).toBe(1100);
  });
});

describe("the engine", () => {
  it("draws members by lot", () => {
    let next = 0.5;
    const client = new Bench(() => next).client();
    client.do("SADD s a b c d");
    expect(client.do("SPOP s")).toBe("c");
    next = 0.99;
    expect(client.do("SPOP s")).toBe("d");
    expect(client.do("SMEMBERS s")).toEqual(["a", "b"]);
  });

  it("gives every buffer back that it has borrowed", () => {
    const bench = new Bench();
    const [publisher, subscriber] = [bench.client(), bench.client()];
    subscriber.do("SUBSCRIBE c");
    expect(publisher.do("PUBLISH c x")).toBe(1);
    expect(subscriber.pushes).toBe(1);
    expect(subscriber.take()).toBe("*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n");
    expect(bench.lender.lent).toBe(0);
  });

  it("sends nothing more to a client that is being closed", () => {
    const bench = new Bench();
    const [publisher, subscriber] = [bench.client(), bench.client()];
    subscriber.do("SUBSCRIBE c");
    subscriber.do("QUIT");
    expect(publisher.do("PUBLISH c x")).toBe(1);
    expect(subscriber.take()).toBe("");
    bench.engine.pubSub.forget(subscriber.client);
    expect(publisher.do("PUBLISH c x")).toBe(0);
  });

  it("keeps databases apart and subscriptions together", () => {
    const bench = new Bench();
    const [one, two] = [bench.client(), bench.client()];
    one.do("SET k one");
    two.do("SELECT 1");
    expect(two.do("GET k")).toBe(null);
    two.do("SET k two");
    expect(one.do("GET k")).toBe("one");
    one.do("SUBSCRIBE c");
    expect(two.do("PUBLISH c x")).toBe(1);
    two.do("FLUSHDB");
    expect(bench.engine.database(0).size).toBe(1);
  });

  it("scans downwards, so that no key which stays is missed whatever is removed meanwhile", () => {
    const client = new Bench().client();
    for (let index = 0; index < 100; index++) client.do(`SET k${index} v`);
    const seen = new Set<Reply>();
    let cursor = "0";
    let removed = 0;
    do {
      const [next, keys] = client.do(`SCAN ${cursor} COUNT 7`) as [string, Reply[]];
      for (const key of keys) seen.add(key);
      cursor = next;
      client.do(`DEL k${removed * 3} k${99 - removed}`);
      removed++;
    } while (cursor !== "0");
    const stayed = client.do("KEYS *") as Reply[];
    expect(stayed.length).toBeGreaterThan(50);
    expect(stayed.filter((key) => !seen.has(key))).toEqual([]);
  });

  it("describes its commands and itself", () => {
    const client = new Bench().client();
    const all = client.do("COMMAND") as Reply[][];
    expect(client.do("COMMAND COUNT")).toBe(all.length);
    expect(all.find(([name]) => name === "mset")?.slice(0, 2)).toEqual(["mset", -3]);
    expect(client.do("COMMAND INFO get nosuch")).toEqual([
      ["get", 2, ["+readonly", "+fast"], 1, 1, 1],
      null,
    ]);
    client.do("SET k v");
    expect(client.do("INFO keyspace")).toBe("# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n");
    expect(client.do("CONFIG GET SA* append*")).toEqual(["save", "", "appendonly", "no"]);
  });

  it("takes words in any case, and writes line ends of errors as spaces", () => {
    const client = new Bench().client();
    expect(client.raw("sEt", "k", "v", "nX")).toBe("+OK\r\n");
    const wire = client.raw("a\r\nb");
    expect(wire).toBe("-ERR unknown command 'a  b', with args beginning with: \r\n");
    expect(readReplies(wire)).toHaveLength(1);
  });
});
