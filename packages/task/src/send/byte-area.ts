/** A stretch of memory, shared or not, with the views through which values are written to it and read from it. */

import type { SharedHost } from "@treadle/core";

/** A Buffer with the methods behind its `write` and `toString`, which need no name of an encoding. */
export interface TextBytes extends Buffer {
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
  latin1Write(text: string, at: number): number;
  ucs2Write(text: string, at: number): number;
}

/** Made once per buffer; positions are in bytes from its start. */
export class ByteArea {
  /** The bytes; also writes and reads text. */
  readonly bytes: TextBytes;
  /** The same memory for numbers. */
  readonly view: DataView;
  /** The memory of threads whose messages are written here, if any. */
  host: SharedHost | null;

  constructor(buffer: ArrayBuffer | SharedArrayBuffer, byteOffset?: number, byteLength?: number) {
    const at = byteOffset ?? 0;
    const length = byteLength ?? buffer.byteLength - at;
    this.bytes = Buffer.from(buffer as ArrayBuffer, at, length) as TextBytes;
    this.view = new DataView(buffer, at, length);
    this.host = null;
  }
}
