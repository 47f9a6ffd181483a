/** One file descriptor's place in a driver. */
import {
  type Awaitable,
  currentWaker,
  cx,
  Pending,
  pollProceed,
  type RuntimeError,
  refundBudget,
} from "@treadle/core";
import { AsyncIo } from "./async-io.ts";
import { binding } from "./binding.ts";
import type { IoDriver } from "./driver.ts";
import { deregistered, ioShutdown } from "./error.ts";
import type { ReadyEvent } from "./event.ts";
import { checkInterest, type Interest } from "./interest.ts";
import { Readiness } from "./readiness.ts";
import { maskOf, PRIORITY, READ_CLOSED, READABLE, WRITABLE, WRITE_CLOSED } from "./ready.ts";
import { type Direction, maskOfDirection, type ScheduledIo } from "./scheduled-io.ts";
import { shortTransfer } from "./short-transfer.ts";
import { attempt, WOULD_BLOCK, type WouldBlock } from "./would-block.ts";

const CLOSED = READ_CLOSED | WRITE_CLOSED;
/** Readiness with which a short read says nothing: the end follows, or urgent data cut it short. */
const READ_ON = READ_CLOSED | PRIORITY;

/**
 * A source registered with a runtime; made by `handle.addSource(fd, interest)`.
 *
 * @remarks The descriptor must be non-blocking, and stays the caller's: deregister, then close it. Readiness is
 * edge-triggered: operate until the operation would block, then clear, or leave both to {@link Registration.asyncIo}.
 * All operations fail with `ERR_IO_SHUTDOWN` once the runtime is shut down.
 */
export class Registration implements Disposable {
  /** The file descriptor. */
  readonly fd: number;
  /** What it was registered for. */
  readonly interest: Interest;
  private readonly driver: IoDriver;
  private readonly io: ScheduledIo;
  private gone = false;
  private stream: boolean | null = null;

  /** @internal */
  constructor(driver: IoDriver, io: ScheduledIo, fd: number, interest: Interest) {
    this.driver = driver;
    this.io = io;
    this.fd = fd;
    this.interest = interest;
  }

  /** @internal Throws when nothing will ever happen here any more. */
  check(): void {
    if (this.gone || this.io.isShutdown()) throw this.dead();
  }

  private dead(): RuntimeError {
    return this.gone ? deregistered(this.fd) : ioShutdown();
  }

  /**
   * Waits until the source is ready for something of `interest`; many tasks may wait at once, and all are woken.
   *
   * @remarks **Cancel safety**: safe, the readiness stays. Readiness may be spurious.
   */
  readiness(interest: Interest): Awaitable<ReadyEvent> {
    checkInterest("interest of readiness()", interest);
    return new Readiness(this, this.io, maskOf(interest));
  }

  /** Forgets the readiness of an event, after an operation would have blocked; not if newer readiness has come. */
  clearReadiness(event: ReadyEvent): void {
    if (this.gone || !this.io.clearReadiness(event)) return;
    this.driver.rearm(this.io.token, event.ready.bits);
  }

  /**
   * Tries an operation at once: {@link WOULD_BLOCK} if the source is not known to be ready, without calling it, or if the
   * operation says so.
   */
  tryIo<T>(interest: Interest, operation: () => T | WouldBlock): T | WouldBlock {
    checkInterest("interest of tryIo()", interest);
    this.check();
    const mask = maskOf(interest);
    if (this.io.readyBits(mask) === 0) return WOULD_BLOCK;
    const event = this.io.event(mask);
    const result = attempt(operation);
    if (result === WOULD_BLOCK) this.clearReadiness(event);
    return result;
  }

  /**
   * Runs an operation when the source is ready, and again as often as it would block; its value or its error.
   *
   * @remarks The operation returns {@link WOULD_BLOCK} or throws an error with the code "EAGAIN" when it would have to
   * wait. **Cancel safety**: safe, nothing runs while it waits. Uses the budget.
   */
  asyncIo<T>(interest: Interest, operation: () => T | WouldBlock): Awaitable<T> {
    checkInterest("interest of asyncIo()", interest);
    return new AsyncIo(this, this.io, maskOf(interest), operation, undefined);
  }

  /** @internal As {@link Registration.asyncIo}, with an operation that is given `argument`. */
  asyncIoWith<A, T>(
    interest: Interest,
    operation: (argument: A) => T | WouldBlock,
    argument: A,
  ): Awaitable<T> {
    checkInterest("interest of asyncIo()", interest);
    return new AsyncIo(this, this.io, maskOf(interest), operation, argument);
  }

  /** @internal Forgets readiness that an operation has just found used up; a closed side stays closed. */
  clear(mask: number): void {
    if (this.gone) return;
    const bits = mask & ~CLOSED;
    this.io.clear(bits);
    this.driver.rearm(this.io.token, bits);
  }

  /** @internal After a short transfer: forgets the readiness if that says that it is used up. */
  clearShort(mask: number): void {
    const { read } = shortTransfer;
    const bits = mask & (read ? READABLE : WRITABLE);
    if (bits === 0 || this.io.readyBits(read ? READ_ON : WRITE_CLOSED) !== 0) return;
    if (this.isStream()) this.clear(bits);
  }

  /** Whether a short transfer says something, asked of the system at the first one. */
  private isStream(): boolean {
    this.stream ??= binding().streams(this.fd) === 1;
    return this.stream;
  }

  /** For functions given to `pollFn`: the event if it can be read, else keeps the current waker, the last caller's only. */
  pollReadReady(): ReadyEvent | Pending {
    return this.pollReady("read");
  }

  /** As {@link Registration.pollReadReady}, for writing. */
  pollWriteReady(): ReadyEvent | Pending {
    return this.pollReady("write");
  }

  private pollReady(direction: Direction): ReadyEvent | Pending {
    const waker = cx.waker ?? currentWaker();
    this.check();
    if (!pollProceed()) return Pending;
    const mask = maskOfDirection(direction);
    if (this.io.readyBits(mask) !== 0) return this.io.event(mask);
    this.io.setSlot(direction, waker);
    refundBudget();
    return Pending;
  }

  /** Ends the registration; a second call does nothing. Whoever still waits is woken and fails with `ERR_IO_DEREGISTERED`. */
  deregister(): void {
    if (this.gone) return;
    this.gone = true;
    this.driver.deregister(this.io, this.fd);
    this.io.shutdown();
  }

  /** As {@link Registration.deregister}. */
  [Symbol.dispose](): void {
    this.deregister();
  }
}
