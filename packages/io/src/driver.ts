/**
 * The I/O driver of one thread: its sources, and the native reactor in which the thread sleeps.
 *
 * **Layout.** The reactor is opened with the first source, so a runtime that never uses I/O costs nothing; until then
 * the thread sleeps in the `idlePark` that it was given. `batch`: how many events a sleep has left in the reactor's words,
 * or NOT_POLLED.
 *
 * **One turn.** Deregistered slots are released; one native call collects events (that of the sleep, or one that does not
 * wait); each is told to its source; while the array came back full, again, a few times.
 *
 * **Invariants.**
 * 1. `waiting` counts whoever waits for any source, or for signals; Node's loop watches the reactor, and stays alive, only while it is
 *    not 0 and the thread sleeps there.
 * 2. A sleep is made of slices of at most SLICE_MS, each entered through a JavaScript function, so that a thread can be
 *    terminated.
 */
import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import {
  currentRuntime,
  type Driver,
  invalidArg,
  type Park,
  type RuntimeContext,
  RuntimeError,
  Slot,
} from "@treadle/core";
import { binding, type NativeReactor } from "./binding.ts";
import { IoError, ioDisabled, ioShutdown, refused } from "./error.ts";
import { checkInterest, type Interest } from "./interest.ts";
import { Naps, type Sleeper } from "./naps.ts";
import { Registration } from "./registration.ts";
import { RegistrationSet } from "./registration-set.ts";
import { MAYBE_READ, MAYBE_WRITE, type ScheduledIo, type WaitCounter } from "./scheduled-io.ts";

/** Longest single sleep: a thread that is to be terminated must enter JavaScript from time to time. */
const SLICE_MS = 100;
const NOT_POLLED = -1;
/** How often one turn looks again when the array came back full. */
const MAX_BATCHES = 8;
/** Where in the reactor's words the events begin. */
const HEADER_WORDS = 2;
/** Events that one look takes by default. */
const DEFAULT_EVENTS = 1024;

/** Which system the reactor asks; `"epoll"` where there is epoll, `"uv"` elsewhere. */
export type SelectorKind = "epoll" | "uv";

/** What a driver is made of. */
export interface IoDriverOptions {
  /** Called from Node's event loop when events have come while the thread slept there. */
  readonly onReady: () => void;
  /** Where the thread sleeps as long as there is no source. */
  readonly idlePark: Park;
  /** How many events one look takes; 1024 by default. */
  readonly maxEvents?: number;
  /** The system to ask; that of the platform by default. */
  readonly selector?: SelectorKind;
}

/** Watches the sources of one thread; its scheduler drives it and sleeps in it. */
export class IoDriver implements Driver, Park, WaitCounter {
  /** How many wait now for any source, and for what else wakes the thread by unparking the reactor. */
  waiting = 0;
  /** @internal The runtime that it belongs to, once that has used it. */
  runtime: RuntimeContext | null = null;
  private readonly options: IoDriverOptions;
  private readonly set = new RegistrationSet();
  /** Which source a descriptor belongs to now, for one may have been closed and its number used again. */
  private readonly owners = new Map<number, number>();
  private readonly naps = new Naps();
  private reactor: NativeReactor | null = null;
  private words: Int32Array = new Int32Array(HEADER_WORDS);
  /** @internal Whether readiness that was cleared must be asked for again. */
  rearms = false;
  private batch = NOT_POLLED;
  private hosted = false;
  private closed = false;
  private registered = 0;
  private deregistered = 0;
  private ready = 0;

  constructor(options: IoDriverOptions) {
    this.options = options;
  }

  // Sources

  /**
   * Registers a non-blocking file descriptor.
   *
   * @throws {@link IoError} as the system refuses it: "EPERM" for a regular file, "EEXIST" for one that is registered,
   * "EBADF" for a number that is none; {@link RuntimeError} `ERR_IO_SHUTDOWN`, `ERR_IO_UNAVAILABLE`, `ERR_INVALID_ARG`.
   */
  addSource(fd: number, interest: Interest): Registration {
    checkInterest("interest of addSource()", interest);
    checkFd("fd of addSource()", fd);
    if (this.closed) throw ioShutdown();
    const reactor = this.reactor ?? this.open();
    const io = this.set.allocate(this);
    if (io === null) throw new IoError(-constants.errno.EMFILE, "epoll_ctl");
    const result = reactor.add(fd, io.token, interest.bits);
    if (result < 0) {
      this.forget(io);
      throw refused(result, fd);
    }
    this.owners.set(fd, io.token);
    this.registered++;
    return new Registration(this, io, fd, interest);
  }

