/** The Mandelbrot set: a pixel inside it costs a thousand times one far outside, which is what stealing is for. */
import type { Job } from "../job.ts";
import { Random } from "../random.ts";

const MAX_ITERATIONS = 2000;
const ESCAPE = 256;
const CENTER_X = -0.743643887037151;
const CENTER_Y = 0.13182590420533;
const WIDTH = 0.0043;

/** The colour of a pixel, into `rgb` at `at`. */
export function mandelbrot(job: Job, x: number, y: number, rgb: Uint8Array, at: number): void {
  const random = new Random(job.seed, x, y);
  const scale = WIDTH / job.width;
  let [r, g, b] = [0, 0, 0];
  for (let s = 0; s < job.samples; s++) {
    const cx = CENTER_X + (x + random.next() - job.width / 2) * scale;
    const cy = CENTER_Y + (y + random.next() - job.height / 2) * scale;
    const n = escapeTime(cx, cy);
    if (n === MAX_ITERATIONS) continue;
    const hue = 0.05 * n;
    r += 0.5 + 0.5 * Math.sin(hue);
    g += 0.5 + 0.5 * Math.sin(hue + 0.7);
    b += 0.5 + 0.5 * Math.sin(hue + 1.7);
  }
  const share = 255 / job.samples;
  rgb[at] = r * share;
  rgb[at + 1] = g * share;
  rgb[at + 2] = b * share;
}

/** How soon the point leaves the circle, smoothed; {@link MAX_ITERATIONS} if it does not. */
function escapeTime(cx: number, cy: number): number {
  let [x, y, xx, yy] = [0, 0, 0, 0];
  for (let n = 0; n < MAX_ITERATIONS; n++) {
    y = 2 * x * y + cy;
    x = xx - yy + cx;
    xx = x * x;
    yy = y * y;
    if (xx + yy > ESCAPE) return n + 1 - Math.log2(Math.log2(xx + yy) / 2);
  }
  return MAX_ITERATIONS;
}
