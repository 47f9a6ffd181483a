import { model, thread } from "@treadle/loom";
import { expect, test } from "vitest";
import { OBITUARY_WORDS, readObituary, writeObituary } from "../../src/multi-thread/obituary.ts";

test("the reason of a death, in every interleaving, is read whole or not at all", () => {
  const found = new Set<string | undefined>();
  const report = model(
    () => {
      const words = new Int32Array(new SharedArrayBuffer(OBITUARY_WORDS * 4));
      writeObituary(words, 0, 1, "it exited");
      const reader = thread.spawn(() => readObituary(words, 0, 1));
      writeObituary(words, 0, 2, "no memory");
      const text = reader.join();
      found.add(text);
      expect([undefined, "it exited"]).toContain(text);
      expect(readObituary(words, 0, 2)).toBe("no memory");
    },
    { preemptionBound: Number.POSITIVE_INFINITY },
  );
  expect(report.exhaustive).toBe(true);
  expect(found).toEqual(new Set([undefined, "it exited"]));
}, 120_000);
