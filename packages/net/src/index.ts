/** Sockets and pipes on the reactor, and the byte streams that they are. */
export {};
