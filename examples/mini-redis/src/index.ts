/** mini-redis as a library. */

export { run } from "./run.ts";
export { DEFAULT_OPTIONS, type ServerOptions } from "./server/options.ts";
