/**
 * Addresses as the addon reads and writes them.
 *
 * **Layout.** As in `native/address.h` of @treadle/io: word 0 the kind, 1 the port or the number of bytes of a path, 2-5 the
 * IP address, 6 the scope, 7 the flow, from word 8 on the bytes of a path.
 * **Who writes.** One array for the thread: filled right before a system call, read right after it.
 */

/** Words of an address of IPv4. */
export const IPV4 = 4;
/** Words of an address of IPv6. */
export const IPV6 = 6;
/** Words of an address of a unix socket. */
export const UNIX = 1;

/** The one array. */
export const words: Int32Array = new Int32Array(36);
/** Where a path lies in it. */
export const pathBytes: Uint8Array = new Uint8Array(words.buffer, 32);
