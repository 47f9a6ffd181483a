/** Many senders, one receiver. */
export { channel, Permit, Sender } from "./bounded.ts";
export { Receiver } from "./receiver.ts";
export { UnboundedSender, unbounded } from "./unbounded.ts";
