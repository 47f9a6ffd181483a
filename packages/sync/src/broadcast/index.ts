/** Every value, for every task. */
export { channel } from "./channel.ts";
export { Receiver } from "./receiver.ts";
export { Sender } from "./sender.ts";
