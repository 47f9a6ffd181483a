/** Sendables of every sort, in a module of their own. */
import { type Async, fromPromise } from "@treadle/core";
import { type Sendable, sendable } from "@treadle/task";

interface Shape {
  readonly width: number;
  readonly height: number;
}

export const add: Sendable<[a: number, b: number], Async<number>> = sendable(
  import.meta.url,
  function* add(a: number, b: number): Async<number> {
    const late = yield* fromPromise(Promise.resolve(b));
    return a + late;
  },
);

export const shout: Sendable<[text: string], Promise<string>> = sendable(
  import.meta.url,
  async function shout(text: string): Promise<string> {
    await null;
    return text.toUpperCase();
  },
);

export const area: Sendable<[shape: Shape], number> = sendable(
  import.meta.url,
  function area(shape: Shape): number {
    return shape.width * shape.height;
  },
);

class TooLarge extends RangeError {
  override readonly name = "TooLarge";
}

export const fail: Sendable<[limit: number], Async<never>> = sendable(
  import.meta.url,
  function* fail(limit: number): Async<never> {
    yield* fromPromise(Promise.resolve());
    throw Object.assign(new TooLarge(`more than ${limit}`, { cause: { limit } }), {
      code: "E_LARGE",
    });
  },
);
