/** For how long a thread sleeps blocked. */
import { cx } from "@treadle/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Doze } from "../../src/multi-thread/doze.ts";

/** What Node says that the event loop waits for. */
let resources: string[];

beforeEach(() => {
  resources = ["Timeout"];
  vi.spyOn(process, "getActiveResourcesInfo").mockImplementation(() => resources);
});

afterEach(() => {
  cx.foreignWaits = 0;
});

/** The steps of one rest, in which one timer is the runtime's own. */
function steps(doze: Doze): number[] {
  return [0, 1, 2, 3, 4, 5].map((calm) => doze.next(calm, 1));
}

describe("a thread that is out of work", () => {
  test("sleeps blocked for 1, 2, 4 and 8 ms, then in the event loop", () => {
    expect(steps(new Doze())).toEqual([1, 2, 4, 8, 0, 0]);
  });

  test("sleeps in the event loop while a task waits for a promise", () => {
    cx.foreignWaits = 1;
    expect(steps(new Doze())).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test.each([[["Timeout", "Timeout"]], [["FSReqCallback"]], [["TCPSocketWrap", "Timeout"]]])(
    "sleeps in the event loop while that waits for %j",
    (waited) => {
      const doze = new Doze();
      resources = waited;
      expect(steps(doze)).toEqual([0, 0, 0, 0, 0, 0]);
      resources = [];
      expect(steps(doze)).toEqual([1, 2, 4, 8, 0, 0]);
    },
  );

  test("sleeps in the event loop for 32 times after something has come that could not be seen", () => {
    const doze = new Doze();
    doze.surprised();
    for (let i = 0; i < 32; i++) expect(doze.next(0, 1)).toBe(0);
    expect(doze.next(0, 1)).toBe(1);
  });
});
