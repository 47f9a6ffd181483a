/**
 * Arguments and outcomes as messages: what a scheduler writes into shared memory and reads from it.
 *
 * **Protocol of writing.** {@link encodeArguments} and {@link encodeOutcome} answer
 * - a length: the message lies at the given place;
 * - the negative of a length: it did not fit; find a place for it and call {@link finishEncoding}, before the next one is
 *   encoded on this thread;
 * - {@link BESIDE}: a part of it cannot lie in memory; call {@link takeMessage} and send that by message port. The
 *   receiver reads its bytes with what came `beside`.
 * The receiver may free the memory as soon as the value was decoded; nothing of it is kept.
 */
import { sharing } from "@treadle/core";
import type { Outcome } from "../error.ts";
import { JoinError } from "../error.ts";
import type { ByteArea } from "./byte-area.ts";
import { Decoder } from "./decoder.ts";
import { Encoder } from "./encoder.ts";
import { refusal } from "./offence.ts";
import type { SendFunction } from "./send-function.ts";
import { expectFailures, type SpawnSite } from "./spawn-site.ts";
import { BESIDE, type SendMessage } from "./writer.ts";

export { BESIDE };

let encoder: Encoder = new Encoder();
let decoder: Decoder = new Decoder();

const OK = 0;
const FAILED = 1;
const CANCELLED = 2;

/**
 * Writes the arguments of a call at a place that holds `capacity` bytes.
 *
 * @throws {@link NotSendError} `ERR_NOT_SEND` for an argument that cannot cross threads; nothing is left behind.
 */
export function encodeArguments(
  args: readonly unknown[],
  area: ByteArea,
  at: number,
  capacity: number,
): number {
  const to = beginEncoding(area, at, capacity);
  const { length } = args;
  to.value(length);
  for (let i = 0; i < length; i++) {
    try {
      to.value(args[i]);
    } catch (error) {
      to.abandon();
      throw refusal(error, args[i], `argument ${i + 1}`);
    }
  }
  return end(to);
}

/** As {@link encodeArguments}, of one value that a channel takes in. */
export function encodeValue(value: unknown, area: ByteArea, at: number, capacity: number): number {
  return encodeOne(value, beginEncoding(area, at, capacity));
}

/** As {@link encodeValue}, of one that is read more than once: nothing can be given away in it. */
export function encodeCopied(value: unknown, area: ByteArea, at: number, capacity: number): number {
  const to = beginEncoding(area, at, capacity);
  sharing.copies = true;
  try {
    return encodeOne(value, to);
  } finally {
    sharing.copies = false;
  }
}

function encodeOne(value: unknown, to: Encoder): number {
  to.value(1);
  try {
    to.value(value);
  } catch (error) {
    to.abandon();
    throw refusal(error, value, "the value");
  }
  return end(to);
}

/** Puts the message that did not fit where there is room for it. */
export function finishEncoding(area: ByteArea, at: number): void {
  encoder.copyTo(area, at);
}

/** The message that goes by message port: `port.postMessage({ bytes, beside }, transfer)`. */
export function takeMessage(): SendMessage {
  return encoder.message();
}

/** Reads the arguments of a call. */
export function decodeArguments(
  area: ByteArea,
  at: number,
  beside?: readonly unknown[],
): unknown[] {
  const from = beginDecoding(area, at, beside);
  try {
    const length = from.value() as number;
    const args: unknown[] = [];
    for (let i = 0; i < length; i++) args.push(from.value());
    return args;
  } finally {
    from.finish();
  }
}

/**
 * Gives back what the arguments of a call hold that nobody reads: ends of channels are closed. Costs a look where there are
 * none. The memory is the caller's to free.
 */
export function discardArguments(area: ByteArea, at: number, beside?: readonly unknown[]): void {
  discard(area, at, beside, (from) => {
    for (let left = from.value() as number; left > 0; left--) from.value();
  });
}

