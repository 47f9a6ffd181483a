import { expect, test } from "vitest";
import { alike, Batch } from "../src/batch.ts";
import type { TreePath } from "../src/job.ts";
import { Live, LiveSlot } from "../src/live.ts";
import { Pace } from "../src/pace.ts";

const [local, remote] = [new Pace(), new Pace("by pool")];
const [a, b, c, d]: TreePath[] = [local, local, remote, local].map((pace, i) => ({
  path: `${i}`,
  pace,
})) as [TreePath, TreePath, TreePath, TreePath];

test("a list is cut where the file system changes", () => {
  expect([...alike([a, b, c, d] as TreePath[])]).toEqual([[a, b], [c], [d]]);
  expect([...alike([a] as TreePath[])]).toEqual([[a]]);
  expect([...alike([])]).toEqual([]);
});

test("a batch is at the file that its thread has begun", () => {
  const live = new Live(1);
  const batch = new Batch(0, [a, b] as TreePath[], live);
  expect(batch.path).toBe("0");
  new LiveSlot(live.memory, batch.slot).begin(1);
  expect(batch.path).toBe("1");
});
