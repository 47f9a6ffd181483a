/** Who is on the other side of a unix socket. */
import { IoError } from "@treadle/io";
import { native } from "./io-object.ts";

/** The process that connected, or that made the listener. */
export interface PeerCredentials {
  /** Its number; undefined where the system does not say. */
  readonly pid: number | undefined;
  /** Its user. */
  readonly uid: number;
  /** Its group. */
  readonly gid: number;
}

/** The credentials of the peer of a unix socket. */
export function credentialsOf(fd: number): PeerCredentials {
  const into = new Int32Array(3);
  const result = native.peerCredentials(fd, into);
  if (result < 0) throw new IoError(result, "getsockopt");
  const [pid = -1, uid = 0, gid = 0] = into;
  return { pid: pid > 0 ? pid : undefined, uid: uid >>> 0, gid: gid >>> 0 };
}
