import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Job, tilesOf } from "../src/job.ts";
import { Picture } from "../src/picture.ts";
import { pixelsOf } from "../src/render-tile.ts";

const side = fc.integer({ min: 1, max: 40 });

describe("the tiles of a picture", () => {
  it("cover each pixel exactly once", () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 50 }), (width, height, size) => {
        const seen = new Uint8Array(width * height);
        for (const tile of tilesOf(width, height, size)) {
          for (let y = tile.y; y < tile.y + tile.height; y++) {
            for (let x = tile.x; x < tile.x + tile.width; x++) {
              seen[y * width + x] = (seen[y * width + x] as number) + 1;
            }
          }
        }
        expect(seen.every((times) => times === 1)).toBe(true);
      }),
    );
  });

  it.each(["mandelbrot", "spheres"] as const)(
    "make the same picture of %s whatever their size and order",
    (scene) => {
      const job: Job = { scene, width: 17, height: 11, samples: 2, seed: 5 };
      const pictureOf = (size: number, backwards: boolean): Uint8Array => {
        const picture = new Picture(job.width, job.height);
        const tiles = tilesOf(job.width, job.height, size);
        for (const tile of backwards ? tiles.reverse() : tiles) {
          picture.place(tile, pixelsOf(job, tile));
        }
        expect(picture.part).toBe(1);
        return picture.pixels;
      };
      const whole = pictureOf(64, false);
      expect(pictureOf(4, true)).toEqual(whole);
      expect(new Set(whole).size).toBeGreaterThan(20);
    },
  );
});
