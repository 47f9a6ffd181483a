// TCP on the worker's own reactor: clients that talk, clients that stop in the middle, and a server that serves the next.
import { JoinSet, readExact, sendable, spawn, TcpListener, TcpStream, timeout } from "treadle";
import { random, Tally } from "../random.mjs";

const CLIENTS = 16;

export const run = sendable(import.meta.url, "sockets", function* sockets(until, seed) {
  const next = random(seed);
  const tally = new Tally();
  const listener = yield* TcpListener.bind("127.0.0.1:0");
  const server = spawn(serve, listener);
  while (Date.now() < until) {
    const set = new JoinSet();
    for (let i = 0; i < CLIENTS; i++) {
      const breaks = next(4) === 0;
      set.spawn(talk, listener.localAddr(), 1 + next(20), 1 + next(70_000), breaks, tally);
    }
    yield* timeout(60_000, set.joinAll());
  }
  server.abort();
  yield* server.outcome();
  listener.close();
  return tally.answer;
});

function* serve(listener) {
  for (;;) {
    const [client] = yield* listener.accept();
    spawn(echo, client).detach();
  }
}

function* echo(stream) {
  const buffer = Buffer.allocUnsafe(16 * 1024);
  try {
    for (;;) {
      const count = yield* stream.read(buffer);
      if (count === 0) return;
      yield* stream.writeAll(buffer.subarray(0, count));
    }
  } catch (error) {
    if (error.code !== "ECONNRESET" && error.code !== "EPIPE") throw error;
  } finally {
    stream.close();
  }
}

function* talk(to, rounds, size, breaks, tally) {
  const stream = yield* TcpStream.connect(to);
  try {
    const sent = Buffer.alloc(size, 65 + (size % 26));
    for (let i = 0; i < rounds; i++) {
      const writing = spawn(write, stream, sent);
      if (breaks && i === rounds - 1) {
        writing.abort();
        yield* writing.outcome();
        return;
      }
      const got = Buffer.alloc(size);
      yield* readExact(stream, got);
      yield* writing;
      tally.check(got.equals(sent), () => `${size} bytes came back changed`);
    }
  } finally {
    stream.close();
  }
}

function* write(stream, bytes) {
  yield* stream.writeAll(bytes);
}
