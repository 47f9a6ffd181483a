/**
 * One connection, as a task: read, execute, send, until one of both sides has had enough.
 *
 * **Who writes to the socket.** The task itself, all replies to what was read in one write. Once the client has subscribed
 * to something, messages come at any time: from then on a second task, the pump, sends everything.
 */
import { type Async, type Awaitable, fn, type JoinHandle, Notify, spawn } from "treadle";
import type { Server } from "./server.ts";
import { Session } from "./session.ts";

/** What a connection needs of its socket. */
export interface Stream {
  read(bytes: Uint8Array): Awaitable<number>;
  writeAll(bytes: Uint8Array, start?: number, end?: number): Awaitable<void>;
  close(): void;
}

/** What the server knows of a connection, and its tasks of each other. */
export class Connection {
  readonly server: Server;
  readonly stream: Stream;
  readonly session: Session;
  /** Ends its task. */
  abort: () => void = () => {};
  /** Something has come since the server last looked. */
  wasActive = true;
  /** When the server first found it silent, on the engine's clock. */
  silentSince = 0;
  /** It waits for the client to say something. */
  isReading = false;
  /** Sends everything, once there is a pump. */
  pump: JoinHandle<void> | null = null;
  /** Tells the pump that there is something to send, or that the end has come. */
  readonly written: Notify = new Notify();
  /** Bytes that the pump has taken and not sent yet. */
  unsent = 0;

  constructor(server: Server, stream: Stream) {
    const { engine, limits, pool, receive } = server;
    this.server = server;
    this.stream = stream;
    this.session = new Session(engine, pool, receive, limits, () => this.onMessage());
  }

  /** A subscriber may be silent for as long as it likes. */
  get isSubscriber(): boolean {
    return this.session.client.subscriptions > 0;
  }

  /** Neither a request nor a reply is under way. */
  get isAtRest(): boolean {
    const { out, parser } = this.session;
    return this.isReading && !parser.isPartial && out.length + this.unsent === 0;
  }

  /** A message was published to it. */
  private onMessage(): void {
    const { client, out } = this.session;
    if (out.length + this.unsent > this.server.options.maxOutput) {
      client.isClosing = true;
      this.server.onSlowSubscriber(client);
      this.abort();
    } else {
      this.written.notifyOne();
    }
  }
}

/** The task of a connection. */
export function* serve(connection: Connection): Async<void> {
  const { server, session, stream } = connection;
  const { client, out, parser } = session;
  try {
    for (;;) {
      connection.isReading = true;
      const count = yield* stream.read(parser.space());
      connection.isReading = false;
      if (count === 0) return;
      connection.wasActive = true;
      parser.filled(count);
      for (let hasMore = true; hasMore; ) {
        hasMore = session.run();
        if (connection.pump === null && client.subscriptions > 0) {
          connection.pump = spawn(pump, connection);
        }
        if (connection.pump !== null) connection.written.notifyOne();
        else if (out.length > 0) {
          const { length } = out;
          const bytes = out.release();
          yield* stream.writeAll(bytes, 0, length);
          server.pool.giveBack(bytes);
        }
      }
      if (client.isClosing || (server.isDraining && !parser.isPartial)) break;
    }
    if (connection.pump !== null) yield* lastWords(connection, connection.pump);
  } catch (error) {
    server.onFailure(error);
  } finally {
    connection.pump?.abort();
    session.close();
    server.forget(connection);
    stream.close();
  }
}

/** Sends what is in `out`, whoever has put it there, until the client is to be closed and all is sent. */
function* pump(connection: Connection): Async<void> {
  const { server, session, stream, written } = connection;
  const { client, out } = session;
  try {
    for (;;) {
      if (out.length === 0) {
        if (client.isClosing) return;
        yield* written.notified();
        continue;
      }
      const { length } = out;
      const bytes = out.release();
      connection.unsent = length;
      yield* stream.writeAll(bytes, 0, length);
      connection.unsent = 0;
      server.pool.giveBack(bytes);
    }
  } catch (error) {
    server.onFailure(error);
    connection.abort();
  }
}

const lastWords = fn(function* lastWords(
  { session, written }: Connection,
  sender: JoinHandle<void>,
): Async<void> {
  session.client.isClosing = true;
  written.notifyOne();
  yield* sender;
});
