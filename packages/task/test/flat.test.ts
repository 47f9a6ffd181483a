/** What is made without constructors holds what the constructors give it. */
import type { Async } from "@treadle/core";
import { expect, test } from "vitest";
import { JoinHandle, newTask, type Schedule } from "../src/index.ts";
import { newSendFuture, SendFunction, SendFuture } from "../src/send/send-function.ts";

const schedule = {} as Schedule;

function* work(): Async<number> {
  return 1;
}

test("a spawned task has the fields of a JoinHandle, and the next id", () => {
  const future = work();
  const built = new JoinHandle(future, work, schedule);
  const made = newTask(future, work, schedule);
  expect(made).toBeInstanceOf(JoinHandle);
  expect(Object.entries(made)).toEqual(Object.entries({ ...built, id: built.id + 1 }));
});

test("a call of a sendable has the fields of a SendFuture", () => {
  const source = new SendFunction("file:///module.mjs#work", "work", work);
  const args = [1];
  const made = newSendFuture(source, args);
  expect(made).toBeInstanceOf(SendFuture);
  expect(Object.entries(made)).toEqual(Object.entries(new SendFuture(source, args)));
});
