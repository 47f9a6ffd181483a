/** The same server on `node:net`, for comparison: parser, engine and session are the same, only the stack differs. */
import { createServer, type Socket } from "node:net";
import type { ExpiryQueue } from "./engine/contract.ts";
import type { Entry } from "./engine/database.ts";
import { Engine } from "./engine/engine.ts";
import { DEFAULT_LIMITS } from "./resp/request-parser.ts";
import { BufferPool } from "./server/buffer-pool.ts";
import { DEFAULT_OPTIONS, settingsOf } from "./server/options.ts";
import { Session } from "./server/session.ts";

const MAX_DELAY = 2 ** 31 - 1;

class Timeouts implements ExpiryQueue {
  schedule(entry: Entry, ms: number): void {
    this.cancel(entry);
    const fire = (): void => {
      entry.timer = null;
      entry.database.expire(entry);
    };
    entry.timer = setTimeout(fire, Math.min(ms, MAX_DELAY)).unref();
  }

  cancel(entry: Entry): void {
    if (entry.timer !== null) clearTimeout(entry.timer as NodeJS.Timeout);
    entry.timer = null;
  }
}

const pool = new BufferPool();
const settings = settingsOf(DEFAULT_OPTIONS);
const now = (): number => performance.now();
const engine = new Engine(
  { expiries: new Timeouts(), now, random: Math.random, settings, port: () => 0 },
  pool,
);
/** Never read into: Node hands over buffers of its own. */
const unused = Buffer.allocUnsafeSlow(1);

function serve(socket: Socket): void {
  const session = new Session(engine, pool, unused, DEFAULT_LIMITS, () => send(session, socket));
  socket.setNoDelay(true);
  socket.on("data", (chunk) => {
    session.parser.feed(chunk);
    for (let hasMore = true; hasMore; ) {
      hasMore = session.run();
      send(session, socket);
    }
    if (session.client.isClosing) socket.end();
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => session.close());
}

/** Node may keep what it is given, so it gets a copy; small ones come from Node's own pool. */
function send({ out }: Session, socket: Socket): void {
  if (out.length === 0) return;
  const copy = Buffer.from(out.view());
  out.discard();
  socket.write(copy);
}

const [port = "0"] = process.argv.slice(2);
const server = createServer(serve);
server.listen(Number(port), "127.0.0.1", 511, () => {
  const { port: actual } = server.address() as { port: number };
  process.stdout.write(`node-net: ready on 127.0.0.1:${actual}\n`);
});
