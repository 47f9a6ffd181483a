import { expect, test } from "vitest";
import { parseMounts } from "../src/mounts.ts";

const INFO = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw - nfs4 server:/home rw
31 30 0:41 / /home/me/local rw master:2 - btrfs /dev/sdb rw
32 22 0:42 / /mnt/with\\040space rw - fuse.sshfs host:/ rw
33 22 0:43 / /over rw - nfs server:/over rw
34 33 0:44 / /over rw - tmpfs tmpfs rw
`;

test("the root is on the innermost mount that it lies in", () => {
  const isLocal = (top: string): boolean => parseMounts(INFO, top, "./").isRootLocal;
  expect(isLocal("/")).toBe(true);
  expect(isLocal("/var/")).toBe(true);
  expect(isLocal("/home/")).toBe(false);
  expect(isLocal("/home/you/")).toBe(false);
  expect(isLocal("/home/me/local/deep/")).toBe(true);
  expect(isLocal("/homes/")).toBe(true);
});

test("of two mounts on the same place the later one counts", () => {
  expect(parseMounts(INFO, "/over/", "./").isRootLocal).toBe(true);
});

test("mounts below are known by their path in the walk, and what is in them follows", () => {
  const mounts = parseMounts(INFO, "/", "./");
  expect(mounts.isLocal("./home/", true)).toBe(false);
  expect(mounts.isLocal("./home/me/", false)).toBe(false);
  expect(mounts.isLocal("./home/me/local/", false)).toBe(true);
  expect(mounts.isLocal("./mnt/with space/", true)).toBe(false);
  expect(mounts.isLocal("./usr/", true)).toBe(true);
});

test("where the system tells nothing everything is local", () => {
  const mounts = parseMounts("", "/home/", "./");
  expect([mounts.isRootLocal, mounts.isLocal("./x/", true)]).toEqual([true, true]);
});
