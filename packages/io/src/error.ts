/** The errors of I/O. */
import { getSystemErrorMap } from "node:util";
import { RuntimeError, sendErrorClass } from "@treadle/core";

/** Code of the error thrown when a source is registered in a runtime that was built without I/O. */
export const ERR_IO_DISABLED = "ERR_IO_DISABLED";
/** Code of the error of every operation on a driver that is shut down. */
export const ERR_IO_SHUTDOWN = "ERR_IO_SHUTDOWN";
/** Code of the error thrown when there is no native reactor for this platform. */
export const ERR_IO_UNAVAILABLE = "ERR_IO_UNAVAILABLE";
/** Code of the error thrown by a registration that was deregistered. */
export const ERR_IO_DEREGISTERED = "ERR_IO_DEREGISTERED";

/** Code of the error of an operation on a socket or pipe that is closed, or is closed meanwhile. */
export const ERR_IO_CLOSED = "ERR_IO_CLOSED";

/** What an {@link IoError} may say beyond the system's number. */
export interface IoErrorDetails {
  /** What to do about it. */
  readonly advice?: string;
  /** The address or path of the other side. */
  readonly address?: string;
  /** The port of the other side. */
  readonly port?: number;
}

/** Node makes a new map at each call. */
let names: ReadonlyMap<number, readonly [code: string, text: string]> | null = null;

function nameOf(errno: number): readonly [code: string, text: string] {
  names ??= getSystemErrorMap();
  return names.get(errno) ?? [`E${-errno}`, "unknown error"];
}

/**
 * A failed system call: Node's `code` ("EPERM"), `errno` (negative) and `syscall`.
 *
 * @example
 * ```ts
 * import { IoError, sys } from "@treadle/io";
 *
 * let code: string | undefined;
 * try {
 *   sys.close(-1);
 * } catch (error) {
 *   if (error instanceof IoError) code = error.code;
 * }
 * code; // => "EBADF"
 * ```
 */
export class IoError extends RuntimeError {
  /** The negative number of the error. */
  readonly errno: number;
  /** The system call that failed. */
  readonly syscall: string;

  /** The address or path that it was about, where there is one. */
  declare readonly address?: string;
  /** The port that it was about, where there is one. */
  declare readonly port?: number;

  constructor(errno: number, syscall: string, details: IoErrorDetails = {}) {
    const [code, text] = nameOf(errno);
    const { address, port, advice } = details;
    const where = address === undefined ? "" : ` ${address}${port === undefined ? "" : `:${port}`}`;
    super(code, `${code}: ${text}, ${syscall}${where}${advice === undefined ? "" : `: ${advice}`}`);
    this.errno = errno;
    this.syscall = syscall;
    if (address !== undefined) this.address = address;
    if (port !== undefined) this.port = port;
  }

  override get name(): string {
    return "IoError";
  }
}
sendErrorClass(IoError, "@treadle/io.IoError");

/** Makes the error of I/O in a runtime without I/O. */
export function ioDisabled(): RuntimeError {
  return new RuntimeError(
    ERR_IO_DISABLED,
    "A Treadle context was found, but IO is disabled. " +
      "Call `enableIo` on the runtime builder to enable IO.",
  );
}

/** Makes the error of I/O whose driver is shut down. */
export function ioShutdown(): RuntimeError {
  return new RuntimeError(
    ERR_IO_SHUTDOWN,
    "A Treadle context was found, but it is being shutdown.",
  );
}

/** Makes the error of a use after {@link Registration.deregister}. */
export function deregistered(fd: number): RuntimeError {
  return new RuntimeError(
    ERR_IO_DEREGISTERED,
    `the registration of file descriptor ${fd} was deregistered: make a new one with addSource()`,
  );
}

/** What to do about the refusals of the system that have one usual reason. */
function adviceFor(code: string | undefined, fd: number): string | undefined {
  if (code === "EPERM") {
    return (
      `file descriptor ${fd} is a regular file or a directory, which is always ready and cannot be watched: ` +
      "use node:fs, or fs of Treadle"
    );
  }
  if (code === "EEXIST") {
    return (
      `file descriptor ${fd} is registered with this runtime already: ` +
      "share that registration, or register a duplicate of the descriptor"
    );
  }
  if (code === "EBADF") return `${fd} is not an open file descriptor`;
  return undefined;
}

/** Makes the error of a registration that the system refused. */
export function refused(errno: number, fd: number): IoError {
  const advice = adviceFor(nameOf(errno)[0], fd);
  return new IoError(errno, "epoll_ctl", advice === undefined ? {} : { advice });
}
