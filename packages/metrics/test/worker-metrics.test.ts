import { beforeEach, describe, expect, test, vi } from "vitest";
import { HistogramBatch, HistogramConfiguration, WorkerMetrics } from "../src/index.ts";
import { NUM_COUNTERS, PARKS, POLLS, SEQUENCE, workerAt, workerWords } from "../src/layout.ts";

/** Runs before each load of a reader, as the owner on another thread would. */
const owner = vi.hoisted(() => ({ acts: null as null | ((step: number) => void), loads: 0 }));

vi.mock("@treadle/core/shared", async (original) => {
  const real = await original<typeof import("@treadle/core/shared")>();
  const load: typeof real.load = (words, at) => {
    const acts = owner.acts;
    if (acts !== null) {
      owner.acts = null;
      owner.loads += 1;
      acts(owner.loads);
      owner.acts = acts;
    }
    return real.load(words, at);
  };
  return { ...real, load };
});

beforeEach(() => {
  owner.acts = null;
  owner.loads = 0;
});

function block(histogram: HistogramConfiguration | null = null): {
  words: Int32Array;
  writer: WorkerMetrics;
  reader: WorkerMetrics;
} {
  const words = new Int32Array(new SharedArrayBuffer(4096));
  return {
    words,
    writer: new WorkerMetrics(words, 0, histogram),
    reader: new WorkerMetrics(words, 0, histogram),
  };
}

function submit(writer: WorkerMetrics, value: number): void {
  writer.beginWrite();
  for (let counter = 0; counter < NUM_COUNTERS; counter += 1) writer.write(counter, value);
  writer.endWrite();
}

test("blocks are whole lines of 128 bytes and do not overlap", () => {
  expect([0, 1, 16, 17, 119].map(workerWords)).toEqual([32, 64, 64, 96, 288]);
  expect([0, 1, 2].map((worker) => workerAt(worker, 10))).toEqual([32, 96, 160]);
});

describe("WorkerMetrics", () => {
  test("what one submission wrote is read, beyond 2^32 too", () => {
    const { writer, reader } = block();
    writer.beginWrite();
    writer.write(PARKS, 3);
    writer.write(POLLS, 2 ** 40 + 1);
    writer.endWrite();
    expect(reader.read()).toMatchObject({ parkCount: 3, pollCount: 2 ** 40 + 1, noopCount: 0 });
  });

  test("the sequence is odd while the owner writes and even after", () => {
    const { words, writer } = block();
    writer.beginWrite();
    expect(words[SEQUENCE]).toBe(1);
    writer.endWrite();
    expect(words[SEQUENCE]).toBe(2);
  });

  test("a submission between any two loads of a reader never mixes into its reading", () => {
    const before = 2 ** 32 - 1;
    const after = 2 ** 32;
    // A reading takes 1 + 2 * 11 + 1 loads.
    for (let when = 1; when <= 2 * NUM_COUNTERS + 2; when += 1) {
      const { writer, reader } = block();
      submit(writer, before);
      owner.loads = 0;
      owner.acts = (step) => {
        if (step === when) submit(writer, after);
      };
      const reading = reader.read();
      owner.acts = null;
      const values = [reading.parkCount, reading.pollCount, reading.overflowCount];
      expect([before, after]).toContain(values[0]);
      expect(new Set(values).size).toBe(1);
    }
  });

  test("a reader does not wait for an owner that was terminated while it wrote", () => {
    const { writer, reader } = block();
    submit(writer, 5);
    writer.beginWrite();
    writer.write(PARKS, 6);
    owner.acts = () => {};
    expect(reader.read()).toMatchObject({ parkCount: 6, pollCount: 5 });
    // 64 tries of one load of the sequence and 22 of the counters.
    expect(owner.loads).toBe(64 * 23);
  });

  test("a successor of a terminated owner goes on from its counts and heals the sequence", () => {
    const { words, writer, reader } = block();
    submit(writer, 5);
    writer.beginWrite();
    const successor = new WorkerMetrics(words, 0, null);
    successor.claim();
    successor.beginWrite();
    expect(words[SEQUENCE]).toBe(3);
    successor.write(PARKS, 7);
    successor.endWrite();
    expect(words[SEQUENCE]).toBe(4);
    expect(reader.read()).toMatchObject({ parkCount: 7, pollCount: 5 });
  });

  test("a counter that falls back to what a former owner wrote is stored", () => {
    const { words, writer, reader } = block();
    submit(writer, 5);
    const other = new WorkerMetrics(words, 0, null);
    other.claim();
    other.beginWrite();
    other.write(PARKS, 0);
    other.endWrite();
    expect(reader.read().parkCount).toBe(0);
  });

  test("buckets and their sum are read together", () => {
    const histogram = HistogramConfiguration.linear(1, 17);
    const { writer, reader } = block(histogram);
    const batch = new HistogramBatch(histogram);
    for (const ms of [0.5, 16, 99.5]) batch.measure(ms);
    writer.beginWrite();
    writer.writeHistogram(batch);
    writer.endWrite();
    const expected = new Array<number>(17).fill(0);
    expected[0] = 1;
    expected[16] = 2;
    expect(reader.readPollTimes()).toEqual({ total: 116, buckets: expected });
    expect(reader.read().totalPollTime).toBe(116);
  });

  test("without a histogram there are no buckets", () => {
    expect(block().reader.readPollTimes()).toEqual({ total: 0, buckets: [] });
  });

  test("the queue's depth is what was set last", () => {
    const { writer, reader } = block();
    writer.setQueueDepth(12);
    expect(reader.queueDepth()).toBe(12);
  });

  test("a worker has no thread, then thread 0, then none again", () => {
    const { writer, reader } = block();
    const seen = [reader.threadId()];
    writer.setThreadId(0);
    seen.push(reader.threadId());
    writer.setThreadId(undefined);
    seen.push(reader.threadId());
    expect(seen).toEqual([undefined, 0, undefined]);
  });
});
