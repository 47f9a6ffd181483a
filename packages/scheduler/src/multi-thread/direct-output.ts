/**
 * Standard output and error of a worker, written at once.
 *
 * Node hands what a worker prints to the main thread, whose event loop writes it; while that thread is blocked nothing
 * appears, and what a dying worker printed last is lost.
 */
import { writeSync } from "node:fs";
import type { Writable } from "node:stream";
import type { Park } from "@treadle/core";

type Done = (error?: Error | null) => void;

/** Makes the streams of this thread write to their descriptors; `pause` sleeps while a pipe is full. */
export function writeDirectly(pause: Park["park"]): void {
  direct(process.stdout, 1, pause);
  direct(process.stderr, 2, pause);
}

function direct(stream: Writable, fd: number, pause: Park["park"]): void {
  stream._write = (chunk: unknown, encoding: BufferEncoding, done: Done) => {
    try {
      const bytes =
        typeof chunk === "string" ? Buffer.from(chunk, encoding) : (chunk as Uint8Array);
      writeAll(fd, bytes, pause);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
  // Otherwise several chunks at once would go the old way.
  (stream as { _writev?: unknown })._writev = null;
}

function writeAll(fd: number, bytes: Uint8Array, pause: Park["park"]): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      pause(1);
    }
  }
}
