/** How a server ends: its clients may finish what they are at. */
import { type Async, type Awaitable, ERR_ELAPSED, fn, sleep, timeout } from "treadle";
import type { Server } from "./server.ts";

/** A client that is at rest must have been silent for so long, in ms: its next request may be on the way. */
const QUIET = 20;

/**
 * Disconnects clients that are at rest, lets the others end with the request that they are at, and cuts off who is left
 * after the drain timeout. Answers how many that were.
 */
export const drain: (server: Server) => Awaitable<number> = fn(function* drain(
  server: Server,
): Async<number> {
  server.isDraining = true;
  server.tasks.close();
  try {
    yield* timeout(server.options.drainTimeout, untilEmpty(server));
    return 0;
  } catch (error) {
    if ((error as { code?: unknown }).code !== ERR_ELAPSED) throw error;
  }
  const left = server.connections.size;
  for (const connection of server.connections) connection.abort();
  yield* server.tasks.wait();
  return left;
});

function* untilEmpty({ connections, tasks }: Server): Async<void> {
  while (!tasks.isEmpty) {
    for (const connection of connections) connection.wasActive = false;
    yield* sleep(QUIET);
    for (const connection of connections) {
      if (!connection.wasActive && connection.isAtRest) connection.abort();
    }
  }
}
