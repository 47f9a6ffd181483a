/** A driver without a scheduler, and descriptors for it. */
import { readdirSync } from "node:fs";
import type { Park } from "@treadle/core";
import { IoDriver, type SelectorKind, sys, WOULD_BLOCK } from "@treadle/io";
import { describe } from "vitest";

/** The selectors of this platform. */
export const selectors: readonly SelectorKind[] =
  process.platform === "linux" ? ["epoll", "uv"] : ["uv"];

/** Declares tests once for each selector. */
export function onEachSelector(body: (kind: SelectorKind) => void): void {
  for (const kind of selectors) describe(`on ${kind}`, () => body(kind));
}

/** Counts instead of sleeping. */
export class CountedPark implements Park {
  parks: number[] = [];
  unparks = 0;

  park(timeoutMs: number): void {
    this.parks.push(timeoutMs);
  }

  unpark(): void {
    this.unparks++;
  }
}

/** A driver, with what it calls. */
export interface Rig extends Disposable {
  readonly driver: IoDriver;
  readonly idlePark: CountedPark;
  /** How often the event loop said that events have come. */
  readonly ready: { count: number };
  /** One turn that does not wait. */
  turn(): void;
}

/** A driver on a selector. */
export function rig(selector: SelectorKind, maxEvents = 1024): Rig {
  const idlePark = new CountedPark();
  const ready = { count: 0 };
  const onReady = () => {
    ready.count++;
  };
  const driver = new IoDriver({ onReady, idlePark, selector, maxEvents });
  return {
    driver,
    idlePark,
    ready,
    turn() {
      driver.beforePark(false);
      driver.afterPark(true);
    },
    [Symbol.dispose]() {
      driver.shutdown();
    },
  };
}

/** The ends of a pipe, closed at the end of the block. */
export class Pipe implements Disposable {
  readonly reader: number;
  readonly writer: number;
  private readonly open = new Set<number>();

  constructor() {
    [this.reader, this.writer] = sys.pipe();
    this.open.add(this.reader).add(this.writer);
  }

  write(text = "x"): void {
    sys.write(this.writer, Buffer.from(text));
  }

  /** What is there, or null when nothing is. */
  read(): string | null {
    const bytes = Buffer.alloc(64);
    const count = sys.read(this.reader, bytes);
    return count === WOULD_BLOCK ? null : bytes.toString("latin1", 0, count as number);
  }

  close(fd: number): void {
    this.open.delete(fd);
    sys.close(fd);
  }

  [Symbol.dispose](): void {
    for (const fd of [...this.open]) this.close(fd);
  }
}

/** How many descriptors this process has open. */
export function openDescriptors(): number {
  return readdirSync(process.platform === "linux" ? "/proc/self/fd" : "/dev/fd").length;
}
