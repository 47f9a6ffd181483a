/** mini-redis as a library: a client, and the server to be run inside other programs. */
export { Client, type ClientOptions } from "./client/client.ts";
export type { Address } from "./client/link.ts";
export { RedisError, type Reply } from "./client/reply-parser.ts";
export { type Message, Subscriber } from "./client/subscriber.ts";
export type { BytesLike } from "./resp/byte-string.ts";
export { run } from "./run.ts";
export { DEFAULT_OPTIONS, type ServerOptions } from "./server/options.ts";
