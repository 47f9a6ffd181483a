/** What threads of a model do with shared things, as the futures of `src` do it. */
import { load } from "@treadle/core/shared";
import type { LineWait } from "../../src/shared/shared-line.ts";
import type { SharedNotify } from "../../src/shared/shared-notify.ts";
import { ASSIGNED, type SharedSemaphore, TAKEN } from "../../src/shared/shared-semaphore.ts";
import { ModelHost } from "./host.ts";

/** `TREADLE_LONG_MODELS=1`: more preemptions, and a death in front of every operation. */
export const LONG: boolean = process.env["TREADLE_LONG_MODELS"] !== undefined;

/** Which deaths are tried: in front of each step, or of each second one, unless mutants are to be found. */
export function deaths(steps: number): number[] {
  const all = Array.from({ length: steps }, (_, step) => step);
  const every = LONG || process.env["TREADLE_MUTANT"] !== undefined;
  return every ? all : all.filter((step) => step % 2 === 0);
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
 * Runs a thread's program that dies before its step number `step`: an operation of `Atomics` or a plain write, from 0 on, counted
 * from when it calls `begin`. Then it says that it is dead. The model runs one thread at a time, so the functions can be
 * replaced meanwhile.
 */
export function mortal(
  words: Int32Array,
  ref: number,
  step: number,
  program: (host: ModelHost, begin: () => void) => void,
): void {
  let left = Number.POSITIVE_INFINITY;
  const pass = (): void => {
    if (left === 0) throw new Death();
    left -= 1;
  };
  const mortals = new Proxy(words, {
    get: (target, key) => Reflect.get(target, key, target) as unknown,
    set: (target, key, value) => {
      pass();
      target[Number(key)] = value as number;
      return true;
    },
  });
  const before = OPERATIONS.map((name) => Atomics[name]);
  OPERATIONS.forEach((name, i) => {
    const original = before[i] as (...args: unknown[]) => unknown;
    put(name, (_words: unknown, ...args: unknown[]) => {
      pass();
      return original(words, ...args);
    });
  });
  try {
    program(new ModelHost(mortals, ref), () => {
      left = step;
    });
  } catch (error) {
    if (!(error instanceof Death)) throw error;
  } finally {
    OPERATIONS.forEach((name, i) => {
      put(name, before[i]);
    });
  }
  new ModelHost(words, ref).die(ref);
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
