/** The file that a unix socket makes where it is bound. */
import { lstatSync, unlinkSync } from "node:fs";
import type { UnixAddr } from "./unix-addr.ts";

/** How a unix socket is bound. */
export interface UnixBindOptions {
  /**
   * Removes the file again at `close()`, as Node's servers do; true by default. A program that ends without closing leaves it,
   * and the next `bind` then fails with "EADDRINUSE".
   */
  readonly unlinkOnClose?: boolean;
}

/** Remembers which file a socket made, so that no other is removed. */
export class UnixPath {
  private readonly path: string | undefined;
  private readonly file: string;

  constructor(address: UnixAddr, options: UnixBindOptions) {
    this.path = options.unlinkOnClose === false ? undefined : address.path;
    this.file = this.identity();
  }

  /** Removes the file if it is still the one that was made. */
  unlink(): void {
    if (this.path === undefined || this.identity() !== this.file) return;
    try {
      unlinkSync(this.path);
    } catch {
      // Somebody else has removed it, or the folder is read-only: nobody is served by failing to close.
    }
  }

  private identity(): string {
    if (this.path === undefined) return "";
    const found = lstatSync(this.path, { throwIfNoEntry: false });
    return found === undefined ? "none" : `${found.dev}:${found.ino}`;
  }
}
