// The threads of piscina.
import { move } from "piscina";
import * as jobs from "./jobs.mjs";

export { echo, hold, odd, spin, yields } from "./jobs.mjs";
export const echoMoved = (bytes) => move(jobs.echo(bytes));
