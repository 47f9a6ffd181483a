/** Rendering: a task for each tile, wherever a thread is free, and each put in its place when it is done. */
import { type Async, type Call, fn, JoinSet } from "treadle";
import { type Job, tilesOf } from "./job.ts";
import type { Picture } from "./picture.ts";
import { type Rendered, renderTile } from "./render-tile.ts";

/** Renders the whole picture; if it is dropped, what is done is in the picture, and no task is left behind. */
export const render: (picture: Picture, job: Job, size: number) => Call<void> = fn(function* render(
  picture: Picture,
  job: Job,
  size: number,
): Async<void> {
  const tiles = new JoinSet<Rendered>();
  try {
    for (const tile of tilesOf(job.width, job.height, size)) tiles.spawn(renderTile(job, tile));
    for (;;) {
      const outcome = yield* tiles.joinNext();
      if (outcome === undefined) return;
      if (outcome.status !== "ok") throw outcome.error;
      picture.place(outcome.value.tile, outcome.value.pixels);
    }
  } finally {
    yield* tiles.shutdown();
  }
});
