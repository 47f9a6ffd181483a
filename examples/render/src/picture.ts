/** The picture as far as it is done, and its file. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { encode } from "fast-png";
import type { Tile } from "./job.ts";

const GREY = 0x33;

/** What has not been rendered yet is grey. */
export class Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  /** Pixels that are done. */
  done = 0;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.pixels = new Uint8Array(width * height * 3).fill(GREY);
  }

  /** Takes a tile's pixels in. */
  place(tile: Tile, rgb: Uint8Array): void {
    for (let row = 0; row < tile.height; row++) {
      const from = row * tile.width * 3;
      const to = ((tile.y + row) * this.width + tile.x) * 3;
      this.pixels.set(rgb.subarray(from, from + tile.width * 3), to);
    }
    this.done += tile.width * tile.height;
  }

  /** The part that is done, 0 to 1. */
  get part(): number {
    return this.done / (this.width * this.height);
  }

  /** Writes the picture as PNG; the file is replaced in one step. */
  write(file: string): void {
    const { width, height, pixels } = this;
    const temporary = `${file}.${process.pid}.part`;
    try {
      writeFileSync(temporary, encode({ width, height, data: pixels, channels: 3, depth: 8 }));
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }
}
