// The threads of poolifier; it has no way to move a result back.
import { ThreadWorker } from "poolifier";
import * as jobs from "./jobs.mjs";

export const worker = new ThreadWorker({ ...jobs });
