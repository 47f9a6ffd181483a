/** One run of the server, from its first socket to its exit status. */
import { type Async, type Awaitable, fn, scope } from "treadle";
import { drain } from "./server/drain.ts";
import { acceptFrom, type Listening, listen, whyNot } from "./server/listen.ts";
import type { ServerOptions } from "./server/options.ts";
import { Server } from "./server/server.ts";
import { stopSignal } from "./server/stop-signal.ts";

const STOPPED = 0;
const FAILED = 1;

/** Serves until a signal comes; answers the program's exit status. */
export const run: (options: ServerOptions) => Awaitable<number> = fn(function* run(
  options: ServerOptions,
): Async<number> {
  const server = new Server(options, warn);
  let listeners: readonly Listening[];
  try {
    listeners = yield* listen(server);
  } catch (error) {
    warn(whyNot(error));
    return FAILED;
  }
  return yield* scope(function* body(tasks): Async<number> {
    tasks.spawn(server.expire());
    tasks.spawn(server.sendIdleAway());
    const accepting = listeners.map((listener) => tasks.spawn(acceptFrom, listener, server));
    for (const { name } of listeners) say(`ready on ${name}`);
    yield* stopSignal();
    say(`stopping, ${clients(server.connections.size)} connected`);
    for (const task of accepting) task.abort();
    const cutOff = yield* drain(server);
    tasks.cancel();
    say(cutOff === 0 ? "stopped" : `stopped, ${clients(cutOff)} cut off`);
    return cutOff === 0 ? STOPPED : FAILED;
  });
});

function clients(count: number): string {
  return count === 1 ? "1 client" : `${count} clients`;
}

function say(line: string): void {
  process.stdout.write(`mini-redis: ${line}\n`);
}

function warn(line: string): void {
  process.stderr.write(`mini-redis: ${line}\n`);
}
