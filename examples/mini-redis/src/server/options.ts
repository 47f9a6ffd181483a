/** What a server is asked to be. */

export interface ServerOptions {
  /** The TCP port; 0 for one that is free. */
  readonly port: number;
  /** The address to listen on. */
  readonly bind: string;
  /** A path to listen on besides; undefined for none. */
  readonly unixSocket: string | undefined;
  readonly maxClients: number;
  /** How long a client may be silent, in ms; 0 for as long as it likes. */
  readonly idleTimeout: number;
  /** Bytes of one request. */
  readonly maxRequest: number;
  /** Bytes that may wait for a subscriber to read them. */
  readonly maxOutput: number;
  /** How long clients have to finish when the server stops, in ms. */
  readonly drainTimeout: number;
}

export const DEFAULT_OPTIONS: ServerOptions = {
  port: 6379,
  bind: "127.0.0.1",
  unixSocket: undefined,
  maxClients: 10_000,
  idleTimeout: 0,
  maxRequest: 64 * 1024 * 1024,
  maxOutput: 32 * 1024 * 1024,
  drainTimeout: 2000,
};

/** What CONFIG GET shows of them, by the names that Redis has for them. */
export function settingsOf(options: ServerOptions): ReadonlyMap<string, string> {
  return new Map([
    ["appendonly", "no"],
    ["bind", options.bind],
    ["client-output-buffer-limit", `pubsub ${options.maxOutput} 0 0`],
    ["client-query-buffer-limit", String(options.maxRequest)],
    ["databases", "16"],
    ["maxclients", String(options.maxClients)],
    ["maxmemory", "0"],
    ["port", String(options.port)],
    ["proto-max-bulk-len", String(512 * 1024 * 1024)],
    ["save", ""],
    ["timeout", String(options.idleTimeout / 1000)],
    ["unixsocket", options.unixSocket ?? ""],
  ]);
}
