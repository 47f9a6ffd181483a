/** The progress line on standard error: live on a terminal, now and then a plain line elsewhere. */
import { type Async, interval } from "treadle";
import type { Picture } from "./picture.ts";

const LIVE_PERIOD = 100;
const PLAIN_PERIOD = 5000;
const BAR = 30;
const CLEAR = "\r\x1b[K";

/** Shows how far the picture is until it is dropped; then a live line is taken away. */
export function* showProgress(picture: Picture): Async<void> {
  const live = process.stderr.isTTY === true && process.env["TERM"] !== "dumb";
  const began = performance.now();
  const ticks = interval(live ? LIVE_PERIOD : PLAIN_PERIOD, { missedTickBehavior: "skip" });
  try {
    yield* ticks.tick();
    for (;;) {
      yield* ticks.tick();
      const line = progressLine(picture.part, performance.now() - began);
      process.stderr.write(live ? `${CLEAR}${line}` : `${line}\n`);
    }
  } finally {
    if (live) process.stderr.write(CLEAR);
  }
}

/** `[#########---------------------]  31 %  0:04 left`. */
export function progressLine(part: number, elapsedMs: number): string {
  const filled = Math.round(part * BAR);
  const bar = "#".repeat(filled) + "-".repeat(BAR - filled);
  const percent = `${Math.floor(part * 100)} %`.padStart(5);
  if (part === 0) return `[${bar}] ${percent}`;
  return `[${bar}] ${percent}  ${clock((elapsedMs / part) * (1 - part))} left`;
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