  /** @internal Throws when it is shut down. */
  checkOpen(): void {
    if (this.closed) throw ioShutdown();
  }

  /** @internal A place for a descriptor that the system is told of later, by {@link IoDriver.watch}. */
  adopt(): ScheduledIo {
    if (this.closed) throw ioShutdown();
    const io = this.set.allocate(this, MAYBE_READ | MAYBE_WRITE);
    if (io === null) throw new IoError(-constants.errno.EMFILE, "epoll_ctl");
    this.registered++;
    return io;
  }

  /**
   * @internal Tells the system of an adopted descriptor, or of more to watch it for. What is ready already is reported too,
   * so nothing that came between an operation and this is lost.
   */
  watch(io: ScheduledIo, fd: number, before: number, bits: number): void {
    if (this.closed) throw ioShutdown();
    const reactor = this.reactor ?? this.open();
    const result =
      before === 0 ? reactor.add(fd, io.token, bits) : reactor.modify(fd, io.token, bits);
    if (result < 0) throw refused(result, fd);
    if (before === 0) this.owners.set(fd, io.token);
  }

  /** @internal */
  deregister(io: ScheduledIo, fd: number): void {
    if (this.closed) return;
    // If the descriptor was closed before, its number may belong to another source now.
    if (this.owners.get(fd) === io.token) {
      this.owners.delete(fd);
      this.reactor?.remove(fd, io.token);
    } else if (this.rearms) {
      this.reactor?.remove(fd, io.token);
    }
    this.deregistered++;
    this.forget(io);
  }

  private forget(io: ScheduledIo): void {
    // Events of the running turn may still speak of the slot; between turns nothing does.
    if (this.set.deregister(io) && this.batch === NOT_POLLED) this.set.releaseAll();
  }

  /** @internal Where the system has no edges, readiness that was cleared must be asked for again. */
  rearm(token: number, bits: number): void {
    if (this.rearms) this.reactor?.rearm(token, bits);
  }

  /** @internal Wakes `sleeper` after `ms`, or not if {@link IoDriver.cancelNap} comes first. */
  nap(sleeper: Sleeper, ms: number): void {
    if (this.closed) throw ioShutdown();
    this.naps.add(sleeper, performance.now() + ms);
  }

  /** @internal */
  cancelNap(sleeper: Sleeper): void {
    this.naps.remove(sleeper);
  }

  private open(): NativeReactor {
    const kind = this.options.selector ?? defaultSelector();
    const capacity = this.options.maxEvents ?? DEFAULT_EVENTS;
    const onReady = this.options.onReady;
    const opened = binding().open(capacity, kind === "uv" ? 1 : 0, onReady);
    if (typeof opened === "number") throw new IoError(opened, "epoll_create1");
    this.reactor = opened;
    this.words = opened.words;
    this.rearms = kind === "uv";
    return opened;
  }

  /**
   * The number by which {@link unparkReactor} wakes this driver's thread from another one.
   *
   * @throws {@link RuntimeError} `ERR_IO_UNAVAILABLE`; {@link IoError} when no reactor can be opened.
   */
  get id(): number {
    return (this.reactor ?? this.open()).id;
  }

  /** As {@link IoDriver.id}; 0 while there is no reactor, for it is opened with the first source. */
  get openId(): number {
    return this.reactor?.id ?? 0;
  }

  // Driver

  beforePark(_mayIdle: boolean): number {
    return this.naps.isEmpty() ? Number.POSITIVE_INFINITY : this.naps.left(performance.now());
  }

  afterPark(_woken: boolean): void {
    if (!this.naps.isEmpty()) this.naps.wake(performance.now());
    if (this.reactor === null) return;
    // Who waits for no source waits for an unpark (a signal), which the reactor has to be asked about.
    if (this.set.size === 0 && this.waiting === 0 && this.batch === NOT_POLLED) return;
    this.turn(this.reactor);
  }

  hasPending(): boolean {
    return this.waiting > 0 || !this.naps.isEmpty();
  }

  /** The thread goes to sleep in Node's event loop. */
  parkHosted(): void {
    const { reactor } = this;
    if (reactor === null) return;
    const watch = this.waiting > 0;
    if (!watch && !this.hosted) return;
    this.hosted = watch;
    const result = reactor.host(watch ? 1 : 0);
    if (result < 0) throw new IoError(result, "uv_poll_start");
    if (result > 0) setImmediate(this.options.onReady);
  }

