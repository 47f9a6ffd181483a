/** Sends back what it receives over TCP: `echo [PORT]`. */
import {
  type Async,
  Builder,
  main,
  select,
  signal,
  sleep,
  TaskTracker,
  TcpListener,
  type TcpStream,
} from "treadle";

/** How long clients have to finish once the program was asked to stop, in ms. */
const PATIENCE = 2000;

function* echo(client: TcpStream): Async<void> {
  using stream = client;
  const buffer = Buffer.allocUnsafe(64 * 1024);
  try {
    for (;;) {
      const count = yield* stream.read(buffer);
      if (count === 0) return;
      yield* stream.writeAll(buffer.subarray(0, count));
    }
  } catch (error) {
    process.stderr.write(`echo: ${String(error)}\n`);
  }
}

function* serve(clients: TaskTracker): Async<void> {
  using listener = yield* TcpListener.bind(`127.0.0.1:${process.argv[2] ?? 7777}`);
  process.stdout.write(`echo: listening on ${listener.localAddr()}\n`);
  for (;;) {
    const [client] = yield* listener.accept();
    clients.spawn(echo, client).detach();
  }
}

/** Ends with the first Ctrl-C or SIGTERM. Nobody listens then, so a second one ends the process at once. */
function* asked(): Async<void> {
  using interrupt = signal("SIGINT");
  using terminate = signal("SIGTERM");
  yield* select({ interrupt: interrupt.recv(), terminate: terminate.recv() });
}

main(import.meta.url, { builder: Builder.newCurrentThread().enableAll() }, function* () {
  const clients = new TaskTracker();
  // The listener is closed, and nobody accepted any more, when this is over.
  yield* select({ asked: asked(), served: serve(clients) });
  clients.close();
  yield* select({ finished: clients.wait(), late: sleep(PATIENCE) });
});
