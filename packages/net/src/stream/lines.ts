/**
 * A source as lines of text.
 *
 * **Layout.** A line that stands whole in the reader's buffer is decoded where it stands. One that does not is gathered in
 * `part`; while `isDiscarding`, a line that was too long is skipped up to its end.
 */
import {
  type Awaitable,
  cx,
  DONE,
  outsidePoll,
  PENDING,
  type Poll,
  pollProceed,
  readyPoll,
  refundBudget,
} from "@treadle/core";
import { type BufReader, bufReaderOf, ReaderLeaf } from "./buf-reader.ts";
import { BytesMut, indexOfByte, type TextEncoding } from "./bytes-mut.ts";
import { checkLimit } from "./check.ts";
import type { AsyncRead } from "./contract.ts";
import { lineTooLong } from "./error.ts";
import { decodeLine } from "./text.ts";

const NEWLINE = 10;

/** How {@link lines} reads. */
export interface LinesOptions {
  /** The longest line in bytes, without its "\n"; `Infinity` by default. */
  readonly maxLength?: number;
  /** "utf8" by default, which is checked; "latin1" makes one character of each byte. */
  readonly encoding?: TextEncoding;
}

/**
 * The lines of a source, without their "\n" or "\r\n"; made by {@link lines}.
 *
 * @remarks Async-iterable: `for await (const line of lines(stream))`.
 */
export class Lines implements AsyncIterable<string> {
  private readonly reader: BufReader;
  private readonly maxLength: number;
  private readonly encoding: TextEncoding;
  private readonly part: BytesMut = new BytesMut();
  private isDiscarding = false;

  /** @internal */
  constructor(
    source: AsyncRead,
    { maxLength = Number.POSITIVE_INFINITY, encoding = "utf8" }: LinesOptions,
  ) {
    checkLimit("maxLength of lines()", maxLength);
    this.reader = bufReaderOf(source);
    this.maxLength = maxLength;
    this.encoding = encoding;
  }

  /**
   * Waits for the next line; undefined at the end. What stands after the last "\n" is a line if it is not empty.
   *
   * @remarks **Cancel safety**: safe; what was read of a line is kept for the next call. Uses the budget.
   * @throws {@link StreamError} `ERR_LINE_TOO_LONG` for a line of more than `maxLength` bytes: the next call goes on behind
   * it. `ERR_INVALID_DATA` for a line that is not UTF-8: the next call goes on behind it.
   */
  nextLine(): Awaitable<string | undefined> {
    return new NextLine(this.reader, this);
  }

  /** The reader; it holds what was read beyond the last line. */
  intoInner(): BufReader {
    return this.reader;
  }

  /** The lines, until the end. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    for (let line = await this.nextLine(); line !== undefined; line = await this.nextLine()) {
      yield line;
    }
  }

  /** @internal Takes from the reader's buffer, which is not empty; undefined when no line ends there. */
  takeLine(): string | undefined {
    const { reader } = this;
    const { pos, end, bytes } = reader;
    const found = indexOfByte(bytes, NEWLINE, pos, end);
    if (found < 0) {
      this.keep(pos, end);
      return undefined;
    }
    reader.pos = found + 1;
    if (this.isDiscarding) {
      this.isDiscarding = false;
      return undefined;
    }
    return this.lineAt(pos, found);
  }

  /** @internal What stands after the last newline; undefined when nothing does. */
  takeRest(): string | undefined {
    if (this.part.length === 0) return undefined;
    return this.decodePart(false);
  }

  private lineAt(from: number, to: number): string {
    const { part, reader } = this;
    if (part.length + to - from > this.maxLength) {
      part.clear();
      throw lineTooLong(this.maxLength);
    }
    if (part.length === 0) return decodeLine(reader.bytes, from, to, true, this.encoding);
    part.put(reader.bytes.subarray(from, to));
    return this.decodePart(true);
  }

  private decodePart(isEnded: boolean): string {
    const { part } = this;
    try {
      return decodeLine(part.view(), 0, part.length, isEnded, this.encoding);
    } finally {
      part.clear();
    }
  }

  /** Keeps the beginning of a line, unless it is too long already. */
  private keep(pos: number, end: number): void {
    const { part, reader } = this;
    reader.pos = end;
    if (this.isDiscarding) return;
    if (part.length + end - pos > this.maxLength) {
      part.clear();
      this.isDiscarding = true;
      throw lineTooLong(this.maxLength);
    }
    part.put(reader.bytes.subarray(pos, end));
  }
}

class NextLine extends ReaderLeaf<string | undefined> {
  private readonly lines: Lines;

  constructor(reader: BufReader, lines: Lines) {
    super(reader);
    this.lines = lines;
  }

  override next(): Poll<string | undefined> {
    if (cx.waker === null) return outsidePoll(this, NextLine.prototype.next);
    if (!pollProceed()) return PENDING;
    const { reader, lines } = this;
    for (;;) {
      const answer = reader.pollFill(this, "nextLine()");
      if (!answer.done) {
        refundBudget();
        return answer;
      }
      const line = answer.value === 0 ? lines.takeRest() : lines.takeLine();
      if (line !== undefined) return readyPoll(line);
      if (answer.value === 0) return DONE;
    }
  }
}

/**
 * The lines of a source: `nextLine()` in a task, `for await` in an async function.
 *
 * @remarks A {@link BufReader} is used as it is and can be read on afterwards; any other source gets one of 8 KiB. Give
 * `maxLength` whenever the other side is not your own.
 * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
 * @example
 * ```ts
 * import { Builder, duplex, lines, writeAll } from "treadle";
 *
 * const [near, far] = duplex(64);
 * Builder.newCurrentThread().build().blockOn(function* () {
 *   yield* writeAll(near, Buffer.from("one\r\ntwo"));
 *   near.close();
 *   const found = [];
 *   const source = lines(far, { maxLength: 1024 });
 *   for (let line = yield* source.nextLine(); line !== undefined; line = yield* source.nextLine()) found.push(line);
 *   return found;
 * }); // => ["one", "two"]
 * ```
 */
export function lines(source: AsyncRead, options: LinesOptions = {}): Lines {
  return new Lines(source, options);
}
