/** Standard error: one live line at the bottom, and reports above it. */
import type { WriteStream } from "node:tty";
import { fitEnd } from "./format.ts";

const CLEAR = "\r\x1b[K";
const DEFAULT_COLUMNS = 80;

export class Terminal {
  private readonly stream: NodeJS.WriteStream;
  private live = "";

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
    // Nobody reads it: no reason to stop.
    stream.on("error", () => {});
  }

  /** Whether a line can be shown and overwritten. */
  get isLive(): boolean {
    return this.stream.isTTY === true && process.env["TERM"] !== "dumb";
  }

  /** How many columns a live line may take: the last one is left free, for some terminals wrap there. */
  get columns(): number {
    return ((this.stream as WriteStream).columns || DEFAULT_COLUMNS) - 1;
  }

  /** Writes a line that stays, with the program's name before it. */
  report(text: string): void {
    this.print(`treehash: ${text}`);
  }

  /** Writes a line, or several, that stay. */
  print(text: string): void {
    const live = this.live;
    this.stream.write(live === "" ? `${text}\n` : `${CLEAR}${text}\n${live}`);
  }

  /** Shows a line in place of the live one. */
  show(text: string): void {
    this.live = fitEnd(text, this.columns);
    this.stream.write(CLEAR + this.live);
  }

  /** Takes the live line away. */
  clear(): void {
    if (this.live !== "") this.stream.write(CLEAR);
    this.live = "";
  }
}
