/** The server: who is connected, who may be, and how it ends. */
import { type Async, Instant, sleep, TaskTracker, timeout } from "treadle";
import type { Client } from "../engine/client.ts";
import { Engine } from "../engine/engine.ts";
import { DEFAULT_LIMITS, type RequestLimits } from "../resp/request-parser.ts";
import { BufferPool } from "./buffer-pool.ts";
import { Connection, type Stream, serve } from "./connection.ts";
import { Expiries } from "./expiries.ts";
import { type ServerOptions, settingsOf } from "./options.ts";

/** Room for what is read at once. */
const RECEIVE_SIZE = 64 * 1024;
/** How often within the idle timeout silent clients are looked for. */
const IDLE_CHECKS = 4;
const TOO_MANY = Buffer.from("-ERR max number of clients reached\r\n");
/** How a client that has gone shows. */
const GONE = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "ETIMEDOUT", "ENOTCONN"]);

export class Server {
  readonly options: ServerOptions;
  readonly engine: Engine;
  readonly limits: RequestLimits;
  readonly pool: BufferPool = new BufferPool();
  /**
   * All connections read into this one buffer: what a read has brought is executed before any other task runs, and the rest
   * of a request that was cut is put aside.
   */
  readonly receive: Buffer = Buffer.allocUnsafeSlow(RECEIVE_SIZE);
  readonly connections: Set<Connection> = new Set();
  /** The tasks of the connections. */
  readonly tasks: TaskTracker = new TaskTracker();
  /** No new clients, and those that are there end with the request that they are at. */
  isDraining = false;
  /** The port that TCP listens on. */
  port: number;
  private readonly expiries: Expiries = new Expiries();
  private readonly log: (line: string) => void;

  /** Belongs to the runtime in which it is made. */
  constructor(options: ServerOptions, log: (line: string) => void) {
    const start = Instant.now();
    this.options = options;
    this.port = options.port;
    this.log = log;
    this.limits = { ...DEFAULT_LIMITS, request: options.maxRequest };
    const surroundings = {
      expiries: this.expiries,
      now: () => start.elapsed(),
      random: Math.random,
      settings: settingsOf(options),
      port: () => this.port,
    };
    this.engine = new Engine(surroundings, this.pool);
  }

  /** Begins to serve a client, or sends it away. */
  admit(stream: Stream): void {
    if (this.isDraining || this.connections.size >= this.options.maxClients) {
      this.tasks.spawn(refuse, stream);
      return;
    }
    const connection = new Connection(this, stream);
    this.connections.add(connection);
    const task = this.tasks.spawn(serve, connection);
    connection.abort = () => task.abort();
    task.detach();
  }

  /** The connection's task has ended. */
  forget(connection: Connection): void {
    this.connections.delete(connection);
  }

  /** A connection has failed; that its client has gone is no news. */
  onFailure(error: unknown): void {
    const { code, stack } = error as NodeJS.ErrnoException;
    if (!GONE.has(code ?? "")) this.log(`a connection has failed: ${stack ?? String(error)}`);
  }

  onSlowSubscriber({ id, name }: Client): void {
    this.log(`client ${id}${name === "" ? "" : ` (${name})`} reads too slowly; it is disconnected`);
  }

  /** Removes keys as they expire: a task. */
  expire(): Async<never> {
    return this.expiries.run();
  }

  /** Disconnects silent clients: a task. Ends at once if they may be silent for ever. */
  *sendIdleAway(): Async<void> {
    const { idleTimeout } = this.options;
    while (idleTimeout > 0) {
      yield* sleep(idleTimeout / IDLE_CHECKS);
      const now = this.engine.surroundings.now();
      for (const connection of this.connections) {
        if (connection.wasActive || connection.isSubscriber) {
          connection.wasActive = false;
          connection.silentSince = now;
        } else if (now - connection.silentSince >= idleTimeout) {
          connection.abort();
        }
      }
    }
  }
}

function* refuse(stream: Stream): Async<void> {
  try {
    yield* timeout(1000, stream.writeAll(TOO_MANY));
  } catch {
    // It has gone by itself.
  } finally {
    stream.close();
  }
}
