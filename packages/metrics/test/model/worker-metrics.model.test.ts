import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { MEAN_POLL_NANOS, PARKS, POLLS, workerWords } from "../../src/layout.ts";
import { WorkerMetrics } from "../../src/worker-metrics.ts";

/** Both words of the pair change with each submission, so that a torn counter shows. */
const STEP = 2 ** 32 + 1;

function submit(worker: WorkerMetrics, n: number): void {
  worker.beginWrite();
  worker.write(PARKS, n * STEP);
  worker.write(POLLS, n * STEP);
  worker.endWrite();
}

/** Which submission the reading is of; fails if it is of more than one. */
function submissionRead(worker: WorkerMetrics): number {
  const { parkCount, pollCount } = worker.read();
  expect(parkCount).toBe(pollCount);
  expect(parkCount % STEP).toBe(0);
  return parkCount / STEP;
}

function newWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * workerWords(0)));
}

describe("in every interleaving", { timeout: 120_000 }, () => {
  it("a reading is of one submission, and no reading is older than the one before", () => {
    const report = model(
      () => {
        const words = newWords();
        const owner = thread.spawn(() => {
          const worker = new WorkerMetrics(words, 0, null);
          worker.claim();
          for (let n = 1; n <= 3; n += 1) submit(worker, n);
        });
        const reader = new WorkerMetrics(words, 0, null);
        const first = submissionRead(reader);
        expect(submissionRead(reader)).toBeGreaterThanOrEqual(first);
        owner.join();
        expect(submissionRead(reader)).toBe(3);
      },
      { preemptionBound: 3 },
    );
    expect(report.complete).toBe(true);
  });

  it("an owner that ends while it writes leaves its last submission, and its successor goes on from it", () => {
    const report = model(
      () => {
        const words = newWords();
        const owner = thread.spawn(() => {
          const worker = new WorkerMetrics(words, 0, null);
          worker.claim();
          submit(worker, 1);
          worker.beginWrite();
          worker.write(PARKS, 9 * STEP);
          worker.write(MEAN_POLL_NANOS, 9);
          // Terminated here.
        });
        const successor = thread.spawn(() => {
          owner.join();
          const worker = new WorkerMetrics(words, 0, null);
          worker.claim();
          expect(submissionRead(worker)).toBe(1);
          for (const n of [2, 3]) {
            worker.beginWrite();
            worker.write(PARKS, n * STEP);
            worker.write(POLLS, n * STEP);
            worker.write(MEAN_POLL_NANOS, 0);
            worker.endWrite();
            expect(worker.read().meanPollTime).toBe(0);
          }
        });
        const reader = new WorkerMetrics(words, 0, null);
        expect(submissionRead(reader)).toBeLessThanOrEqual(3);
        successor.join();
        expect(submissionRead(reader)).toBe(3);
      },
      { preemptionBound: 2 },
    );
    expect(report.complete).toBe(true);
  });

  it("the queue's depth and the thread's id are of one of the writes", () => {
    const report = model(() => {
      const words = newWords();
      const owner = thread.spawn(() => {
        const worker = new WorkerMetrics(words, 0, null);
        worker.setThreadId(4);
        worker.setQueueDepth(2);
        worker.setQueueDepth(3);
        worker.setThreadId(undefined);
      });
      const reader = new WorkerMetrics(words, 0, null);
      expect([undefined, 4]).toContain(reader.threadId());
      expect([0, 2, 3]).toContain(reader.queueDepth());
      owner.join();
      expect(reader.threadId()).toBeUndefined();
      expect(reader.queueDepth()).toBe(3);
    });
    expect(report.complete).toBe(true);
  });
});
