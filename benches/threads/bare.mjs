// The threads of the limit: take a number, do the job, put the result down, count.
import { workerData } from "node:worker_threads";
import { Bare } from "../lib/bare-threads.mjs";
import * as jobs from "./jobs.mjs";

new Bare(workerData).serve(jobs);
