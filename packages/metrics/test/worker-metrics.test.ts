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
  expect([0, 4, 5, 119].map(workerWords)).toEqual([64, 64, 96, 544]);
  expect([0, 1, 2].map((worker) => workerAt(worker, 10))).toEqual([32, 128, 224]);
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

  test("what is being written is not seen before it is submitted", () => {
    const { words, writer, reader } = block();
    submit(writer, 5);
    writer.beginWrite();
    for (let counter = 0; counter < NUM_COUNTERS; counter += 1) {
      writer.write(counter, 6);
      const { parkCount, pollCount, overflowCount } = reader.read();
      expect([parkCount, pollCount, overflowCount]).toEqual([5, 5, 5]);
    }
    writer.endWrite();
    expect(reader.read()).toMatchObject({ parkCount: 6, pollCount: 6, overflowCount: 6 });
    expect(words[SEQUENCE]).toBe(2);
  });

  test("each submission in a row is read whole, also where a counter stays, falls back or returns", () => {
    const { writer, reader } = block();
    for (const value of [1, 1, 2, 1, 1, 2 ** 33, 2 ** 33, 0]) {
      submit(writer, value);
      expect(reader.read()).toMatchObject({ parkCount: value, pollCount: value });
    }
  });

  test("the number of submissions may wrap", () => {
    const { words, writer, reader } = block();
    for (const sequence of [2 ** 31 - 1, -1]) {
      words[SEQUENCE] = sequence;
      writer.claim();
      submit(writer, 7);
      submit(writer, 8);
      expect(reader.read().pollCount).toBe(8);
    }
    expect(words[SEQUENCE]).toBe(1);
  });

  test("submissions between any two loads of a reader never mix into its reading", () => {
    const before = 2 ** 32 - 1;
    const after = 2 ** 32;
    // A reading takes 1 + 2 * 11 + 1 loads.
    for (let submissions = 1; submissions <= 3; submissions += 1) {
      for (let when = 1; when <= 2 * NUM_COUNTERS + 2; when += 1) {
        const { writer, reader } = block();
        submit(writer, before);
        owner.loads = 0;
        owner.acts = (step) => {
          for (let i = 0; step === when && i < submissions; i += 1) submit(writer, after + i);
        };
        const { parkCount, pollCount, overflowCount } = reader.read();
        owner.acts = null;
        expect([before, after + submissions - 1]).toContain(parkCount);
        expect([pollCount, overflowCount]).toEqual([parkCount, parkCount]);
      }
    }
  });

  test("a reader gives up on a whole reading after 64 tries that a submission fell into", () => {
    const { writer, reader } = block();
    owner.acts = () => submit(writer, 9);
    expect(reader.read().pollCount).toBe(9);
    // Each try loads the sequence twice and 11 pairs.
    expect(owner.loads).toBe(64 * 24);
  });

  test("the last submission of an owner that was terminated while it wrote stands, and a successor goes on from it", () => {
    const { words, writer, reader } = block();
    submit(writer, 5);
    writer.beginWrite();
    for (const counter of [PARKS, POLLS]) writer.write(counter, 6);
    const successor = new WorkerMetrics(words, 0, null);
    successor.claim();
    expect(reader.read()).toMatchObject({ parkCount: 5, pollCount: 5 });
    submit(successor, 6);
    expect(reader.read()).toMatchObject({ parkCount: 6, pollCount: 6, overflowCount: 6 });
    submit(successor, 5);
    expect(reader.read()).toMatchObject({ parkCount: 5, pollCount: 5, overflowCount: 5 });
  });

  test("a successor knows what both copies hold: a counter back at 0 is stored to each", () => {
    const { words, writer, reader } = block();
    submit(writer, 5);
    submit(writer, 6);
    const successor = new WorkerMetrics(words, 0, null);
    successor.claim();
    for (let i = 0; i < 2; i += 1) {
      submit(successor, 0);
      expect(reader.read()).toMatchObject({ parkCount: 0, overflowCount: 0 });
    }
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
