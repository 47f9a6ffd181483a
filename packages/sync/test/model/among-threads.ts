/** What threads of a model do with shared things, as the futures of `src` do it. */
import { load } from "@treadle/core/shared";
import type { LineWait } from "../../src/shared/shared-line.ts";
import type { SharedNotify } from "../../src/shared/shared-notify.ts";
import { ASSIGNED, type SharedSemaphore, TAKEN } from "../../src/shared/shared-semaphore.ts";
import type { ModelHost } from "./host.ts";

/** `TREADLE_LONG_MODELS=1`: more preemptions, and a death in front of every operation. */
export const LONG: boolean = process.env["TREADLE_LONG_MODELS"] !== undefined;

/** Which deaths are tried: in front of each operation, or of each third. */
export function deaths(operations: number): number[] {
  const all = Array.from({ length: operations }, (_, step) => step);
  return LONG ? all : all.filter((step) => step % 3 === 0);
}

/** A wait in a line, as a leaf is one. */
export class Turn implements LineWait {
  state = 0;

  ended(state: number): void {
    this.state = state;
  }

  wakeUp(): void {}
}

/** Acquires as `acquire` does; false when the semaphore is closed. */
export function acquire(semaphore: SharedSemaphore, count: number): boolean {
  const turn = new Turn();
  const node = semaphore.queue(count, turn);
  if (node <= 0) return node === TAKEN;
  while (turn.state === 0) (semaphore.host as ModelHost).sleep();
  return turn.state === ASSIGNED;
}

/** Waits as `notified` does, from a moment on that the caller knows. */
export function notified(notify: SharedNotify, since: number = notify.calls): void {
  const turn = new Turn();
  if (notify.queue(since, turn) === 0) return;
  while (turn.state === 0) (notify.host as ModelHost).sleep();
}

const OPERATIONS = [
  "load",
  "store",
  "exchange",
  "compareExchange",
  "add",
  "wait",
  "notify",
] as const;

class Death extends Error {}

/**
 * Runs a thread's program that dies before its operation number `step` (of `Atomics`; from 0 on), and then says that it is
 * dead. The model runs one thread at a time, so the functions can be replaced meanwhile.
 */
export function mortal(host: ModelHost, step: number, program: () => void): void {
  const before = OPERATIONS.map((name) => Atomics[name]);
  let left = step;
  OPERATIONS.forEach((name, i) => {
    const original = before[i] as (...args: unknown[]) => unknown;
    put(name, (...args: unknown[]) => {
      if (left === 0) throw new Death();
      left -= 1;
      return original(...args);
    });
  });
  try {
    program();
  } catch (error) {
    if (!(error instanceof Death)) throw error;
  } finally {
    OPERATIONS.forEach((name, i) => {
      put(name, before[i]);
    });
  }
  host.die(host.ref);
}

function put(name: string, value: unknown): void {
  Object.defineProperty(Atomics, name, { value, writable: true, configurable: true });
}

/** A word that threads add to without any care. */
export function addPlainly(words: Int32Array, at: number): void {
  words[at] = (words[at] as number) + 1;
}

/** A word as it is now. */
export function look(words: Int32Array, at: number): number {
  return load(words, at);
}
