/** The native reactor: readiness of file descriptors, registrations, AsyncFd. */
export { AsyncFd, AsyncFdTryNewError, ERR_ASYNC_FD, type HasFd } from "./async-fd.ts";
export {
  type Binding,
  binding,
  type NativeReactor,
  type NativeSignals,
  platformPackage,
  type SocketConstants,
} from "./binding.ts";
export { Descriptor, ioClosed } from "./descriptor.ts";
export {
  DescriptorOp,
  EAGAIN,
  EINTR,
  READ_ON,
  READ_TRY,
  READ_WAIT,
  WRITE_TRY,
  WRITE_WAIT,
} from "./descriptor-op.ts";
export {
  currentIoDriver,
  IoDriver,
  type IoDriverOptions,
  ioDriverOf,
  ioSlot,
  type SelectorKind,
  unparkReactor,
} from "./driver.ts";
export {
  ERR_IO_CLOSED,
  ERR_IO_DEREGISTERED,
  ERR_IO_DISABLED,
  ERR_IO_SHUTDOWN,
  ERR_IO_UNAVAILABLE,
  IoError,
  type IoErrorDetails,
} from "./error.ts";
export type { ReadyEvent } from "./event.ts";
export { Interest } from "./interest.ts";
export { Ready } from "./ready.ts";
export { ReadyGuard } from "./ready-guard.ts";
export { Registration } from "./registration.ts";
export type { IoWaiter, WaitCounter } from "./scheduled-io.ts";
export { type Pair, type Sys, sys } from "./sys.ts";
export { WOULD_BLOCK, type WouldBlock } from "./would-block.ts";
