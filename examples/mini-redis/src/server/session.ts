/** A connection without its socket: bytes in, requests executed, bytes out. */
import { Client } from "../engine/client.ts";
import type { Engine } from "../engine/engine.ts";
import { type BufferLender, ReplyBuffer } from "../resp/reply-buffer.ts";
import { MALFORMED, MORE, type RequestLimits, RequestParser } from "../resp/request-parser.ts";

/** With this many bytes to send, they are sent before more requests are executed. */
const HIGH_WATER = 64 * 1024;

export class Session {
  readonly client: Client;
  readonly parser: RequestParser;
  readonly out: ReplyBuffer;
  private readonly engine: Engine;

  constructor(
    engine: Engine,
    lender: BufferLender,
    receive: Buffer,
    limits: RequestLimits,
    onMessage: () => void,
  ) {
    this.engine = engine;
    this.out = new ReplyBuffer(lender);
    this.parser = new RequestParser(receive, limits);
    this.client = new Client(engine, this.out, onMessage);
    engine.counters.connections++;
    engine.counters.clients++;
  }

  /**
   * Executes the requests that have come; the replies are in `out` then. True when it stopped because they are many: send
   * them and call it again. Afterwards another session may use the receive buffer.
   */
  run(): boolean {
    const { client, engine, out, parser } = this;
    let isFull = false;
    while (!client.isClosing && !isFull) {
      const outcome = parser.next();
      if (outcome === MORE) break;
      if (outcome === MALFORMED) {
        out.error(parser.problem);
        client.isClosing = true;
      } else {
        engine.execute(client, parser.request);
        isFull = out.length >= HIGH_WATER;
      }
    }
    parser.keep();
    return isFull;
  }

  close(): void {
    const { client, engine, out, parser } = this;
    client.isClosing = true;
    engine.pubSub.forget(client);
    engine.counters.clients--;
    parser.drop();
    out.discard();
  }
}
