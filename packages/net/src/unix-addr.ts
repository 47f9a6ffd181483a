/** The address of a unix socket. */
import { Buffer } from "node:buffer";
import { invalidArg } from "@treadle/core";
import { native } from "./io-object.ts";
import { pathBytes, UNIX, words } from "./words.ts";

/**
 * The address of a unix socket: a path, on Linux an abstract name, or none.
 *
 * @remarks As texts, abstract names begin with "\0". Names that are not UTF-8 are read lossily.
 * @example
 * ```ts
 * import { UnixAddr } from "treadle";
 *
 * const address = new UnixAddr("/run/app.sock");
 * [address.path, address.isUnnamed()]; // => ["/run/app.sock", false]
 * new UnixAddr("\0app").abstractName; // => "app"
 * ```
 */
export class UnixAddr {
  /** The text that it was made of; "" when it has no name. */
  readonly text: string;
  private readonly bytes: Uint8Array;

  /**
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` when it is longer than the system takes (108 bytes on Linux), or has a 0 in
   * a path.
   */
  constructor(text: string) {
    if (typeof text !== "string") throw invalidArg("path", text, "must be a string");
    this.text = text;
    this.bytes = Buffer.from(text);
    if (this.bytes.indexOf(0) > 0 && this.bytes[0] !== 0) {
      throw invalidArg("path", text, "must have no 0 in it, but at its beginning");
    }
  }

  /** @internal The address in the thread's words. */
  static fromWords(): UnixAddr {
    if (words[0] !== UNIX) return new UnixAddr("");
    return new UnixAddr(Buffer.from(pathBytes.subarray(0, words[1])).toString());
  }

  /** @internal Puts it into the thread's words. */
  toWords(): Int32Array {
    const most = native.constants.SUN_PATH_MAX - (this.bytes[0] === 0 ? 0 : 1);
    if (this.bytes.length > most) {
      throw invalidArg("path", this.text, `must have at most ${most} bytes on this system`);
    }
    words[0] = UNIX;
    words[1] = this.bytes.length;
    pathBytes.set(this.bytes);
    return words;
  }

  /** The path; undefined for an abstract name or none. */
  get path(): string | undefined {
    return this.text === "" || this.text.startsWith("\0") ? undefined : this.text;
  }

  /** The abstract name without the 0 before it; undefined for a path or none. */
  get abstractName(): string | undefined {
    return this.text.startsWith("\0") ? this.text.slice(1) : undefined;
  }

  /** Whether it has no name, as the client's side of most connections. */
  isUnnamed(): boolean {
    return this.text === "";
  }

  /** The path; "@" and the name of an abstract one; "(unnamed)". */
  toString(): string {
    if (this.text === "") return "(unnamed)";
    return this.text.replace(/^\0/, "@");
  }
}

/** What is taken as the address of a unix socket. */
export type ToUnixAddr = string | UnixAddr;

/** The address that a caller gave, which must have a name. */
export function unixAddr(given: ToUnixAddr): UnixAddr {
  const address = given instanceof UnixAddr ? given : new UnixAddr(given);
  if (address.isUnnamed()) throw invalidArg("path", address.text, "must not be empty");
  return address;
}
