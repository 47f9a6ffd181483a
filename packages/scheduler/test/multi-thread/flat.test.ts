/** What is made without constructors holds what the constructors give it. */
import type { Async } from "@treadle/core";
import { type SendFunction, sendable } from "@treadle/task";
import { expect, test } from "vitest";
import { newRemoteTask, type RemoteOwner, RemoteTask } from "../../src/multi-thread/remote-task.ts";
import { newStartedTask, StartedTask } from "../../src/multi-thread/started-task.ts";

const owner = {} as RemoteOwner;
const work = sendable(import.meta.url, function* work(): Async<number> {
  return 1;
});
const source: SendFunction = work().function;

test("a remote task has the fields that its constructors give it, and the next id", () => {
  const built = new RemoteTask(source, null, owner, 7);
  const made = newRemoteTask(source, null, owner, 7);
  expect(made).toBeInstanceOf(RemoteTask);
  expect(Object.entries(made)).toEqual(Object.entries({ ...built, id: built.id + 1 }));
  expect(made.function).toBe(source);
});

test("a started task has the fields that its constructors give it", () => {
  const future = (function* (): Async<void> {})();
  const made = newStartedTask(future, source, owner, 5, 7);
  expect(made).toBeInstanceOf(StartedTask);
  expect(Object.entries(made)).toEqual(
    Object.entries(new StartedTask(future, source, owner, 5, 7)),
  );
});
