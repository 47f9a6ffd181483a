/** Answers every HTTP request with a greeting: `http-hello [PORT]`. */
import { type Async, Builder, main, spawn, TcpListener, type TcpStream, timeout } from "treadle";
import { nextRequest } from "./request.ts";

/** Bytes that one request may have. */
const ROOM = 64 * 1024;
/** How long the client has to take the last answer, in ms. */
const LINGER = 1000;

/** Reads requests and answers all that have come in one write, until the client wants no more. */
function* serve(client: TcpStream): Async<void> {
  using stream = client;
  const buffer = Buffer.allocUnsafe(ROOM);
  let end = 0;
  try {
    for (let keepAlive = true; keepAlive; ) {
      const count = yield* stream.read(buffer.subarray(end));
      if (count === 0) return;
      end += count;
      let start = 0;
      let replies = "";
      while (keepAlive) {
        const request = nextRequest(buffer, start, end, end - start === ROOM);
        if (request === undefined) break;
        ({ keepAlive } = request);
        start += request.size;
        replies += request.reply;
      }
      buffer.copyWithin(0, start, end);
      end -= start;
      if (replies !== "") yield* stream.writeAll(Buffer.from(replies, "latin1"));
    }
    yield* stream.shutdown();
    yield* timeout(LINGER, readToEnd(stream, buffer));
  } catch (error) {
    process.stderr.write(`http-hello: ${String(error)}\n`);
  }
}

/** A socket that is closed with bytes unread is reset, and the last answer may be lost. */
function* readToEnd(stream: TcpStream, buffer: Buffer): Async<void> {
  while ((yield* stream.read(buffer)) > 0);
}

main(import.meta.url, { builder: Builder.newCurrentThread().enableAll() }, function* () {
  using listener = yield* TcpListener.bind(`127.0.0.1:${process.argv[2] ?? 8080}`);
  process.stdout.write(`http-hello: listening on http://${listener.localAddr()}\n`);
  for (;;) {
    const [client] = yield* listener.accept();
    client.setNodelay(true);
    spawn(serve, client).detach();
  }
});
