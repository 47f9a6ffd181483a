/** What is said of a thread that has ended. */
import { expect, test } from "vitest";
import { reasonOf } from "../../src/multi-thread/team.ts";

test("an exit is told by its code, an error by its stack, anything else as it is shown", () => {
  const error = new RangeError("too far");
  expect(reasonOf(3, undefined)).toBe("it exited with code 3");
  expect(reasonOf(1, error)).toBe(`uncaught ${error.stack}`);
  expect(reasonOf(1, { answer: 42 })).toBe("uncaught { answer: 42 }");
  expect(reasonOf(1, "text")).toBe("uncaught 'text'");
});

test("an exception of which Node passes nothing on is told as that", () => {
  expect(reasonOf(1, {})).toContain("uncaught exception that Node does not pass on");
});

test("memory that ran out names the option", () => {
  expect(reasonOf(1, { code: "ERR_WORKER_OUT_OF_MEMORY" })).toContain("Builder.resourceLimits()");
});
