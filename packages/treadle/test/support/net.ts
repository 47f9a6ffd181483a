/** Programs with sockets, run in both ways in which a runtime is driven. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Async,
  type Awaitable,
  fn,
  join as joined,
  TcpListener,
  TcpStream,
  WOULD_BLOCK,
  type WouldBlock,
  yieldNow,
} from "treadle";
import { Hand } from "../../../../tools/test-hand.ts";
import { ioRuntime } from "./io.ts";

/** Runs a body to its end inside `blockOn`, then once more by Node's event loop, each on a runtime of its own. */
export async function inBoth(body: () => Async<void>): Promise<void> {
  const blocking = ioRuntime();
  blocking.blockOn(body);
  blocking.shutdownBackground();
  const hosted = ioRuntime();
  try {
    await hosted.run(body);
  } finally {
    await hosted.shutdownTimeout(1_000);
  }
}

/** Two connected TCP streams: who connected, who accepted. */
export const tcpStreams: () => Awaitable<[client: TcpStream, server: TcpStream]> = fn(
  function* tcpStreams(): Async<[client: TcpStream, server: TcpStream]> {
    using listener = yield* TcpListener.bind("127.0.0.1:0");
    const [client, [server]] = yield* joined(
      TcpStream.connect(listener.localAddr()),
      listener.accept(),
    );
    return [client, server];
  },
);

/** A future in the hand, which is still pending. */
export function pendingHand<T>(future: Awaitable<T>): Hand<T> {
  const hand = new Hand<T>(future);
  if (hand.poll() !== "pending") throw new Error(`it was ${hand.status}, not pending`);
  return hand;
}

/** Lets the drivers take their turn until a future in the hand was woken. */
export const woken: (hand: Hand<unknown>) => Awaitable<void> = fn(function* woken(
  hand: Hand<unknown>,
): Async<void> {
  for (let turns = 0; hand.wakes === 0; turns++) {
    if (turns > 10_000) throw new Error("it was not woken");
    yield* yieldNow();
  }
});

/** What a stream can do at once. */
interface Trying {
  tryRead(bytes: Uint8Array): number | WouldBlock;
  tryWrite(bytes: Uint8Array): number | WouldBlock;
}

/** Reads until it would block: how many bytes. */
export function readUntilPending(stream: Pick<Trying, "tryRead">): number {
  const bytes = new Uint8Array(1 << 20);
  for (let total = 0; ; ) {
    const count = stream.tryRead(bytes);
    if (count === WOULD_BLOCK || count === 0) return total;
    total += count as number;
  }
}

/** Writes until it would block: how many bytes. */
export function writeUntilPending(
  stream: Pick<Trying, "tryWrite">,
  size: number = 1 << 20,
): number {
  const bytes = new Uint8Array(size);
  for (let total = 0; ; ) {
    const count = stream.tryWrite(bytes);
    if (count === WOULD_BLOCK) return total;
    total += count as number;
  }
}

/** A folder for the paths of sockets, gone at the end of the block. */
export class Folder implements Disposable {
  private readonly path = mkdtempSync(join(tmpdir(), "treadle-net-"));

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

/** The bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of the first bytes. */
export function textOf(bytes: Uint8Array, count: number = bytes.length): string {
  return new TextDecoder().decode(bytes.subarray(0, count));
}
