/** An engine on a table: requests in, replies out, a clock that stands still. */

import { Client } from "../src/engine/client.ts";
import type { ExpiryQueue } from "../src/engine/contract.ts";
import type { Entry } from "../src/engine/database.ts";
import { Engine } from "../src/engine/engine.ts";
import { type BytesLike, byteString } from "../src/resp/byte-string.ts";
import { type BufferLender, ReplyBuffer } from "../src/resp/reply-buffer.ts";
import { REQUEST, RequestParser } from "../src/resp/request-parser.ts";

/** Buffers of one size, counted. */
export class TestLender implements BufferLender {
  lent = 0;

  take(): Buffer {
    this.lent++;
    return Buffer.allocUnsafeSlow(64);
  }

  giveBack(): void {
    this.lent--;
  }
}

/** Expiries that happen when the test says so. */
export class TestExpiries implements ExpiryQueue {
  readonly due: Map<Entry, number> = new Map();
  now = 1000;

  schedule(entry: Entry, ms: number): void {
    this.due.set(entry, this.now + ms);
  }

  cancel(entry: Entry): void {
    this.due.delete(entry);
  }

  /** Lets time pass without anybody looking. */
  pass(ms: number): void {
    this.now += ms;
  }

  /** Reports all that is due, as the queue of the server does. */
  fire(): void {
    for (const [entry, at] of [...this.due]) {
      if (at > this.now) continue;
      this.due.delete(entry);
      entry.database.expire(entry);
    }
  }
}

export class Bench {
  readonly expiries: TestExpiries = new TestExpiries();
  readonly lender: TestLender = new TestLender();
  readonly engine: Engine;

  constructor(random: () => number = () => 0) {
    const settings = new Map([
      ["save", ""],
      ["appendonly", "no"],
    ]);
    this.engine = new Engine(
      { expiries: this.expiries, now: () => this.expiries.now, random, settings, port: () => 6379 },
      this.lender,
    );
  }

  client(): TestClient {
    return new TestClient(this);
  }
}

/** One client of a {@link Bench}. */
export class TestClient {
  readonly client: Client;
  pushes = 0;

  constructor(bench: Bench) {
    this.client = new Client(bench.engine, new ReplyBuffer(bench.lender), () => {
      this.pushes++;
    });
  }

  /** Executes one request; answers with its reply as it goes over the wire. */
  raw(...words: BytesLike[]): string {
    const parser = new RequestParser(Buffer.from(encoded(words), "latin1"));
    parser.filled(parser.space().length);
    while (parser.next() === REQUEST) this.client.engine.execute(this.client, parser.request);
    return this.take();
  }

  /** As {@link TestClient.raw}, the words given as one string with spaces, the reply read. */
  do(line: string): Reply {
    return readReply(this.raw(...line.split(" ")));
  }

  take(): string {
    const { out } = this.client;
    const written = out.view().toString("latin1");
    out.discard();
    return written;
  }
}

/** A request as it goes over the wire. */
export function encoded(words: readonly BytesLike[]): string {
  const bulks = words.map(byteString).map((word) => `$${word.length}\r\n${word}\r\n`);
  return `*${words.length}\r\n${bulks.join("")}`;
}

/** A reply as a value: errors and simple strings keep their first character. */
export type Reply = string | number | null | Reply[];

/** Reads a whole reply in the simplest way. */
export function readReply(wire: string): Reply {
  const [reply, rest] = readOne(wire);
  if (rest !== "") throw new Error(`more than one reply: ${JSON.stringify(wire)}`);
  return reply;
}

/** All replies in a row. */
export function readReplies(wire: string): Reply[] {
  const replies: Reply[] = [];
  for (let rest = wire; rest !== ""; ) {
    const [reply, after] = readOne(rest);
    replies.push(reply);
    rest = after;
  }
  return replies;
}

function readOne(wire: string): [Reply, string] {
  const end = wire.indexOf("\r\n");
  if (end < 0) throw new Error(`cut: ${JSON.stringify(wire)}`);
  const head = wire.slice(1, end);
  let rest = wire.slice(end + 2);
  switch (wire[0]) {
    case "+":
    case "-":
      return [wire[0] + head, rest];
    case ":":
      return [Number(head), rest];
    case "$": {
      const length = Number(head);
      if (length < 0) return [null, rest];
      if (rest.slice(length, length + 2) !== "\r\n") throw new Error("no end of bulk");
      return [rest.slice(0, length), rest.slice(length + 2)];
    }
    case "*": {
      const count = Number(head);
      if (count < 0) return [null, rest];
      const items: Reply[] = [];
      for (let at = 0; at < count; at++) {
        const [item, after] = readOne(rest);
        items.push(item);
        rest = after;
      }
      return [items, rest];
    }
    default:
      throw new Error(`no reply: ${JSON.stringify(wire)}`);
  }
}
