/** The work that is sent to the threads: one tile. */
import { type SendFuture, sendable } from "treadle";
import type { Job, SceneName, Tile } from "./job.ts";
import { mandelbrot } from "./scenes/mandelbrot.ts";
import { spheres } from "./scenes/spheres.ts";

type Pixel = (job: Job, x: number, y: number, rgb: Uint8Array, at: number) => void;

const PIXELS: Readonly<Record<SceneName, Pixel>> = { mandelbrot, spheres };

/** The pixels of a tile, three bytes each, row by row. */
export function pixelsOf(job: Job, tile: Tile): Uint8Array {
  const pixel = PIXELS[job.scene];
  const rgb = new Uint8Array(tile.width * tile.height * 3);
  let at = 0;
  for (let y = tile.y; y < tile.y + tile.height; y++) {
    for (let x = tile.x; x < tile.x + tile.width; x++, at += 3) pixel(job, x, y, rgb, at);
  }
  return rgb;
}

/** A tile and its pixels. */
export interface Rendered {
  readonly tile: Tile;
  readonly pixels: Uint8Array;
}

/** Renders a tile on whichever thread is free. */
export const renderTile: (job: Job, tile: Tile) => SendFuture<Rendered> = sendable(
  import.meta.url,
  function renderTile(job: Job, tile: Tile): Rendered {
    return { tile, pixels: pixelsOf(job, tile) };
  },
);