  shutdown(): void {
    if (this.closed) return;
    this.closed = true;
    this.set.shutdown();
    this.naps.wake(Number.POSITIVE_INFINITY);
    this.owners.clear();
    this.reactor?.close();
    this.reactor = null;
  }

  /** Collects events without waiting and tells them. */
  private turn(reactor: NativeReactor): void {
    let count = this.batch;
    if (count === NOT_POLLED) count = this.poll(reactor, 0);
    this.batch = count;
    const capacity = (this.words.length - HEADER_WORDS) >> 1;
    for (let i = 1; ; i++) {
      this.dispatch(count);
      if (count < capacity || i === MAX_BATCHES) break;
      count = this.poll(reactor, 0);
    }
    this.batch = NOT_POLLED;
    this.set.releaseAll();
  }

  private dispatch(count: number): void {
    const { words, set } = this;
    this.ready += count;
    for (let i = 0, at = HEADER_WORDS; i < count; i++, at += 2) {
      set.get(words[at] as number)?.setReadiness(words[at + 1] as number);
    }
  }

  // Park

  park(timeoutMs: number): void {
    const { reactor } = this;
    if (reactor === null) {
      this.options.idlePark.park(timeoutMs);
      return;
    }
    if (timeoutMs === Number.POSITIVE_INFINITY) {
      while (!this.parkSlice(reactor, SLICE_MS));
      return;
    }
    const end = performance.now() + timeoutMs;
    let left = timeoutMs;
    while (left > 0 && !this.parkSlice(reactor, Math.min(SLICE_MS, Math.ceil(left)))) {
      left = end - performance.now();
    }
  }

  /** Sleeps once; whether the sleep is over before its time. */
  private parkSlice(reactor: NativeReactor, ms: number): boolean {
    this.batch = this.poll(reactor, ms);
    return this.batch > 0 || this.words[0] !== 0;
  }

  private poll(reactor: NativeReactor, ms: number): number {
    const count = reactor.poll(ms);
    if (count < 0) throw unexpected(count);
    return count;
  }

  unpark(): void {
    if (this.reactor === null) this.options.idlePark.unpark();
    else this.reactor.unpark();
  }

  // Metrics

  /** Descriptors registered so far. */
  fdRegisteredCount(): number {
    return this.registered;
  }

  /** Descriptors deregistered so far. */
  fdDeregisteredCount(): number {
    return this.deregistered;
  }

  /** Readiness events told so far. */
  readyCount(): number {
    return this.ready;
  }
}

/** `TREADLE_IO_SELECTOR=uv` in the environment takes the portable selector where there is a better one. */
function defaultSelector(): SelectorKind {
  return process.platform === "linux" && process.env["TREADLE_IO_SELECTOR"] !== "uv"
    ? "epoll"
    : "uv";
}

function unexpected(errno: number): RuntimeError {
  const cause = new IoError(errno, "epoll_wait");
  return new RuntimeError(
    cause.code,
    `unexpected error when polling the I/O driver: ${cause.message}`,
    { cause },
  );
}

function checkFd(name: string, fd: number): void {
  if (Number.isInteger(fd) && fd >= 0 && fd <= 0x7fffffff) return;
  throw invalidArg(name, fd, "must be a file descriptor, a whole number from 0 on");
}

/** Wakes the thread that sleeps in a driver, from any thread; whether there is such a driver. */
export function unparkReactor(id: number): boolean {
  return binding().unpark(id) >= 0;
}

/** Where a runtime keeps the I/O driver of this thread. */
export const ioSlot: Slot<IoDriver> = new Slot<IoDriver>("io");

/** The I/O driver of a runtime. */
export function ioDriverOf(runtime: RuntimeContext): IoDriver {
  const driver = ioSlot.of(runtime);
  if (driver === undefined) throw ioDisabled();
  if (driver.runtime === null) driver.runtime = runtime;
  return driver;
}

/**
 * The I/O driver of the current runtime.
 *
 * @throws {@link RuntimeError} `ERR_NO_RUNTIME`, naming `what` was called; `ERR_IO_DISABLED`.
 */
export function currentIoDriver(what: string): IoDriver {
  return ioDriverOf(currentRuntime(what));
}
