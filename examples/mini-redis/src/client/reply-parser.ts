/**
 * Reads replies from what a server sends, wherever the chunks are cut.
 *
 * **Layout.** `bytes` up to `end` is what has come, from `at` on not yet understood. Arrays that have begun stand on a stack,
 * so nothing is read twice but the line or string that was cut.
 */

/** An error that the server has answered with; not thrown by the parser, for the connection goes on. */
export class RedisError extends Error {
  override readonly name: string = "RedisError";
  /** The first word: "ERR", "WRONGTYPE", "NOPROTO" … */
  readonly code: string;

  constructor(message: string) {
    super(message);
    this.code = message.split(" ", 1)[0] as string;
  }
}

/** A server's answer. Strings are UTF-8 unless the parser was asked for bytes; numbers above 2^53 are bigints. */
export type Reply = string | Buffer | number | bigint | null | RedisError | readonly Reply[];

interface Unfinished {
  readonly items: Reply[];
  awaited: number;
}

const FIRST_SIZE = 16 * 1024;
const LF = 10;
/** What `read` answers when something is missing. */
const CUT: unique symbol = Symbol("cut");
/** What `read` answers when an array has begun. */
const BEGUN: unique symbol = Symbol("begun");

export class ReplyParser {
  private bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  private at = 0;
  private end = 0;
  private readonly stack: Unfinished[] = [];
  private readonly binary: boolean;

  /** With `binary`, bulk strings are Buffers. */
  constructor(binary = false) {
    this.binary = binary;
  }

  /** Where the next bytes are to be read to; then `filled`. */
  space(): Buffer {
    if (this.at === this.end) this.rewind(this.bytes);
    if (this.end === this.bytes.length) {
      const kept = this.end - this.at;
      const isRoomy = kept < this.bytes.length / 2;
      this.rewind(isRoomy ? this.bytes : Buffer.allocUnsafeSlow(this.bytes.length * 2));
    }
    return this.bytes.subarray(this.end);
  }

  private rewind(target: Buffer): void {
    this.bytes.copy(target, 0, this.at, this.end);
    this.end -= this.at;
    this.at = 0;
    this.bytes = target;
  }

  /** `count` bytes were read to where `space` said. */
  filled(count: number): void {
    this.end += count;
  }

  /**
   * The next reply; undefined when it has not come whole.
   *
   * @throws Error when this is no reply.
   */
  next(): Reply | undefined {
    for (;;) {
      const reply = this.read();
      if (reply === CUT) return undefined;
      if (reply === BEGUN) continue;
      const whole = this.finish(reply);
      if (whole !== undefined) return whole;
    }
  }

  /** Puts a reply into the array that it belongs to; answers what is whole now. */
  private finish(reply: Reply): Reply | undefined {
    let whole = reply;
    for (;;) {
      const top = this.stack.at(-1);
      if (top === undefined) return whole;
      top.items.push(whole);
      if (--top.awaited > 0) return undefined;
      this.stack.pop();
      whole = top.items;
    }
  }

  private read(): Reply | typeof CUT | typeof BEGUN {
    const { at } = this;
    const lineEnd = this.bytes.indexOf(LF, at);
    if (lineEnd < 0 || lineEnd >= this.end) return CUT;
    const line = this.bytes.toString("utf8", at + 1, lineEnd - 1);
    const after = lineEnd + 1;
    switch (String.fromCharCode(this.bytes[at] as number)) {
      case "+":
        this.at = after;
        return line;
      case "-":
        this.at = after;
        return new RedisError(line);
      case ":":
        this.at = after;
        return integer(line);
      case "$":
        return this.bulk(after, Number(line));
      case "*":
        this.at = after;
        return this.array(Number(line));
      default:
        throw new Error(`the server does not speak RESP2: ${JSON.stringify(line.slice(0, 80))}`);
    }
  }

  private bulk(start: number, length: number): Reply | typeof CUT {
    const end = start + length;
    if (length < 0) {
      this.at = start;
      return null;
    }
    if (end + 2 > this.end) return CUT;
    this.at = end + 2;
    if (this.binary) return Buffer.from(this.bytes.subarray(start, end));
    return this.bytes.toString("utf8", start, end);
  }

  private array(count: number): Reply | typeof BEGUN {
    if (count < 0) return null;
    if (count === 0) return [];
    this.stack.push({ items: [], awaited: count });
    return BEGUN;
  }
}

function integer(line: string): number | bigint {
  const value = Number(line);
  return Number.isSafeInteger(value) ? value : BigInt(line);
}
