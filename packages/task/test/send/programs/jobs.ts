/** Sendables of every sort, in a module of their own. */
import { type Async, fromPromise } from "@treadle/core";
import { sendable } from "@treadle/task";

export const add = sendable(import.meta.url, function* add(a: number, b: number): Async<number> {
  const late = yield* fromPromise(Promise.resolve(b));
  return a + late;
});

export const shout = sendable(import.meta.url, async function shout(text: string): Promise<string> {
  await null;
  return text.toUpperCase();
});

export const area = sendable(
  import.meta.url,
  function area(shape: { readonly width: number; readonly height: number }): number {
    return shape.width * shape.height;
  },
);

class TooLarge extends RangeError {
  override readonly name = "TooLarge";
}

export const fail = sendable(import.meta.url, function* fail(limit: number): Async<never> {
  yield* fromPromise(Promise.resolve());
  throw Object.assign(new TooLarge(`more than ${limit}`, { cause: { limit } }), {
    code: "E_LARGE",
  });
});
