/** The errors of sockets and pipes that are not the system's. */
import { describe, RuntimeError } from "@treadle/core";

/** Code of the error of a list of addresses with none in it. */
export const ERR_NO_ADDRESS = "ERR_NO_ADDRESS";
/** Code of the error of a host name that cannot be looked up while `blockOn` blocks the thread. */
export const ERR_LOOKUP_BLOCKED = "ERR_LOOKUP_BLOCKED";
/** Code of the error of {@link OwnedReadHalf.reunite} with a half of another stream. */
export const ERR_REUNITE = "ERR_REUNITE";
/** Code of the error of a file opened as a pipe that is none. */
export const ERR_NOT_A_PIPE = "ERR_NOT_A_PIPE";

/** Code of the error of a call that only the other kind of socket has. */
export const ERR_SOCKET_KIND = "ERR_SOCKET_KIND";

/** Makes the error of a list without addresses. */
export function noAddress(given: unknown): RuntimeError {
  return new RuntimeError(
    ERR_NO_ADDRESS,
    `could not resolve to any address: ${describe(given)} names none`,
  );
}

/** Makes the error of a name that only Node's event loop could look up. */
export function lookupBlocked(host: string): RuntimeError {
  return new RuntimeError(
    ERR_LOOKUP_BLOCKED,
    `the host name ${JSON.stringify(host)} cannot be looked up inside blockOn(), where node:dns makes no progress: ` +
      "give an IP address, put the name into the hosts file, or look it up before with lookupHost() in runtime.run()",
  );
}
