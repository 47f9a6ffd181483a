/** The sockets on which a server waits for clients. */
import { lstatSync, unlinkSync } from "node:fs";
import { type Async, type Awaitable, fn, TcpListener, UnixListener, UnixStream } from "treadle";
import type { Stream } from "./connection.ts";
import type { Server } from "./server.ts";

/** A listening socket of either kind. */
export interface Listening extends Disposable {
  /** "127.0.0.1:6379", or the path. */
  readonly name: string;
  accept(): Awaitable<Stream>;
}

/** All sockets that the server's options ask for; none if one of them cannot be had. */
export const listen: (server: Server) => Awaitable<readonly Listening[]> = fn(function* listen(
  server: Server,
): Async<readonly Listening[]> {
  const tcp = yield* listenOnTcp(server);
  const { unixSocket } = server.options;
  if (unixSocket === undefined) return [tcp];
  try {
    return [tcp, yield* listenOnUnix(unixSocket)];
  } catch (error) {
    tcp[Symbol.dispose]();
    throw error;
  }
});

const listenOnTcp = fn(function* listenOnTcp(server: Server): Async<Listening> {
  const { bind, port } = server.options;
  const listener = yield* TcpListener.bind({ host: bind, port });
  server.port = listener.localAddr().port;
  return {
    name: String(listener.localAddr()),
    accept: fn(function* accept(): Async<Stream> {
      const [stream] = yield* listener.accept();
      stream.setNodelay(true);
      return stream;
    }),
    [Symbol.dispose]: () => listener.close(),
  };
});

const listenOnUnix = fn(function* listenOnUnix(path: string): Async<Listening> {
  yield* removeLeftOver(path);
  const listener = UnixListener.bind(path);
  return {
    name: path,
    accept: fn(function* accept(): Async<Stream> {
      const [stream] = yield* listener.accept();
      return stream;
    }),
    [Symbol.dispose]: () => listener.close(),
  };
});

/** Removes the socket of a server that was killed: nobody answers on it any more. */
const removeLeftOver = fn(function* removeLeftOver(path: string): Async<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  try {
    const stream = yield* UnixStream.connect(path);
    stream.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") unlinkSync(path);
  }
});

/** Serves whoever comes, until it is aborted: a task. The socket is closed then. */
export function* acceptFrom(listener: Listening, server: Server): Async<void> {
  using _ = listener;
  for (;;) server.admit(yield* listener.accept());
}

/** Why the server cannot listen, in words. */
export function whyNot(error: unknown): string {
  const { code, address, port, message } = error as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  if (code === undefined) throw error;
  const where =
    address === undefined ? "" : ` on ${address}${port === undefined ? "" : `:${port}`}`;
  return `cannot listen${where}: ${REASONS[code] ?? message} (${code})`;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program does",
  EACCES: "no permission",
  EADDRNOTAVAIL: "this machine does not have that address",
};
