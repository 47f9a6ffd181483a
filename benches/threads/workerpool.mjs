// The threads of workerpool.
import workerpool from "workerpool";
import * as jobs from "./jobs.mjs";

const echoMoved = (bytes) => new workerpool.Transfer(jobs.echo(bytes), [bytes.buffer]);
workerpool.worker({ ...jobs, echoMoved });
