/** Sends back what it receives over TCP: `echo [PORT]`. */
import { type Async, Builder, main, spawn, TcpListener, type TcpStream } from "treadle";

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

main(import.meta.url, { builder: Builder.newCurrentThread().enableAll() }, function* () {
  using listener = yield* TcpListener.bind(`127.0.0.1:${process.argv[2] ?? 7777}`);
  process.stdout.write(`echo: listening on ${listener.localAddr()}\n`);
  for (;;) {
    const [client] = yield* listener.accept();
    spawn(echo, client).detach();
  }
});
