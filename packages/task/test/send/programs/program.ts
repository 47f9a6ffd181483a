/** A program that runs its sendables on a thread and prints what came back. */
import { isMainThread } from "node:worker_threads";
import { sendable } from "@treadle/task";
import { add, area, fail, shout } from "./jobs.ts";
import { startThread } from "./thread.mjs";

/** One that is defined in the very file that starts the program; named by hand, so that no minifier can change it. */
const where = sendable(import.meta.url, "where", () => (isMainThread ? "here" : "on a thread"));

async function main(): Promise<void> {
  const thread = startThread();
  const print = (line: unknown): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
  print(await thread.run(add(1, 2)));
  print(await thread.run(shout("a".repeat(100))));
  print(await thread.run(area({ width: 3, height: 4 })));
  print(await thread.run(where()));
  const failed = await thread.run(fail(5));
  if (failed.status !== "failed" || !(failed.error instanceof RangeError)) throw failed;
  const { name, message, cause, stack = "" } = failed.error;
  print([name, message, cause, (failed.error as { code?: unknown }).code]);
  // Where names meet, bundlers number them.
  const [there = "", here = ""] = stack.split(
    /--- in fail\d*\(\), spawned on another thread from ---/,
  );
  print([there.includes("TooLarge: more than 5"), here.includes("main")]);
  await thread.stop();
}

if (isMainThread) await main();
