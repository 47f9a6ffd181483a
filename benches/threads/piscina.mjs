// The threads of piscina.
import { move } from "piscina";
import * as jobs from "./jobs.mjs";

export * from "./jobs.mjs";
export const echoMoved = (bytes) => move(jobs.echo(bytes));
