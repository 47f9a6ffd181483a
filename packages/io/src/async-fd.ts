/** Any file descriptor as a source of readiness, with the object it belongs to. */
import {
  type Awaitable,
  invalidArg,
  Leaf,
  Pending,
  type Poll,
  RuntimeError,
  sendErrorClass,
} from "@treadle/core";
import { currentIoDriver } from "./driver.ts";
import type { ReadyEvent } from "./event.ts";
import { Interest } from "./interest.ts";
import { ReadyGuard } from "./ready-guard.ts";
import type { Registration } from "./registration.ts";
import type { WouldBlock } from "./would-block.ts";

/** What has a file descriptor: the number itself, or an object with it as `fd`. */
export type HasFd = number | { readonly fd: number };

/** Code of {@link AsyncFdTryNewError}. */
export const ERR_ASYNC_FD = "ERR_ASYNC_FD";

/** Thrown by {@link AsyncFd.tryNew}: `inner` is what could not be registered, `cause` why. */
export class AsyncFdTryNewError<T extends HasFd = HasFd> extends RuntimeError {
  /** What was to be registered. */
  readonly inner: T;

  /** @internal */
  constructor(inner: T, cause: unknown) {
    super(ERR_ASYNC_FD, cause instanceof Error ? cause.message : String(cause), { cause });
    this.inner = inner;
  }

  /** What was to be registered, and the reason why it could not. */
  intoParts(): [inner: T, cause: unknown] {
    return [this.inner, this.cause];
  }
}
sendErrorClass(AsyncFdTryNewError, "@treadle/io.AsyncFdTryNewError");

const BOTH = Interest.READABLE.add(Interest.WRITABLE);

/**
 * Watches a file descriptor: a pipe, a socket, an eventfd, a terminal, a pidfd; never a regular file.
 *
 * @remarks The descriptor must be non-blocking and is read once, in the constructor. Disposing of it deregisters, and then
 * disposes of what was given to it if that is disposable; {@link AsyncFd.intoInner} gives it back instead.
 * @example
 * ```ts
 * import { AsyncFd, Builder, Interest, sys } from "treadle";
 *
 * const [reader, writer] = sys.pipe();
 * const rt = Builder.newCurrentThread().enableIo().build();
 * rt.blockOn(function* () {
 *   using fd = new AsyncFd(reader, Interest.READABLE);
 *   sys.write(writer, Buffer.from("hello"));
 *   const bytes = Buffer.alloc(16);
 *   const count = yield* fd.asyncIo(Interest.READABLE, () => sys.read(fd.getRef(), bytes));
 *   return bytes.toString("utf8", 0, count);
 * }); // => "hello"
 * rt.shutdownBackground();
 * sys.close(reader);
 * sys.close(writer);
 * ```
 */
export class AsyncFd<T extends HasFd = number> implements Disposable {
  private readonly inner: T;
  private readonly registration: Registration;
  private released = false;

  /**
   * Registers with the current runtime, for reading and writing by default.
   *
   * @throws {@link IoError} as the system refuses it; {@link RuntimeError} `ERR_NO_RUNTIME`, `ERR_IO_DISABLED`,
   * `ERR_IO_SHUTDOWN`, `ERR_INVALID_ARG`.
   */
  constructor(inner: T, interest: Interest = BOTH) {
    const driver = currentIoDriver("new AsyncFd()");
    this.inner = inner;
    this.registration = driver.addSource(fdOf(inner), interest);
  }

  /**
   * As the constructor, but the error holds what was given.
   *
   * @throws {@link AsyncFdTryNewError} with the constructor's error as its `cause`.
   */
  static tryNew<T extends HasFd>(inner: T, interest: Interest = BOTH): AsyncFd<T> {
    try {
      return new AsyncFd(inner, interest);
    } catch (error) {
      throw new AsyncFdTryNewError(inner, error);
    }
  }

  /** What was given to the constructor. */
  getRef(): T {
    return this.inner;
  }

  /** The file descriptor. */
  get fd(): number {
    return this.registration.fd;
  }

  /** Waits for any readiness of `interest`. **Cancel safety**: safe. */
  ready(interest: Interest): Awaitable<ReadyGuard<T>> {
    return new GuardWait(this, this.registration.readiness(interest));
  }

  /** Waits until it can be read. **Cancel safety**: safe. */
  readable(): Awaitable<ReadyGuard<T>> {
    return this.ready(Interest.READABLE);
  }

  /** Waits until it can be written. **Cancel safety**: safe. */
  writable(): Awaitable<ReadyGuard<T>> {
    return this.ready(Interest.WRITABLE);
  }

  /** For functions given to `pollFn`: a guard if it can be read; one reader, the last caller's waker is kept. */
  pollReadReady(): ReadyGuard<T> | Pending {
    return this.guardOf(this.registration.pollReadReady());
  }

  /** As {@link AsyncFd.pollReadReady}, for writing. */
  pollWriteReady(): ReadyGuard<T> | Pending {
    return this.guardOf(this.registration.pollWriteReady());
  }

  private guardOf(event: ReadyEvent | Pending): ReadyGuard<T> | Pending {
    if (event === Pending) return Pending;
    return new ReadyGuard(this, this.registration, event as ReadyEvent);
  }

  /** @internal */
  guard(event: ReadyEvent): ReadyGuard<T> {
    return new ReadyGuard(this, this.registration, event);
  }

  /** Tries an operation at once, see {@link Registration.tryIo}. */
  tryIo<R>(interest: Interest, operation: (inner: T) => R | WouldBlock): R | WouldBlock {
    return this.registration.tryIo(interest, () => operation(this.inner));
  }

  /** Runs an operation when it is ready, see {@link Registration.asyncIo}. */
  asyncIo<R>(interest: Interest, operation: (inner: T) => R | WouldBlock): Awaitable<R> {
    return this.registration.asyncIoWith(interest, operation, this.inner);
  }

  /** Deregisters and gives back what was given. */
  intoInner(): T {
    this.released = true;
    this.registration.deregister();
    return this.inner;
  }

  /** Deregisters, then disposes of what was given if that can be disposed of. */
  [Symbol.dispose](): void {
    if (this.released) return;
    this.intoInner();
    if (typeof this.inner === "object") (this.inner as Partial<Disposable>)[Symbol.dispose]?.();
  }
}

class GuardWait<T extends HasFd> extends Leaf<ReadyGuard<T>> {
  private readonly owner: AsyncFd<T>;
  private readonly wait: Awaitable<ReadyEvent>;

  constructor(owner: AsyncFd<T>, wait: Awaitable<ReadyEvent>) {
    super();
    this.owner = owner;
    this.wait = wait;
  }

  protected override poll(): Poll<ReadyGuard<T>> {
    const answer = this.wait.next();
    return answer.done ? { done: true, value: this.owner.guard(answer.value) } : answer;
  }

  protected override drop(): void {
    this.wait.return?.();
  }
}

function fdOf(inner: HasFd): number {
  if (typeof inner === "number") return inner;
  if (typeof inner === "object" && inner !== null && typeof inner.fd === "number") return inner.fd;
  throw invalidArg("inner of AsyncFd", inner, "must be a file descriptor or an object with fd");
}
