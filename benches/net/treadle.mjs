// The same echo server on Treadle: `treadle.mjs hosted` by Node's event loop, `treadle.mjs blocking` inside blockOn.
import { writeSync } from "node:fs";
import { Builder, spawn, TcpListener } from "treadle";

function* serve(stream) {
  const buffer = new Uint8Array(65536);
  try {
    for (;;) {
      const n = yield* stream.read(buffer);
      if (n === 0) return;
      yield* stream.writeAll(buffer, 0, n);
    }
  } catch {
    // The peer has gone.
  } finally {
    stream.close();
  }
}

function* main() {
  const listener = yield* TcpListener.bind("127.0.0.1:0");
  writeSync(1, `${listener.localAddr().port}\n`);
  for (;;) {
    const [stream] = yield* listener.accept();
    stream.setNodelay(true);
    spawn(serve, stream).detach();
  }
}

process.on("SIGINT", () => process.exit(0));
const runtime = Builder.newCurrentThread().enableIo().enableTime().build();
if (process.argv[2] === "blocking") runtime.blockOn(main);
else await runtime.run(main);
