/** What the engine knows of a connection. */
import type { ByteString } from "../resp/byte-string.ts";
import type { ReplyBuffer } from "../resp/reply-buffer.ts";
import type { Database } from "./database.ts";
import type { Engine } from "./engine.ts";

export class Client {
  readonly id: number;
  readonly engine: Engine;
  /** Where replies and published messages go. */
  readonly out: ReplyBuffer;
  database: Database;
  name: ByteString = "";
  /** It has been told so, or will be: nothing more of it is executed. */
  isClosing = false;
  readonly channels: Set<ByteString> = new Set();
  readonly patterns: Set<ByteString> = new Set();
  private readonly onMessage: () => void;

  /** `onMessage` is called when something was written to `out` that is no reply. */
  constructor(engine: Engine, out: ReplyBuffer, onMessage: () => void) {
    this.id = engine.nextClientId();
    this.engine = engine;
    this.out = out;
    this.database = engine.database(0);
    this.onMessage = onMessage;
  }

  /** How many channels and patterns it listens to. */
  get subscriptions(): number {
    return this.channels.size + this.patterns.size;
  }

  /** A message for it, in the form in which it is sent. */
  push(encoded: Uint8Array, length: number): void {
    if (this.isClosing) return;
    this.out.copy(encoded, length);
    this.onMessage();
  }
}
