/**
 * The shutdown of a scheduler.
 *
 * **States.** OPEN -> CLOSING (everything was told to end; clean-up may still wait) -> FINISHED (nothing is left, the
 * drivers are shut down). With a time limit, or when nothing can wake what is left, CLOSING ends by force: what is left
 * is given up and named on standard error, and `forsaken` says so.
 */
import { writeToStderr } from "./failure-watch.ts";
import { unwatchShutdown, watchShutdown } from "./hosted-deadlock.ts";

/** What is shut down. */
export interface ShutdownTarget {
  /** Tells everything to end; `reason` is what pending roots fail with. */
  dropAll(reason: unknown): void;
  /** Whether something has not ended yet. */
  hasLeft(): boolean;
  /** Ends what is left by force; answers the names. */
  forsakeAll(): string[];
  /** Nothing is left: shuts the drivers down. */
  end(): void;
}

const OPEN = 0;
const CLOSING = 1;
const FINISHED = 2;

/** So many names from each end of a list that is too long to be read. */
const NAMED_AT_EACH_END = 10;

/** The longest delay that `setTimeout` takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Shuts one scheduler down, once. */
export class Shutdown {
  private readonly target: ShutdownTarget;
  private state = OPEN;
  private forsaken = false;
  private onFinished: (() => void)[] = [];

  constructor(target: ShutdownTarget) {
    this.target = target;
  }

  /** Whether it has begun. */
  get isClosing(): boolean {
    return this.state !== OPEN;
  }

  /** Whether it has ended. */
  get isFinished(): boolean {
    return this.state === FINISHED;
  }

  /** Begins; false when it had begun before. */
  begin(reason: unknown): boolean {
    if (this.state !== OPEN) return false;
    this.state = CLOSING;
    this.target.dropAll(reason);
    watchShutdown(this);
    return true;
  }

  /** Waits at most `ms` for the end; whether everything ended by itself. */
  wait(ms: number): Promise<boolean> {
    if (this.state === FINISHED) return Promise.resolve(!this.forsaken);
    return new Promise((resolve) => {
      const timer =
        ms === Number.POSITIVE_INFINITY
          ? undefined
          : setTimeout(() => this.forsake(`within ${ms} ms`, ""), Math.min(ms, MAX_DELAY_MS));
      this.onFinished.push(() => {
        clearTimeout(timer);
        resolve(!this.forsaken);
      });
    });
  }

  /** Ends it when nothing is left. */
  check(): void {
    if (this.state !== CLOSING || this.target.hasLeft()) return;
    this.state = FINISHED;
    unwatchShutdown(this);
    this.target.end();
    const told = this.onFinished;
    this.onFinished = [];
    for (const tell of told) tell();
  }

  /** The event loop has run dry: what still waits in its clean-up waits for ever. */
  giveUpShutdown(): void {
    this.forsake("", "when nothing could wake it any more");
  }

  private forsake(limit: string, when: string): void {
    if (this.state !== CLOSING) return;
    this.forsaken = true;
    const left = this.target.forsakeAll();
    const words = ["treadle: shutdown", limit, "gave up what was still running", when];
    writeToStderr(`${words.filter((word) => word !== "").join(" ")}: ${listed(left)}\n`);
    this.check();
  }
}

/** Of very many the first and the last few, which are threads if any were left. */
function listed(names: readonly string[]): string {
  const between = names.length - 2 * NAMED_AT_EACH_END;
  if (between <= 1) return names.join(", ");
  const first = names.slice(0, NAMED_AT_EACH_END);
  return [...first, `${between} others`, ...names.slice(-NAMED_AT_EACH_END)].join(", ");
}
