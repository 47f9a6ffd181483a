/** A program in one file whose sendables have names that no minifier can change. */
import { isMainThread } from "node:worker_threads";
import { sendable } from "@treadle/task";
import { startThread } from "./thread.mjs";

const twice = sendable(import.meta.url, "twice", (n: number) => 2 * n);
const thrice = sendable(import.meta.url, { name: "thrice" }, (n: number) => 3 * n);

async function main(): Promise<void> {
  const thread = startThread();
  const outcomes = [await thread.run(twice(5)), await thread.run(thrice(5))];
  process.stdout.write(`${JSON.stringify(outcomes)}\n`);
  await thread.stop();
}

if (isMainThread) await main();
