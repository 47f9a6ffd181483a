import { readdirSync, readFileSync } from "node:fs";
import type { SignalStream } from "treadle";
import { expect, test } from "vitest";
import { currentThread, turns } from "./support/runtimes.ts";
import { send } from "./support/signals.ts";

const collect = (globalThis as { gc?: () => void }).gc as () => void;

/** How many threads of the hub there are: one exactly while anybody listens. */
function hubThreads(): number {
  const ids = readdirSync("/proc/self/task");
  const name = (id: string) => readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim();
  return ids.filter((id) => name(id) === "treadle-signal").length;
}

async function collected(done: () => boolean): Promise<boolean> {
  for (let i = 0; i < 20 && !done(); i++) {
    collect();
    await turns(2);
  }
  return done();
}

test.runIf(process.platform === "linux")("a stream that nobody holds is closed", async () => {
  using rt = currentThread();
  const make = () => void rt.signal("SIGUSR2");
  make();
  expect(hubThreads()).toBe(1);
  expect(await collected(() => hubThreads() === 0)).toBe(true);
});

test.runIf(process.platform === "linux")("a stream that somebody awaits is kept", async () => {
  using rt = currentThread();
  const wait = (stream: SignalStream) => rt.spawn(stream.recv());
  const task = wait(rt.signal("SIGUSR2"));
  await turns(2);
  for (let i = 0; i < 5; i++) {
    collect();
    await turns(2);
  }
  expect(hubThreads()).toBe(1);
  send("SIGUSR2");
  expect(await rt.run(task)).toBe(undefined);
  expect(await collected(() => hubThreads() === 0)).toBe(true);
});
