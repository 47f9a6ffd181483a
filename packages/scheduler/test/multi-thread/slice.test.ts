/** When a slice on the event loop ends with a sleep, and of which kind. */
import { beforeEach, describe, expect, test } from "vitest";
import type { CurrentThreadParts, WorkSource } from "../../src/contract.ts";
import { CurrentThread } from "../../src/current-thread/current-thread.ts";

const nothing = (): void => {};
const none = (): null => null;

/** What the scheduler has asked its source and its park for, in order. */
let log: string[];
/** Whether mail has come by each look at it. */
let mail: boolean[];
/** For how long it may sleep blocked. */
let ms: number;

beforeEach(() => {
  log = [];
  mail = [];
  ms = 0;
});

const source = {
  hasWork: () => mail[0] === true,
  takeMail: () => mail.shift() === true,
  takeOwn: none,
  takeOffered: none,
  search: none,
  working: nothing,
  interval: () => 61,
  staysAwake: () => true,
  blockFor: (calm: number) => {
    log.push(`calm ${calm}`);
    return ms;
  },
  beforePark: (_hosted: boolean, mayLinger: boolean) => {
    log.push(mayLinger ? "linger" : "sleep");
    return true;
  },
  afterPark: nothing,
} as unknown as WorkSource;

function scheduler(): CurrentThread {
  return new CurrentThread({
    eventInterval: 61,
    globalQueueInterval: 31,
    drivers: [],
    park: { park: (timeout: number) => log.push(`park ${timeout}`), unpark: nothing },
    worker: {
      pollCount: 0,
      localScheduleCount: 0,
      timesPolls: false,
      startProcessingScheduledTasks: nothing,
      endProcessingScheduledTasks: () => 0,
      aboutToPark: nothing,
      unparked: nothing,
      submit: nothing,
    },
    metrics: {
      incSpawnedTasks: nothing,
      incRemoteSchedule: nothing,
      incBudgetForcedYield: nothing,
    },
    hooks: {},
    rngSeed: 1,
    unhandledFailure: "report",
    propagateAsyncContext: false,
    source,
  } as unknown as CurrentThreadParts);
}

describe("a slice", () => {
  test("that has done something lets the event loop have a turn before anybody sleeps", () => {
    ms = 1;
    mail = [true];
    expect(scheduler().slice(true)).toBe(true);
    expect(log).toEqual([]);
  });

  test("that has done something in a later round only does so as well", () => {
    ms = 1;
    mail = [false, true];
    expect(scheduler().slice(true)).toBe(true);
    expect(log).toEqual([]);
  });

  test("that has done nothing sleeps blocked, lingers before the first time only, and comes back", () => {
    ms = 3;
    const thread = scheduler();
    expect(thread.slice(false)).toBe(true);
    expect(thread.slice(false)).toBe(true);
    expect(log).toEqual(["calm 0", "linger", "park 3", "calm 1", "sleep", "park 3"]);
  });

  test("is followed by the sleep in the event loop when the source allows no other", () => {
    expect(scheduler().slice(false)).toBe(false);
    expect(log).toEqual(["calm 0"]);
  });

  test("that is woken from its blocked sleep begins to count anew", () => {
    ms = 1;
    const thread = scheduler();
    thread.slice(false);
    // The first look is that of the slice itself.
    mail = [false, true];
    const { hasWork } = source;
    source.hasWork = () => false;
    expect(thread.slice(false)).toBe(true);
    source.hasWork = hasWork;
    log = [];
    mail = [];
    thread.slice(false);
    expect(log).toEqual(["calm 0", "linger", "park 1"]);
  });
});
