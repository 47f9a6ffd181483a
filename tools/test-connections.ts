/** Waves of connections that end in all manners, for tests of servers: what a server has open must not grow with them. */
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";

/** How a client may end its connection, once it is connected. */
const ENDS = {
  /** Says something, reads an answer, and ends as it should. */
  politely: async (socket: Socket, request: string) => {
    socket.write(request);
    await once(socket, "data");
    socket.end();
  },
  /** Ends its side and goes on reading: the server has to end the other one. */
  halfOpen: async (socket: Socket, request: string) => {
    socket.end(request);
  },
  /** Goes away with an answer that it has not read. */
  unread: async (socket: Socket, request: string) => {
    socket.pause();
    socket.write(request);
    await new Promise(setImmediate);
    socket.destroy();
  },
  /** Is cut off by a reset, with half a request said. */
  reset: async (socket: Socket, request: string) => {
    socket.write(request.slice(0, 3));
    await new Promise(setImmediate);
    socket.resetAndDestroy();
  },
  /** The same before it has said anything, perhaps before it is accepted. */
  resetAtOnce: async (socket: Socket) => {
    socket.resetAndDestroy();
  },
  /** Leaves without a word. */
  silent: async (socket: Socket) => {
    socket.destroy();
  },
} as const;

const MANNERS = Object.values(ENDS);

/** Connects so many times, `wave` at once, each by the next manner; ends when all are gone on this side. */
export async function connectInWaves(
  port: number,
  request: string,
  count: number,
  wave: number,
): Promise<void> {
  for (let from = 0; from < count; from += wave) {
    const length = Math.min(wave, count - from);
    await Promise.all(Array.from({ length }, (_, i) => visit(port, request, from + i)));
  }
}

async function visit(port: number, request: string, number: number): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  await once(socket, "connect");
  socket.resume();
  await (MANNERS[number % MANNERS.length] as (typeof MANNERS)[number])(socket, request);
  socket.resume();
  await closed;
}

/** What a process has open, as `/proc` names it. */
export function openOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      return [readlinkSync(`${folder}/${fd}`)];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}

/** What a program opens once, when it first has to: its reactor, the thread that hears of signals. */
const ONCE = 8;

/**
 * Waits until a process has no sockets open but those that it had `before`, and hardly anything else; answers what it has
 * besides in the end.
 */
export async function openBesides(
  pid: number,
  before: readonly string[],
  ms = 10_000,
): Promise<string[]> {
  const end = performance.now() + ms;
  for (;;) {
    const left = [...before];
    const besides = openOf(pid).filter((name) => {
      const at = left.indexOf(name);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    const sockets = besides.filter((name) => name.startsWith("socket:"));
    if (sockets.length === 0 && besides.length <= ONCE) return [];
    if (performance.now() > end) return besides.length <= ONCE ? sockets : besides;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
