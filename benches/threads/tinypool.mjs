// The threads of tinypool.
import { Tinypool } from "tinypool";
import * as jobs from "./jobs.mjs";

export { echo, hold, odd, spin, yields } from "./jobs.mjs";
export const echoMoved = (bytes) => Tinypool.move(jobs.echo(bytes));
