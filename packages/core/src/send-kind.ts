/**
 * Objects that say themselves how they cross threads: channel ends, tokens, handles.
 *
 * A class puts a {@link SendKind} under the symbol {@link SEND} of its prototype. What its `encode` answers travels in
 * place of the object; on the other thread the kind of the same name makes an object of it. Both threads must have
 * called {@link sendKind}, which happens when the module of the class is loaded.
 */
import { ERR_INVALID_ARG, RuntimeError } from "./errors.ts";

/** Under this symbol an object keeps its {@link SendKind}. */
export const SEND: unique symbol = Symbol.for("treadle.send") as never;

/** How the objects of one class cross threads. */
export interface SendKind<O extends object = object, V = unknown> {
  /** The same on all threads, and nobody else's: `@treadle/sync/mpsc.Sender`. */
  readonly name: string;
  /** What travels in the object's place, itself sendable; must leave the object as it is. */
  encode(object: O): V;
  /** Makes the object of what has arrived. */
  decode(value: V): O;
  /** Called once the whole message was written, for objects that are given away rather than shared. */
  sent?(object: O): void;
  /**
   * Called in place of `decode` for a message that nobody reads: a call that was aborted before it began, a result whose
   * taker is gone. For objects that hold something which is given back at their end.
   */
  discard?(value: V): void;
}

/** An object that can be sent because its class says how. */
export interface HasSendKind {
  readonly [SEND]: SendKind<never, never> | SendKind;
}

const KEY = Symbol.for("treadle.kinds.v1");
const globals = globalThis as { [KEY]?: Map<string, SendKind> };
globals[KEY] ??= new Map();

/** The kinds that this thread knows, by name; one for all copies of this package. */
export const sendKinds: Map<string, SendKind> = globals[KEY];

/**
 * Registers a kind on this thread and answers it; a second registration of the name replaces the first.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` for a kind without a name.
 * @example
 * ```ts
 * import { SEND, sendKind } from "@treadle/task";
 *
 * class Celsius {
 *   static readonly kind = sendKind<Celsius, number>({
 *     name: "example/Celsius",
 *     encode: (c) => c.degrees,
 *     decode: (degrees) => new Celsius(degrees),
 *   });
 *   readonly degrees: number;
 *   constructor(degrees: number) {
 *     this.degrees = degrees;
 *   }
 *   get [SEND]() {
 *     return Celsius.kind;
 *   }
 * }
 * new Celsius(20)[SEND].name; // => "example/Celsius"
 * ```
 */
export function sendKind<O extends object, V>(kind: SendKind<O, V>): SendKind<O, V> {
  if (typeof kind.name !== "string" || kind.name === "") {
    throw new RuntimeError(ERR_INVALID_ARG, "the kind given to sendKind() must have a name");
  }
  sendKinds.set(kind.name, kind as unknown as SendKind);
  return kind;
}
