/**
 * Which parts of the tree lie on file systems that may keep a system call waiting for ever.
 *
 * A call to a network server that has gone does not return, and on this thread it would take Ctrl-C and the time limits
 * with it. So what is not known to be local is read by threads of the pool only. Linux tells what is mounted where
 * without asking the file systems themselves; elsewhere everything counts as local.
 */
import { readFileSync, realpathSync } from "node:fs";
import { type BytePath, withSlash } from "./byte-path.ts";

const LOCAL = new Set(
  (
    "bcachefs btrfs cgroup2 devpts devtmpfs erofs exfat ext2 ext3 ext4 f2fs hfsplus iso9660 jfs msdos ntfs3 overlay " +
    "proc ramfs reiserfs rootfs securityfs squashfs sysfs tmpfs udf vfat xfs zfs"
  ).split(" "),
);

/** Where the file systems below a directory begin. */
export class Mounts {
  /** Whether the directory itself is local. */
  readonly isRootLocal: boolean;
  /** The mounts below it, by their path in the walk, which ends with a slash. */
  private readonly below: ReadonlyMap<BytePath, boolean>;

  constructor(isRootLocal: boolean, below: ReadonlyMap<BytePath, boolean>) {
    this.isRootLocal = isRootLocal;
    this.below = below;
  }

  /** Whether a directory is local, whose parent is or is not. */
  isLocal(prefix: BytePath, isParentLocal: boolean): boolean {
    return this.below.size === 0 ? isParentLocal : (this.below.get(prefix) ?? isParentLocal);
  }
}

/** The mounts below `directory`, which the walk calls `root`. */
export function mountsBelow(root: BytePath, directory: string): Mounts {
  return parseMounts(
    mountInfo(),
    withSlash(realpathSync(directory, "buffer").toString("latin1")),
    root,
  );
}

/** As {@link mountsBelow}, from the text of `mountinfo` and the real path of the directory. */
export function parseMounts(info: BytePath, top: BytePath, root: BytePath): Mounts {
  const below = new Map<BytePath, boolean>();
  let isRootLocal = true;
  let longest = 0;
  for (const line of info.split("\n")) {
    const [where, type] = [line.split(" ")[4], line.split(" - ")[1]?.split(" ")[0]];
    if (where === undefined || type === undefined) continue;
    const point = withSlash(where.replace(/\\(\d{3})/g, unescapeOctal));
    const isLocal = LOCAL.has(type);
    if (top.startsWith(point) && point.length >= longest) {
      longest = point.length;
      isRootLocal = isLocal;
    } else if (point.startsWith(top)) {
      below.set(root + point.slice(top.length), isLocal);
    }
  }
  return new Mounts(isRootLocal, below);
}

function mountInfo(): BytePath {
  try {
    return readFileSync("/proc/self/mountinfo", "latin1");
  } catch {
    return "";
  }
}

function unescapeOctal(_: string, digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 8));
}
