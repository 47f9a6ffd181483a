/**
 * What the system calls of {@link sys} let the operation around them know.
 *
 * On a stream, a read that did not fill its buffer has emptied the stream, and a write that was cut short has filled it: the
 * readiness is used up, and the call that would only say so can be saved. The next event tells of what comes later.
 */

/** The last transfer of this thread that moved less than it was asked to. */
export const shortTransfer: {
  /** The descriptor; -1 when there was none since somebody last looked. */
  fd: number;
  /** Whether it was a read. */
  read: boolean;
} = { fd: -1, read: false };
