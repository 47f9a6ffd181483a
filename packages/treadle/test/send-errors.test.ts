/** Every class of errors that this project exports comes back from another thread as itself. */
import { ByteArea, decodeOutcome, encodeOutcome } from "@treadle/task";
import * as treadle from "treadle";
import { expect, test } from "vitest";

const area = new ByteArea(new SharedArrayBuffer(1 << 14));

const classes = Object.values(treadle as Record<string, unknown>).filter(
  (value): value is { readonly name: string; readonly prototype: Error } =>
    typeof value === "function" && (value.prototype as unknown) instanceof Error,
);

test("there are some", () => {
  expect(classes.length).toBeGreaterThan(8);
});

test.each(classes.map((known) => [known.name, known] as const))("%s", (_name, known) => {
  const error = Object.setPrototypeOf(new Error("own"), known.prototype) as Error;
  encodeOutcome(
    { status: "failed", error: Object.assign(error, { code: "ERR_X" }) },
    area,
    0,
    1 << 14,
  );
  const outcome = decodeOutcome(area, 0) as { error: Error & { code: string } };
  expect(Object.getPrototypeOf(outcome.error)).toBe(known.prototype);
  expect([outcome.error.message, outcome.error.code, outcome.error.name]).toEqual([
    "own",
    "ERR_X",
    error.name,
  ]);
});
