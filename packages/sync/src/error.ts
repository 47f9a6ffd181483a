/** The errors of channels, semaphores, guards and cells. */
import { RuntimeError, sendErrorClass } from "@treadle/core";

/** Code of an error that says the other side of a channel is gone. */
export const ERR_CHANNEL_CLOSED = "ERR_CHANNEL_CLOSED";
/** Code of the error of `trySend` when the channel has no room. */
export const ERR_CHANNEL_FULL = "ERR_CHANNEL_FULL";
/** Code of the error of a broadcast receiver that was too slow. */
export const ERR_LAGGED = "ERR_LAGGED";
/** Code of the error of waiting for permits of a closed semaphore. */
export const ERR_SEMAPHORE_CLOSED = "ERR_SEMAPHORE_CLOSED";
/** Code of the error of using a guard or a permit after it was released. */
export const ERR_GUARD_RELEASED = "ERR_GUARD_RELEASED";
/** Code of the error of setting a cell that has its value, or is just getting it. */
export const ERR_ALREADY_SET = "ERR_ALREADY_SET";

/** A value could not be sent; it comes back in `value`. */
export class SendError<T = unknown> extends RuntimeError {
  declare readonly code: "ERR_CHANNEL_CLOSED" | "ERR_CHANNEL_FULL";
  /** What was to be sent. */
  readonly value: T;

  /** @internal */
  constructor(code: "ERR_CHANNEL_CLOSED" | "ERR_CHANNEL_FULL", message: string, value: T) {
    super(code, message);
    this.value = value;
  }

  /** The class's name. */
  override get name(): string {
    return "SendError";
  }

  /** Whether the channel only had no room just then. */
  isFull(): boolean {
    return this.code === ERR_CHANNEL_FULL;
  }

  /** Whether no value can be received any more. */
  isClosed(): boolean {
    return this.code === ERR_CHANNEL_CLOSED;
  }
}
sendErrorClass(SendError, "@treadle/sync.SendError");

/** Nothing can be received: the senders are gone, or this receiver has missed values. */
export class RecvError extends RuntimeError {
  declare readonly code: "ERR_CHANNEL_CLOSED" | "ERR_LAGGED";
  /** How many values a lagging broadcast receiver has missed; 0 when the channel is closed. */
  readonly missed: number;

  /** @internal */
  constructor(code: "ERR_CHANNEL_CLOSED" | "ERR_LAGGED", message: string, missed = 0) {
    super(code, message);
    this.missed = missed;
  }

  /** The class's name. */
  override get name(): string {
    return "RecvError";
  }

  /** Whether values were missed; the next receive goes on with the oldest one kept. */
  isLagged(): boolean {
    return this.code === ERR_LAGGED;
  }

  /** Whether nothing will ever come any more. */
  isClosed(): boolean {
    return this.code === ERR_CHANNEL_CLOSED;
  }
}
sendErrorClass(RecvError, "@treadle/sync.RecvError");

/** No permit can be had: the semaphore was closed. */
export class AcquireError extends RuntimeError {
  declare readonly code: "ERR_SEMAPHORE_CLOSED";

  /** @internal */
  constructor() {
    super(
      ERR_SEMAPHORE_CLOSED,
      "semaphore closed: close() was called, and nobody gets permits any more",
    );
  }

  /** The class's name. */
  override get name(): string {
    return "AcquireError";
  }
}
sendErrorClass(AcquireError, "@treadle/sync.AcquireError");

/** Makes the error for a value that no receiver is left for. */
export function sendClosed<T>(value: T): SendError<T> {
  return new SendError(
    ERR_CHANNEL_CLOSED,
    "channel closed: the receiver is gone; the value is in error.value",
    value,
  );
}

/** Makes the error for using a sender after its own `close()`. */
export function senderClosed<T>(value: T): SendError<T> {
  return new SendError(
    ERR_CHANNEL_CLOSED,
    "this sender was closed: send on a clone() made before its close()",
    value,
  );
}

/** Makes the error for a channel that has no room just now. */
export function sendFull<T>(value: T): SendError<T> {
  return new SendError(
    ERR_CHANNEL_FULL,
    "no available capacity: the channel is full; wait with send(), or drop the value in error.value",
    value,
  );
}

/** Makes the error for a channel whose senders are all gone. */
export function recvClosed(): RecvError {
  return new RecvError(ERR_CHANNEL_CLOSED, "channel closed: all senders are gone");
}

/** Makes the error for a receiver that was given up itself. */
export function receiverClosed(): RecvError {
  return new RecvError(
    ERR_CHANNEL_CLOSED,
    "this receiver was closed or sent to another thread: use a clone() made before that",
  );
}

/** Makes the error for a receiver that has missed `missed` values. */
export function recvLagged(missed: number): RecvError {
  return new RecvError(
    ERR_LAGGED,
    `channel lagged by ${missed}: the receiver was too slow, or the capacity is too small`,
    missed,
  );
}

/** Makes the error for touching what a released guard no longer holds. */
export function guardReleased(what: string): RuntimeError {
  return new RuntimeError(
    ERR_GUARD_RELEASED,
    `${what} was used after its release: take what is needed out before, or lock again`,
  );
}
