/** Where the errors of clean-up go. */
import {
  type Closing,
  closeStep,
  cx,
  DONE,
  DropSink,
  Leaf,
  PENDING,
  pushDropError,
} from "@treadle/core";
import { expect, test, vi } from "vitest";
import { TestExecutor } from "../../../tools/test-executor.ts";

const [first, second, third] = [new Error("first"), new Error("second"), new Error("third")];

function filled(...errors: unknown[]): DropSink {
  const sink = new DropSink();
  for (const error of errors) sink.push(error);
  return sink;
}

test("a sink keeps errors in the order they come", () => {
  expect(filled().errors).toBeNull();
  expect(filled(first, second, first).errors).toEqual([first, second, first]);
});

test("raise throws the first, reports the others, and leaves the sink empty", () => {
  const executor = new TestExecutor();
  const sink = filled(first, second, third);
  expect(() => executor.enter(() => sink.raise())).toThrow(first);
  expect(executor.failures).toEqual([second, third]);
  expect(sink.errors).toBeNull();
  expect(() => sink.raise()).not.toThrow();
});

test("raise throws falsy errors too", () => {
  for (const error of [undefined, null, 0]) {
    let thrown: unknown = "nothing";
    try {
      filled(error).raise();
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBe(error);
  }
});

test("handOver gives all errors to the drop around it, and leaves the sink empty", () => {
  const outer = new DropSink();
  const sink = filled(first, second);
  cx.sink = outer;
  sink.handOver();
  sink.handOver();
  cx.sink = null;
  expect([outer.errors, sink.errors]).toEqual([[first, second], null]);
});

test("an error without a drop is reported by the runtime", () => {
  const executor = new TestExecutor();
  executor.enter(() => pushDropError(first));
  expect(executor.failures).toEqual([first]);
});

test("an error without a drop and without a runtime is an uncaught exception", async () => {
  const queued = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
  pushDropError(first);
  expect(queued).toHaveBeenCalledTimes(1);
  expect(queued.mock.calls[0]?.[0]).toThrow(first);
});

test("closeStep makes one step with its own sink, and puts the former back", () => {
  const [outer, inner] = [new DropSink(), new DropSink()];
  class Bad extends Leaf<void> {
    protected override drop(): void {
      throw first;
    }
  }
  cx.sink = outer;
  expect(closeStep(new Bad(), inner)).toBe(DONE);
  expect(cx.sink).toBe(outer);
  cx.sink = null;
  expect([inner.errors, outer.errors]).toEqual([[first], null]);
});

test("closeStep puts the former sink back when a foreign future throws", () => {
  const throws = {
    next: () => PENDING,
    return: (): Closing => {
      throw first;
    },
    [Symbol.iterator]: () => throws,
  };
  expect(() => closeStep(throws as never, new DropSink())).toThrow(first);
  expect(cx.sink).toBeNull();
});

test("closeStep takes a future without return() for gone", () => {
  const bare = { next: () => PENDING, [Symbol.iterator]: () => bare };
  expect(closeStep(bare as never, new DropSink())).toBe(DONE);
});
