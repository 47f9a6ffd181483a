/** A schedule in words for people and in figures for `replay`. */
import { invalidArg } from "@treadle/core";
import type { Event } from "./event.ts";
import type { Value } from "./native.ts";
import { isScheduled, Op, opName } from "./op.ts";

/** A longer trace is shown by its end. */
const MOST_LINES = 150;

/** One operation of a failing execution. */
export interface TraceStep {
  /** Its number, from 1. */
  readonly number: number;
  /** Who did it. */
  readonly thread: string;
  /** What: the operation with its element, its arguments and what it answered. */
  readonly text: string;
  /** Where in the program: function, file and line; empty if it is not known. */
  readonly where: string;
}

/** A schedule that fails. */
export class Trace {
  /** The schedule for `replay`: threads by number, each with how many operations it did in a row. */
  readonly schedule: string;
  /** Each operation. */
  readonly steps: readonly TraceStep[];

  constructor(schedule: string, steps: readonly TraceStep[]) {
    this.schedule = schedule;
    this.steps = steps;
  }

  /** One line for each operation, in columns; of a very long trace the last ones. */
  toString(): string {
    const shown = this.steps.slice(-MOST_LINES);
    const threads = widest(shown.map((step) => step.thread));
    const texts = Math.min(widest(shown.map((step) => step.text)), 56);
    const lines = shown.map((step) => {
      const number = `#${step.number}`.padStart(5);
      return `${number}  ${step.thread.padEnd(threads)}  ${step.text.padEnd(texts)}  ${step.where}`.trimEnd();
    });
    const left = this.steps.length - shown.length;
    if (left > 0) lines.unshift(`  ... ${left} operations before`);
    return [...lines, "", `schedule: ${this.schedule}`].join("\n");
  }
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0);
}

/** The trace of events that have happened. */
export function traceOf(events: readonly Event[]): Trace {
  const steps: TraceStep[] = [];
  for (const event of events) {
    const text = textOf(event);
    if (text === "") continue;
    steps.push({ number: steps.length + 1, thread: event.thread.name, text, where: event.where });
  }
  return new Trace(formatSchedule(scheduleOf(events)), steps);
}

/** Whose turn it was at each operation, timeouts included. */
export function scheduleOf(events: readonly Event[]): number[] {
  return events.filter((event) => isScheduled(event.op)).map((event) => event.thread.id);
}

function formatSchedule(turns: readonly number[]): string {
  const runs: string[] = [];
  for (let from = 0; from < turns.length; ) {
    let to = from;
    while (turns[to] === turns[from]) to += 1;
    runs.push(`${turns[from]}x${to - from}`);
    from = to;
  }
  return runs.join(" ");
}

/** Reads what {@link formatSchedule} wrote. */
export function parseSchedule(text: string): number[] {
  const turns: number[] = [];
  for (const run of text.split(" ").filter((part) => part !== "")) {
    const match = /^(\d+)x(\d+)$/.exec(run);
    if (match === null)
      throw invalidArg("trace", text, 'must be the schedule of a trace, as in "0x3 1x2"');
    for (let i = Number(match[2]); i > 0; i -= 1) turns.push(Number(match[1]));
  }
  return turns;
}

function textOf(event: Event): string {
  const { op } = event;
  if (op === Op.SPAWN || op === Op.JOIN) return `${opName(op)} ${event.other!.name}`;
  if (op === Op.TIMEOUT) return `wait on ${place(event)} times out`;
  if (op === Op.BLOCK) return `blocks: joins ${event.other!.name}`;
  if (op === Op.FINISH) return "finishes";
  if (op === Op.YIELD) return "yields";
  if (op === Op.HOLD || event.view === null) return "";
  return `${opName(op)} ${place(event)}${argumentsOf(event)}${answerOf(event)}`;
}

function place(event: Event): string {
  return event.view!.describe(event.index);
}

function argumentsOf({ op, a, b }: Event): string {
  if (op === Op.LOAD || op === Op.READ) return "";
  if (op === Op.COMPARE_EXCHANGE) return ` ${show(a)} -> ${show(b)}`;
  if (op === Op.WAIT) return ` while ${show(a)}`;
  return ` ${show(a)}`;
}

function answerOf(event: Event): string {
  const { op, result } = event;
  if (op === Op.STORE || op === Op.WRITE) return ` (was ${show(event.before)})`;
  if (op === Op.COMPARE_EXCHANGE) {
    return event.wrote ? ": done" : `: fails, found ${show(event.before)}`;
  }
  if (op === Op.WAIT) return result === undefined ? ": sleeps" : `: ${String(result)}`;
  if (op === Op.NOTIFY) return `: woke ${String(result)}`;
  return ` = ${String(result)}`;
}

function show(value: Value): string {
  return typeof value === "bigint" ? `${value}n` : String(value);
}
