/** The progress line: live on a terminal, now and then a plain line elsewhere. */
import { type Async, interval, scope, sleep } from "treadle";
import { displayPath } from "./byte-path.ts";
import { bytes, clock, count, fitEnd, percent, width } from "./format.ts";
import type { Job } from "./job.ts";
import { survey, Totals } from "./survey.ts";
import type { Tally } from "./tally.ts";

/** A run that is over by then shows no progress, and pays for no survey; in ms. */
const LIVE_START = 300;
const LIVE_PERIOD = 100;
const PLAIN_START = 2000;
const PLAIN_PERIOD = 5000;

/** What opening a file costs, in bytes that could have been hashed meanwhile. */
const BYTES_PER_FILE = 32 * 1024;
/** How far back the shown rates look, in ms. */
const MEMORY = 3000;

/** Shows the progress of the job until it is dropped; then the live line is taken away. */
export function* showProgress(job: Job): Async<void> {
  const { isLive } = job.terminal;
  const totals = new Totals();
  const meter = new Meter(job.tally, totals);
  try {
    yield* sleep(isLive ? LIVE_START : PLAIN_START);
    yield* scope(function* (s): Async<void> {
      s.spawn(survey, job, totals);
      const ticks = interval(isLive ? LIVE_PERIOD : PLAIN_PERIOD, { missedTickBehavior: "skip" });
      if (!isLive) yield* ticks.tick();
      for (;;) {
        yield* ticks.tick();
        meter.look();
        if (isLive) job.terminal.show(liveLine(job, meter));
        else job.terminal.report(plainLine(meter));
      }
    });
  } finally {
    job.terminal.clear();
  }
}

/** Rates that follow what happens, and what they promise. */
export class Meter {
  readonly tally: Tally;
  readonly totals: Totals;
  /** Bytes per ms. */
  rate = 0;
  private workRate = 0;
  private at = 0;
  private seenBytes = 0;
  private seenWork = 0;

  constructor(tally: Tally, totals: Totals) {
    this.tally = tally;
    this.totals = totals;
  }

  /** Takes the present counts into the rates. */
  look(): void {
    const now = this.tally.elapsed();
    const passed = now - this.at;
    if (passed <= 0) return;
    const weight = this.at === 0 ? 1 : 1 - Math.exp(-passed / MEMORY);
    this.rate += ((this.tally.bytes - this.seenBytes) / passed - this.rate) * weight;
    this.workRate += ((this.work - this.seenWork) / passed - this.workRate) * weight;
    this.at = now;
    this.seenBytes = this.tally.bytes;
    this.seenWork = this.work;
  }

  /** The part that is done, 0 to 1; undefined until the survey has seen everything. */
  get part(): number | undefined {
    if (!this.totals.isComplete || this.totalWork === 0) return undefined;
    return Math.min(this.work / this.totalWork, 1);
  }

  /** Seconds that are left, if all goes on like this; undefined until that can be told. */
  get secondsLeft(): number | undefined {
    if (!this.totals.isComplete || this.workRate <= 0) return undefined;
    return Math.max(this.totalWork - this.work, 0) / this.workRate / 1000;
  }

  private get work(): number {
    return this.tally.bytes + this.tally.done * BYTES_PER_FILE;
  }

  private get totalWork(): number {
    return this.totals.bytes + this.totals.files * BYTES_PER_FILE;
  }
}

/** The line without the path: `42 %  12,345 of 30,000 files  1.23 of 2.90 GB  850 MB/s  0:03 left`. */
export function figures(meter: Meter): string {
  const { tally, totals, part, secondsLeft } = meter;
  const known = totals.isComplete;
  const parts = [
    part === undefined ? "" : percent(part),
    known ? `${count(tally.done)} of ${count(totals.files)} files` : `${count(tally.done)} files`,
    known ? `${bytes(tally.bytes)} of ${bytes(totals.bytes)}` : bytes(tally.bytes),
    `${bytes(meter.rate * 1000)}/s`,
    secondsLeft === undefined ? "" : `${clock(secondsLeft)} left`,
  ];
  return parts.filter((text) => text !== "").join("  ");
}

const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
let turn = 0;

function liveLine(job: Job, meter: Meter): string {
  const spinner = SPINNER.charAt(turn++ % SPINNER.length);
  const line = `${spinner} ${figures(meter)}`;
  const room = job.terminal.columns - width(line) - 2;
  const [oldest] = job.tally.inWork;
  if (oldest === undefined || room < 12) return line;
  return `${line}  ${fitEnd(displayPath(oldest.path), room)}`;
}

function plainLine(meter: Meter): string {
  return figures(meter).replaceAll("  ", ", ");
}
