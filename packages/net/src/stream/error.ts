/** The errors of byte streams, their helpers and their codecs. */
import { constants } from "node:os";
import { RuntimeError, sendErrorClass } from "@treadle/core";
import { ERR_IO_CLOSED, IoError } from "@treadle/io";

/** Code of the error of a stream that ended before enough had come. */
export const ERR_UNEXPECTED_EOF = "ERR_UNEXPECTED_EOF";
/** Code of the error of a sink that took nothing. */
export const ERR_WRITE_ZERO = "ERR_WRITE_ZERO";
/** Code of the error of reading more than was allowed. */
export const ERR_READ_LIMIT = "ERR_READ_LIMIT";
/** Code of the error of bytes that are not what they should be. */
export const ERR_INVALID_DATA = "ERR_INVALID_DATA";
/** Code of the error of a second operation where only one can be under way. */
export const ERR_STREAM_BUSY = "ERR_STREAM_BUSY";

/** Code of the error of a line that is longer than allowed. */
export const ERR_LINE_TOO_LONG = "ERR_LINE_TOO_LONG";
/** Code of the error of a piece between delimiters that is longer than allowed. */
export const ERR_CHUNK_TOO_LONG = "ERR_CHUNK_TOO_LONG";
/** Code of the error of a frame that is larger than allowed, or whose length cannot be. */
export const ERR_FRAME_TOO_BIG = "ERR_FRAME_TOO_BIG";

/** A byte stream did not hold what was asked of it, or was used by two at once. */
export class StreamError extends RuntimeError {
  override get name(): string {
    return "StreamError";
  }
}

sendErrorClass(StreamError, "@treadle/net.StreamError");

/** Makes the error of an end that came too early. */
export function unexpectedEof(what: string): StreamError {
  return new StreamError(ERR_UNEXPECTED_EOF, what);
}

/** Makes the error of a sink that answered 0 to a write of something. */
export function writeZero(what: string): StreamError {
  return new StreamError(ERR_WRITE_ZERO, what);
}

/** Makes the error of a read that found more than its limit. */
export function readLimit(what: string, limit: number): StreamError {
  return new StreamError(
    ERR_READ_LIMIT,
    `${what} found more than its limit of ${limit} bytes: give a higher limit, or close the stream`,
  );
}

/** Makes the error of text that is not UTF-8. */
export function invalidUtf8(): StreamError {
  return new StreamError(
    ERR_INVALID_DATA,
    "stream did not contain valid UTF-8: read it as bytes, or with the encoding latin1",
  );
}

/** Makes the error of a second operation in the same direction. */
export function streamBusy(what: string): StreamError {
  return new StreamError(
    ERR_STREAM_BUSY,
    `${what} was called while another operation in the same direction still waits: ` +
      "one task at a time reads and one writes; lock a Mutex around it, or give each its own stream",
  );
}

/** Makes the error of a source or sink that counted wrongly. */
export function badCount(what: string, count: number, most: number): StreamError {
  return new StreamError(
    ERR_INVALID_DATA,
    `${what} answered ${count} for a buffer of ${most} bytes: it must answer a whole number between 0 and that`,
  );
}

/** Makes the error of writing when nobody will ever read it. */
export function brokenPipe(): IoError {
  return new IoError(-constants.errno.EPIPE, "write");
}

/** Makes the error of using an end after it was closed. */
export function endClosed(what: string): RuntimeError {
  return new RuntimeError(
    ERR_IO_CLOSED,
    `${what} was used after close(): make a new pair, or close it later`,
  );
}

/** Makes the error of a line that is too long. */
export function lineTooLong(maxLength: number): StreamError {
  return new StreamError(
    ERR_LINE_TOO_LONG,
    `max line length exceeded: a line has more than ${maxLength} bytes; the next read goes on behind it`,
  );
}
