/**
 * A file descriptor that belongs to one object, which closes it exactly once.
 *
 * **Layout.** `io`: its place in the driver, from the start. `watched`: what the system was told to watch it for, 0 until an
 * operation first had to wait; so a connection that is closed before that costs no call on the epoll set.
 * `owned[fd]`: whose number that is now, in this thread.
 *
 * **Transitions.** open -> closed, by `close()`, by `release()`, because its owner was collected, or because its thread has
 * ended, however that came: then the addon does it.
 *
 * **Invariants.**
 * 1. It is deregistered before it is closed, so the number is never used again under a live registration.
 * 2. If its number belongs to another owner (somebody closed it behind our back and it was given out again), it is not
 *    closed.
 * 3. It never refers to its owner, or that could not be collected.
 */
import { RuntimeError } from "@treadle/core";
import { binding } from "./binding.ts";
import type { IoDriver } from "./driver.ts";
import { ERR_IO_CLOSED, ioShutdown } from "./error.ts";
import type { ScheduledIo } from "./scheduled-io.ts";

const owned: (Descriptor | undefined)[] = [];

const collected = new FinalizationRegistry<Descriptor>((descriptor) => descriptor.close());

/** The descriptor of a socket or pipe, and its place in the driver. */
export class Descriptor {
  /** The number; -1 once it is closed. */
  fd: number;
  /** @internal */
  readonly io: ScheduledIo;
  /** @internal */
  readonly driver: IoDriver;
  private watched: number;

  /**
   * Takes over an open, non-blocking descriptor, which is closed if that fails, and when `owner` is collected.
   */
  constructor(fd: number, owner: object, driver: IoDriver) {
    this.fd = fd;
    this.driver = driver;
    this.watched = 0;
    try {
      this.io = driver.adopt();
    } catch (error) {
      binding().close(fd);
      throw error;
    }
    owned[fd] = this;
    binding().own(fd);
    collected.register(owner, this, this);
  }

  /** Whether it was closed or given away. */
  isClosed(): boolean {
    return this.fd < 0;
  }

  /** @internal Makes sure that the system watches it for these bits of interest. */
  watch(bits: number): void {
    if ((this.watched & bits) === bits) return;
    const wanted = this.watched | bits;
    this.driver.watch(this.io, this.fd, this.watched, wanted);
    this.watched = wanted;
  }

  /** @internal Takes readiness away that an operation has just found used up. */
  clear(bits: number): void {
    this.io.clear(bits);
    if (this.driver.rearms) this.driver.rearm(this.io.token, bits & 0xff);
  }

  /** @internal Throws when no operation is possible any more. */
  check(): void {
    if (this.io.isShutdown()) throw this.dead();
  }

  /** @internal The error of every operation from now on. */
  dead(): RuntimeError {
    return this.fd < 0 ? ioClosed() : ioShutdown();
  }

  /** Closes it; whoever waits fails with `ERR_IO_CLOSED`. A second call does nothing. */
  close(): void {
    const fd = this.release();
    if (fd >= 0) binding().close(fd);
  }

  /** Gives the number away without closing it; -1 if it is not its own any more. */
  release(): number {
    const { fd } = this;
    if (fd < 0) return -1;
    this.fd = -1;
    collected.unregister(this);
    this.driver.deregister(this.io, fd);
    this.io.shutdown();
    if (owned[fd] !== this) return -1;
    owned[fd] = undefined;
    binding().disown(fd);
    return fd;
  }
}

/** Makes the error of an operation on what is closed. */
export function ioClosed(): RuntimeError {
  return new RuntimeError(
    ERR_IO_CLOSED,
    "the socket or pipe is closed: operations must begin and end before close()",
  );
}
