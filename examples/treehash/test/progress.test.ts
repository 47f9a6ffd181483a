import { expect, test, vi } from "vitest";
import { figures, Meter } from "../src/progress.ts";
import { Totals } from "../src/survey.ts";
import { Tally } from "../src/tally.ts";

function meterAfter(seconds: number, files: number, bytes: number, totals = new Totals()): Meter {
  const tally = new Tally();
  vi.spyOn(tally, "elapsed").mockReturnValue(seconds * 1000);
  tally.done = files;
  tally.read(bytes);
  const meter = new Meter(tally, totals);
  meter.look();
  return meter;
}

function totalsOf(files: number, bytes: number): Totals {
  return Object.assign(new Totals(), { files, bytes, isComplete: true });
}

test("until the survey is complete only what is done is shown", () => {
  const totals = Object.assign(totalsOf(2000, 5e9), { isComplete: false });
  expect(figures(meterAfter(2, 1000, 1e9, totals))).toBe("1,000 files  1.00 GB  500 MB/s");
});

test("then the part and the time that is left follow from bytes and files together", () => {
  const meter = meterAfter(10, 1000, 1e9, totalsOf(4000, 4e9));
  expect(figures(meter)).toBe(
    "25 %  1,000 of 4,000 files  1.00 GB of 4.00 GB  100 MB/s  0:30 left",
  );
});

test("many small files are work too", () => {
  const meter = meterAfter(10, 500, 0, totalsOf(1000, 0));
  expect([meter.part, meter.secondsLeft]).toEqual([0.5, 10]);
});

test("a tree that grows meanwhile is never more than done", () => {
  const meter = meterAfter(10, 10, 2e9, totalsOf(5, 1e9));
  expect([meter.part, meter.secondsLeft]).toEqual([1, 0]);
});

test("an empty tree and a first look at once promise nothing", () => {
  expect(meterAfter(0, 0, 0, totalsOf(0, 0)).part).toBe(undefined);
  expect(meterAfter(0, 0, 0, totalsOf(5, 5)).secondsLeft).toBe(undefined);
});

test("the rate follows a change within seconds", () => {
  const meter = meterAfter(10, 0, 1e9);
  expect(meter.rate * 1000).toBe(1e8);
  vi.spyOn(meter.tally, "elapsed").mockReturnValue(13_000);
  meter.look();
  expect(meter.rate * 1000).toBeCloseTo(1e8 / Math.E, -1);
});
