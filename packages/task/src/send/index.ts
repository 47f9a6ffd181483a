/** Sendable functions, and values on their way to another thread. */
export { ByteArea } from "./byte-area.ts";

export {
  ERR_NOT_SEND,
  ERR_SEND_KIND,
  ERR_SENDABLE_DUPLICATE,
  ERR_SENDABLE_MODULE,
  ERR_SENDABLE_NAME,
  ERR_SENDABLE_NOT_FOUND,
  NotSendError,
} from "./errors.ts";
export { type HasSendKind, SEND, type SendKind, sendKind } from "./kind.ts";
export {
  BESIDE,
  decodeArguments,
  decodeOutcome,
  discardArguments,
  discardOutcome,
  encodeArguments,
  encodeCopied,
  encodeOutcome,
  encodeValue,
  finishEncoding,
  takeMessage,
} from "./message.ts";
export { isTransferable, move } from "./move.ts";
export { findSendable } from "./registry.ts";
export type { NotSend, NotSendArguments, Refusal, Send, SendOutput } from "./send.ts";
export { SendFunction, SendFuture } from "./send-function.ts";
export { type Sendable, type SendableOptions, type SendBody, sendable } from "./sendable.ts";
export { type SpawnSite, spawnSite } from "./spawn-site.ts";
export type { SendMessage } from "./writer.ts";
