/** `await` on a future outside of any runtime. */
import { Builder, Notify } from "treadle";
import { expect, test } from "vitest";

test("a sleep that a runtime made is awaited in that runtime, outside of any", async () => {
  await using rt = Builder.newCurrentThread().enableTime().build();
  const sleep = rt.sleep(2);
  await sleep;
  expect(sleep.isElapsed()).toBe(true);
  expect(rt.metrics().numAliveTasks()).toBe(0);
});

test("a future that belongs to no runtime is refused there", async () => {
  const wait = async () => void (await new Notify().notified());
  await expect(wait()).rejects.toMatchObject({ code: "ERR_NO_RUNTIME" });
});