/** As {@link discardArguments}, for how a call ended. */
export function discardOutcome(area: ByteArea, at: number, beside?: readonly unknown[]): void {
  discard(area, at, beside, (from) => {
    from.tag();
    from.value();
  });
}

function discard(
  area: ByteArea,
  at: number,
  beside: readonly unknown[] | undefined,
  read: (from: Decoder) => void,
): void {
  if (area.view.getInt32(at, true) >= 0) return;
  const from = beginDecoding(area, at, beside);
  from.discarding = true;
  try {
    read(from);
  } finally {
    from.finish();
  }
}

/**
 * Writes how a call ended; never throws: a result that cannot cross threads is a failure that says so, and of an
 * error that cannot, what can.
 */
export function encodeOutcome(
  outcome: Outcome<unknown>,
  area: ByteArea,
  at: number,
  capacity: number,
): number {
  if (outcome.status === "cancelled")
    return encodeEnd(CANCELLED, outcome.error.id, area, at, capacity);
  if (outcome.status === "failed") return encodeFailure(outcome.error, area, at, capacity);
  try {
    return encodeEnd(OK, outcome.value, area, at, capacity);
  } catch (error) {
    return encodeFailure(refusal(error, outcome.value, "the result"), area, at, capacity);
  }
}

function encodeFailure(error: unknown, area: ByteArea, at: number, capacity: number): number {
  try {
    return encodeEnd(FAILED, error, area, at, capacity);
  } catch (why) {
    return encodeEnd(FAILED, refusal(why, error, "what was thrown"), area, at, capacity);
  }
}

function encodeEnd(
  ending: number,
  value: unknown,
  area: ByteArea,
  at: number,
  capacity: number,
): number {
  const to = beginEncoding(area, at, capacity);
  try {
    to.tag(ending);
    // It is clear who reads it. Arguments are read by whoever is free first, so they stay in memory.
    to.givesCopies = true;
    to.value(value);
  } catch (error) {
    to.abandon();
    throw error;
  }
  return end(to);
}

/**
 * Reads how a call ended; the stack of an error goes on with where the call was spawned.
 *
 * @throws what decoding throws, for an object of a kind that this thread does not know (`ERR_SEND_KIND`).
 */
export function decodeOutcome(
  area: ByteArea,
  at: number,
  beside?: readonly unknown[],
  source?: SendFunction,
  site?: SpawnSite | null,
): Outcome<unknown> {
  const from = beginDecoding(area, at, beside);
  try {
    const ending = from.tag();
    const value = from.value();
    if (ending === OK) return { status: "ok", value };
    if (ending === CANCELLED) return { status: "cancelled", error: JoinError.of(value as never) };
    if (source !== undefined) expectFailures(source);
    if (value instanceof Error) continueStack(value, source, site ?? null);
    return { status: "failed", error: value };
  } finally {
    from.finish();
  }
}

/** Adds the local half to the stack of an error that came from another thread. */
function continueStack(
  error: Error,
  source: SendFunction | undefined,
  site: SpawnSite | null,
): void {
  const name = source?.name ?? "a sendable";
  const from = site === null ? "" : `\n${site.stack.slice(site.stack.indexOf("\n") + 1)}`;
  const stack = `${error.stack ?? ""}\n    --- in ${name}(), spawned on another thread${from === "" ? "" : " from"} ---${from}`;
  Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
}

function beginEncoding(area: ByteArea, at: number, capacity: number): Encoder {
  // A getter or a kind encodes a message inside of another's.
  if (encoder.busy) encoder = new Encoder();
  sharing.host = area.host;
  sharing.copies = false;
  encoder.begin(area, at, capacity);
  return encoder;
}

/** Ends a message; the encoder that wrote it is the one that may have to finish it elsewhere. */
function end(to: Encoder): number {
  encoder = to;
  return to.finish();
}

function beginDecoding(area: ByteArea, at: number, beside?: readonly unknown[]): Decoder {
  if (decoder.busy) decoder = new Decoder();
  sharing.host = area.host;
  decoder.begin(area, at, beside);
  return decoder;
}
