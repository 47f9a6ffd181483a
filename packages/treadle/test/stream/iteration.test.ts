import { Builder, duplex, Framed, LinesCodec, lines, writeAll } from "treadle";
import { expect, test } from "vitest";

/** The items of what `make` builds, iterated in an async function. */
async function collect<T>(make: () => Promise<AsyncIterable<T>>): Promise<T[]> {
  const runtime = Builder.newCurrentThread().build();
  try {
    return await runtime.run(async () => {
      const all: T[] = [];
      for await (const item of await make()) all.push(item);
      return all;
    });
  } finally {
    runtime.shutdownBackground();
  }
}

test("lines can be iterated", async () => {
  const found = await collect(async () => {
    const [near, far] = duplex(100);
    await writeAll(near, Buffer.from("a\nb\nc"));
    near.close();
    return lines(far);
  });
  expect(found).toEqual(["a", "b", "c"]);
});

test("frames can be iterated", async () => {
  const found = await collect(async () => {
    const [near, far] = duplex(64);
    const sender = new Framed(near, new LinesCodec());
    await sender.send("one");
    await sender.send("two");
    await sender.close();
    return new Framed(far, new LinesCodec());
  });
  expect(found).toEqual(["one", "two"]);
});
