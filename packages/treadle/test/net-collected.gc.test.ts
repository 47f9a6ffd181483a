import { readdirSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { type Async, spawn, TcpListener, TcpStream, UnixStream, yieldNow } from "treadle";
import { expect, test } from "vitest";
import { ioRuntime } from "./support/io.ts";
import { bytesOf } from "./support/net.ts";

function openDescriptors(): number {
  return readdirSync(process.platform === "linux" ? "/proc/self/fd" : "/dev/fd").length;
}

async function collected(done: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !done(); i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await setImmediate();
  }
}

test("streams that nobody holds are closed when they are collected", async () => {
  const rt = ioRuntime();
  const before = openDescriptors();
  await rt.run(function* (): Async<void> {
    const listener = yield* TcpListener.bind("127.0.0.1:0");
    for (let i = 0; i < 20; i++) {
      yield* TcpStream.connect(listener.localAddr());
      yield* listener.accept();
    }
    listener.close();
  });
  expect(rt.metrics().ioDriverFdRegisteredCount()).toBe(41);
  await collected(() => rt.metrics().ioDriverFdDeregisteredCount() === 41);
  expect(rt.metrics().ioDriverFdDeregisteredCount()).toBe(41);
  expect(openDescriptors()).toBeLessThanOrEqual(before + 2);
  await rt.shutdownTimeout(1_000);
});

test("a stream that a task waits for is not collected, whoever else holds it", async () => {
  const rt = ioRuntime();
  const [sender, reader] = await rt.run(function* (): Async<[UnixStream, { bytes: number }]> {
    const [a, b] = UnixStream.pair();
    const got = { bytes: 0 };
    spawn(function* () {
      got.bytes = yield* b.read(new Uint8Array(8));
      b.close();
    });
    yield* yieldNow();
    return [a, got];
  });
  let turns = 0;
  await collected(() => ++turns > 3);
  await rt.run(sender.writeAll(bytesOf("hello")));
  for (let i = 0; i < 100 && reader.bytes === 0; i++) await setImmediate();
  expect(reader.bytes).toBe(5);
  sender.close();
  await rt.shutdownTimeout(1_000);
});
