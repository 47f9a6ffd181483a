/** A stream of bytes as lines of text. */
import { type Async, type Awaitable, fn } from "@treadle/core";
import { BufReader } from "./buf-reader.ts";
import type { AsyncRead } from "./contract.ts";
import { limitExceeded } from "./error.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;

const decoder = new TextDecoder();

/** How lines are read. */
export interface LinesOptions {
  /** The longest line in bytes, without its end; no limit by default. */
  readonly maxLength?: number;
}

/** The lines of a stream; made by {@link lines}. */
export class Lines implements AsyncIterable<string> {
  private readonly reader: BufReader;
  private readonly limit: number;

  /** @internal */
  constructor(reader: AsyncRead, options: LinesOptions) {
    this.reader = reader instanceof BufReader ? reader : new BufReader(reader);
    this.limit = options.maxLength ?? Number.POSITIVE_INFINITY;
  }

  /**
   * The next line without its end (`\n` or `\r\n`), or undefined at the end of the stream.
   *
   * @remarks **Cancel safety**: safe, a line that was begun stays in the buffer.
   * @throws {@link RuntimeError} `ERR_LIMIT_EXCEEDED` for a line that is too long.
   */
  nextLine(): Awaitable<string | undefined> {
    return nextLine(this.reader, this.limit);
  }

  /** Lines until the end, for `for await` in an async function. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (let line = await this.nextLine(); line !== undefined; line = await this.nextLine()) {
      yield line;
    }
  }
}

const nextLine = fn(function* nextLine(
  reader: BufReader,
  limit: number,
): Async<string | undefined> {
  // A return before the newline does not count.
  const bytes = yield* reader.readUntil(NEWLINE, { limit: limit + 1 });
  if (bytes.length === 0) return undefined;
  let end = bytes.length;
  if (bytes[end - 1] === NEWLINE) {
    end--;
    if (end > 0 && bytes[end - 1] === RETURN) end--;
  }
  if (end > limit) throw limitExceeded("a line", limit);
  return decoder.decode(bytes.subarray(0, end));
});

/**
 * The lines of a stream, in UTF-8.
 *
 * @example
 * ```ts
 * import { Builder, duplex, lines, writeAll } from "treadle";
 *
 * const found = Builder.newCurrentThread().build().blockOn(function* () {
 *   const [a, b] = duplex(64);
 *   yield* writeAll(a, new TextEncoder().encode("one\r\ntwo"));
 *   a.close();
 *   const input = lines(b);
 *   return [yield* input.nextLine(), yield* input.nextLine(), yield* input.nextLine()];
 * });
 * found; // => ["one", "two", undefined]
 * ```
 */
export function lines(reader: AsyncRead, options: LinesOptions = {}): Lines {
  return new Lines(reader, options);
}
