/** The latest value, for any number of tasks. */
export type { Watched } from "./cell.ts";
export { channel } from "./channel.ts";
export { Receiver } from "./receiver.ts";
export { Sender } from "./sender.ts";
