/** What is to be rendered, and the tiles that it is cut into. */

/** The scenes. */
export const SCENES = ["mandelbrot", "spheres"] as const;
/** One of {@link SCENES}. */
export type SceneName = (typeof SCENES)[number];

/** What decides the picture, and nothing else does: threads and tiles do not. */
export interface Job {
  readonly scene: SceneName;
  readonly width: number;
  readonly height: number;
  /** Rays per pixel, or points per pixel. */
  readonly samples: number;
  readonly seed: number;
}

/** A part of the picture, in pixels. */
export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The tiles of a picture, row by row; those at the right and lower edge may be smaller. */
export function tilesOf(width: number, height: number, size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let y = 0; y < height; y += size) {
    for (let x = 0; x < width; x += size) {
      tiles.push({ x, y, width: Math.min(size, width - x), height: Math.min(size, height - y) });
    }
  }
  return tiles;
}
