import { execFileSync, spawn } from "node:child_process";
import {
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  check,
  type Ended,
  forbid,
  hasOpen,
  newDirectory,
  reference,
  run,
  start,
  startWithoutPrivileges,
  startWithPreload,
  useThreads,
} from "./program.ts";

const GiB = 2 ** 30;

/** Where a test works; the tree to hash is `tree` in it. */
let here: string;

beforeEach(() => {
  here = newDirectory();
  mkdirSync(join(here, "tree"));
});

function file(name: string | Buffer, content: string | Buffer = "content\n"): void {
  const path = Buffer.concat([Buffer.from(join(here, "tree/")), Buffer.from(name)]);
  writeFileSync(path, content);
}

/** A file of many GiB without a disk behind it: reading it to its end takes longer than any test. */
function endless(name: string): void {
  file(name, "");
  truncateSync(join(here, "tree", name), 20 * GiB);
}

function lines(list: Buffer | string): string[] {
  return list.toString("latin1").split("\n").slice(0, -1);
}

describe.each([1, 3])("the list, on %i thread(s),", (threads) => {
  beforeEach(() => useThreads(threads));

  test("is what sha256sum writes for the sorted files of a tree", async () => {
    mkdirSync(join(here, "tree/a/deep/er"), { recursive: true });
    for (const name of ["a.txt", "a/b", "a/deep/er/file", "a-b", "z", "a/deep.x", "a b ", "#"]) {
      file(name, name.repeat(100));
    }
    const { code, stdout } = await run(here, "tree");
    expect(code).toBe(0);
    expect(stdout.toString()).toBe(reference(here, "tree").toString());
  });

  test("escapes names as sha256sum does, and keeps those that are no UTF-8 byte for byte", async () => {
    mkdirSync(join(here, "tree/new\nline"));
    const invalid = Buffer.from([0xff, 0xfe, 0x2e, 0xe9]);
    for (const name of [
      "back\\slash",
      "re\rturn",
      "n\nl",
      "new\nline/x",
      "é",
      "日本",
      "🧵",
      invalid,
    ]) {
      file(name);
    }
    const { code, stdout } = await run(here, "tree");
    expect(code).toBe(0);
    expect(stdout.equals(reference(here, "tree"))).toBe(true);
    expect(stdout.includes(invalid)).toBe(true);
    writeFileSync(join(here, "list"), stdout);
    expect(check(here, "list")).toBe(0);
  });

  test("has the right digest for files of every size around the limits of a read", async () => {
    const sizes = [
      0,
      1,
      128 * 1024 - 1,
      128 * 1024,
      128 * 1024 + 1,
      256 * 1024,
      512 * 1024,
      777_777,
    ];
    for (const size of sizes) {
      file(`${size}`, Buffer.alloc(size, `${size}`));
    }
    const { stdout } = await run(here, "tree");
    expect(stdout.toString()).toBe(reference(here, "tree").toString());
  });

  test("is in order although large files are done after the small ones behind them", async () => {
    for (let i = 0; i < 40; i++)
      file(`${i}`.padStart(3, "0"), Buffer.alloc(i % 5 === 0 ? 3e6 : 10, i));
    for (const concurrency of ["1", "3", "64"]) {
      const { stdout } = await run(here, "-j", concurrency, "tree");
      expect(stdout.toString()).toBe(reference(here, "tree").toString());
    }
  });

  test("has more files than there are places for lines", async () => {
    mkdirSync(join(here, "tree/many"));
    endless("a");
    for (let i = 0; i < 17_000; i++) writeFileSync(join(here, "tree/many", `${i}`), "");
    const { stdout, stderr } = await run(here, "-q", "-t", "1500", "tree");
    expect(stderr).toBe("treehash: tree/a: timed out\n");
    expect(stdout.toString()).toBe(reference(here, "tree/many").toString());
  });

  test("is empty for an empty directory", async () => {
    const { code, stdout, stderr } = await run(here, "tree");
    expect([code, stdout.length]).toEqual([0, 0]);
    expect(stderr).toContain("0 files");
  });

  test("names files below the directory as it was given", async () => {
    file("x");
    const starts = [];
    for (const given of ["tree", "tree/", "./tree", join(here, "tree")]) {
      const { stdout } = await run(here, given);
      starts.push(lines(stdout)[0]?.slice(66));
    }
    expect(starts).toEqual(["tree/x", "tree/x", "./tree/x", join(here, "tree/x")]);
  });

  test("leaves out what the kernel makes up only if it cannot be read", async () => {
    const { stdout } = await run("/proc/self", "-q", "/proc/sys/kernel/random");
    expect(lines(stdout).map((line) => line.slice(66))).toContain(
      "/proc/sys/kernel/random/boot_id",
    );
    const id = readFileSync("/proc/sys/kernel/random/boot_id");
    const sum = execFileSync("sha256sum", { input: id }).toString().slice(0, 64);
    expect(stdout.toString()).toContain(sum);
  });
});

describe("what is no regular file", () => {
  test("is not followed, not opened and counted: links, loops, fifos, sockets", async () => {
    mkdirSync(join(here, "tree/a"));
    mkdirSync(join(here, "outside"));
    writeFileSync(join(here, "outside/secret"), "");
    file("a/file");
    symlinkSync("..", join(here, "tree/a/loop"));
    symlinkSync("self", join(here, "tree/self"));
    symlinkSync("../outside", join(here, "tree/out"));
    symlinkSync("a/file", join(here, "tree/link"));
    execFileSync("mkfifo", [join(here, "tree/fifo")]);
    const server = createServer().listen(join(here, "tree/socket"));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const { code, stdout, stderr } = await run(here, "tree");
    expect(code).toBe(0);
    expect(lines(stdout).map((line) => line.slice(66))).toEqual(["tree/a/file"]);
    expect(stderr).toMatch(/skipped +.*4 symbolic links/);
    expect(stderr).toMatch(/skipped +.*1 fifo/);
    expect(stderr).toMatch(/skipped +.*1 socket/);
  });

  test("may be the directory itself, as a link", async () => {
    file("x");
    symlinkSync("tree", join(here, "link"));
    const { code, stdout } = await run(here, "link");
    expect(code).toBe(0);
    expect(lines(stdout)[0]?.slice(66)).toBe("link/x");
  });
});

describe.each([1, 3])("a file that cannot be hashed, on %i thread(s),", (threads) => {
  beforeEach(() => useThreads(threads));

  test("is reported and counted, and the others are hashed: no permission", async () => {
    mkdirSync(join(here, "tree/closed"));
    file("a");
    file("forbidden");
    file("z");
    forbid(join(here, "tree/forbidden"));
    forbid(join(here, "tree/closed"));
    const { code, stdout, stderr } = await startWithoutPrivileges(here, ["tree"]).ended;
    expect(code).toBe(1);
    expect(lines(stdout).map((line) => line.slice(66))).toEqual(["tree/a", "tree/z"]);
    expect(stderr).toContain("treehash: tree/forbidden: permission denied\n");
    expect(stderr).toContain("treehash: tree/closed/: permission denied\n");
    expect(stderr).toMatch(/failed +2 permission denied\n/);
  });

  // With one slot it is one file after the other; several threads take the small ones first.
  const inOrder = test.runIf(threads === 1);
  inOrder("is reported and counted when it has vanished or was replaced since", async () => {
    endless("a");
    for (const name of ["gone", "link", "pipe", "rest"]) file(name);
    const running = start(here, ["-j", "1", "-t", "1500", "tree"]);
    await hasOpen(running, "tree/a");
    for (const name of ["gone", "link", "pipe"]) rmSync(join(here, "tree", name));
    symlinkSync("rest", join(here, "tree/link"));
    execFileSync("mkfifo", [join(here, "tree/pipe")]);
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(1);
    expect(lines(stdout).map((line) => line.slice(66))).toEqual(["tree/rest"]);
    expect(stderr).toContain("treehash: tree/gone: no such file or directory\n");
    expect(stderr).toContain("treehash: tree/link: no longer a regular file\n");
    expect(stderr).toContain("treehash: tree/pipe: no longer a regular file\n");
    expect(stderr).toMatch(/failed +1 timed out, 1 no such file or directory, 2 no longer/);
  });

  test("is given up after --timeout, and the others are hashed", async () => {
    endless("big");
    file("a");
    file("z");
    const { code, stdout, stderr } = await run(here, "--timeout", "1", "tree");
    expect(code).toBe(1);
    expect(lines(stdout).map((line) => line.slice(66))).toEqual(["tree/a", "tree/z"]);
    expect(stderr).toContain("treehash: tree/big: timed out\n");
    expect(stderr).toMatch(/failed +1 timed out\n/);
  });

  test("is named without what a terminal would act on", async () => {
    file("\x1b[31m\nred");
    forbid(join(here, "tree/\x1b[31m\nred"));
    const { stderr } = await startWithoutPrivileges(here, ["-q", "tree"]).ended;
    expect(stderr).toBe("treehash: tree/\\x1b[31m\\x0ared: permission denied\n");
  });
});

describe("--output", () => {
  test("writes a list that sha256sum -c accepts, leaves itself out and replaces its forerunner", async () => {
    file("a");
    file("list", "the forerunner");
    linkSync(join(here, "tree/list"), join(here, "tree/same-content"));
    const { code, stdout } = await run(join(here, "tree"), "--output", "list", ".");
    expect([code, stdout.length]).toEqual([0, 0]);
    const list = readFileSync(join(here, "tree/list"));
    expect(lines(list).map((line) => line.slice(66))).toEqual(["./a", "./same-content"]);
    expect(check(join(here, "tree"), "list")).toBe(0);
    expect(readdirSync(join(here, "tree"))).toEqual(["a", "list", "same-content"]);
  });

  test("leaves itself out when it is named by another way, through a link", async () => {
    file("a");
    file("list");
    symlinkSync("tree", join(here, "link"));
    symlinkSync("tree/list", join(here, "also"));
    for (const output of ["link/list", "also"]) {
      expect((await run(here, "-o", output, "tree")).code).toBe(0);
      const list = readFileSync(join(here, "tree/list"));
      expect(lines(list).map((line) => line.slice(66))).toEqual(["tree/a"]);
    }
    expect(statSync(join(here, "also")).isFile()).toBe(true);
  });

  test("leaves standard output out when that is a file of the tree", async () => {
    file("a");
    const fd = openSync(join(here, "tree/list"), "w");
    const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
    const stdio = ["ignore", fd, "ignore"] as const;
    const child = spawn(process.execPath, [main, "tree"], { cwd: here, stdio: [...stdio] });
    await new Promise((resolve) => child.on("close", resolve));
    const list = readFileSync(join(here, "tree/list"));
    expect(lines(list).map((line) => line.slice(66))).toEqual(["tree/a"]);
  });

  test("keeps the permissions of the file that it replaces", async () => {
    writeFileSync(join(here, "list"), "", { mode: 0o600 });
    await run(here, "-o", "list", "tree");
    expect(statSync(join(here, "list")).mode & 0o777).toBe(0o600);
  });

  test("writes to a device as it is", async () => {
    file("a");
    expect((await run(here, "-o", "/dev/null", "tree")).code).toBe(0);
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test("that cannot be written is an error, and leaves nothing behind", async () => {
    file("a");
    const { code, stderr } = await run(here, "-q", "-o", "/dev/full", "tree");
    expect([code, stderr]).toEqual([1, "treehash: /dev/full: no space left on device\n"]);
    const wrong = await run(here, "-o", "no/list", "tree");
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      "treehash: no/list: no such file or directory\n",
    ]);
  });
});

describe.each([1, 3])("a signal, on %i thread(s),", (threads) => {
  beforeEach(() => useThreads(threads));

  test("ends it in time with a valid list of all that was hashed, also behind a gap", async () => {
    for (const name of ["a", "c", "d"]) file(name);
    endless("b");
    const running = start(here, ["-o", "list", "tree"]);
    await hasOpen(running, "tree/b");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = performance.now();
    running.child.kill("SIGINT");
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(performance.now() - before).toBeLessThan(2500);
    expect(stderr).toContain("stopped");
    const list = readFileSync(join(here, "list"));
    expect(lines(list).map((line) => line.slice(66))).toEqual(["tree/a", "tree/c", "tree/d"]);
    expect(check(here, "list")).toBe(0);
    expect(readdirSync(here)).toEqual(["list", "tree"]);
  });

  test("SIGTERM ends it as Ctrl-C does", async () => {
    endless("b");
    const running = start(here, ["tree"]);
    await hasOpen(running, "tree/b");
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(143);
  });

  describe("while nobody reads the list", () => {
    beforeEach(() => {
      for (let i = 0; i < 5000; i++) file(`${"long-".repeat(40)}${i}`, "");
    });

    test.each(["SIGINT", "SIGTERM"] as const)(
      "ends it at once when %s comes twice",
      async (signal) => {
        const { child, ended } = await stuck();
        child.kill(signal);
        await new Promise((resolve) => setTimeout(resolve, 100));
        const before = performance.now();
        child.kill(signal);
        expect((await ended).signal).toBe(signal);
        expect(performance.now() - before).toBeLessThan(1000);
      },
    );

    test("ends it in time when it comes once", async () => {
      const { child, ended } = await stuck();
      const before = performance.now();
      child.kill("SIGINT");
      expect((await ended).signal).toBe("SIGINT");
      expect(performance.now() - before).toBeLessThan(2500 + 500);
    });

    /** A run that has hashed everything, and hangs in a write. */
    async function stuck(): Promise<ReturnType<typeof start>> {
      const running = start(here, ["-q", "tree"], false);
      // The kernel counts what a process reads and writes; the list is longer than what pipes hold. The threads
      // exchange some bytes even when nothing is done.
      const state = (): number => {
        const counts = readFileSync(`/proc/${running.child.pid}/io`, "latin1");
        return Number(/rchar: (\d+)/.exec(counts)?.[1]) + Number(/wchar: (\d+)/.exec(counts)?.[1]);
      };
      for (let last = 0; state() - last > 10_000; ) {
        last = state();
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      expect(running.child.exitCode).toBe(null);
      return running;
    }
  });
});

describe("a reader that goes away", () => {
  test("ends it quietly", async () => {
    for (let i = 0; i < 200; i++) file(`${i}`);
    const running = start(here, ["tree"], false);
    running.child.stdout?.destroy();
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([141, ""]);
  });

  test("of the reports does no harm", async () => {
    file("a");
    const running = start(here, ["tree"]);
    running.child.stderr?.destroy();
    const { code, stdout } = await running.ended;
    expect([code, lines(stdout).length]).toEqual([0, 1]);
  });
});

describe("the command line", () => {
  test.each([
    [[], "a directory is missing"],
    [["tree", "tree"], "one directory at a time"],
    [["--nonsense", "tree"], "unknown option '--nonsense'"],
    [["--concurrency", "0", "tree"], "--concurrency must be a whole number"],
    [["missing"], "missing: no such file or directory"],
    [["tree/file"], "tree/file: not a directory"],
  ])("%j is wrong usage", async (args, message) => {
    file("file");
    const { code, stdout, stderr } = await run(here, ...args);
    expect([code, stdout.length]).toEqual([2, 0]);
    expect(stderr).toContain(`treehash: ${message}`);
    expect(stderr).not.toContain("    at ");
  });

  test("--help and --version answer on standard output", async () => {
    const help = await run(here, "--help");
    expect([help.code, help.stderr]).toEqual([0, ""]);
    expect(help.stdout.toString()).toContain("Usage: treehash [OPTION]... DIR");
    const version = await run(here, "-V");
    expect(version.stdout.toString()).toMatch(/^treehash \d+\.\d+\.\d+\n$/);
  });

  test("--quiet shows nothing but failures", async () => {
    file("a");
    const { code, stderr } = await run(here, "--quiet", "tree");
    expect([code, stderr]).toEqual([0, ""]);
  });
});

test("the list is the same whatever the number of threads", async () => {
  for (let i = 0; i < 3000; i++) file(`${i}`, Buffer.alloc(i % 300 === 0 ? 300_000 + i : i, i));
  const expected = reference(here, "tree").toString();
  for (const threads of ["1", "2", "4"]) {
    const { code, stdout } = await run(here, "-q", "-T", threads, "tree");
    expect(code).toBe(0);
    expect(stdout.toString()).toBe(expected);
  }
});

describe("a thread that dies", () => {
  const [ALL, FIRST] = ["true", "threadId === 1"];

  test("is replaced, and its file is hashed by another", async () => {
    endless("a");
    file("b");
    const { code, stdout, stderr } = await dying(FIRST, "-t", "2000");
    expect(lines(stdout).map((line) => line.slice(66))).toEqual(["tree/b"]);
    // The second thread does not die: it is the time that is up.
    expect(stderr).toContain("worker 0) died: it exited with code 1\n");
    expect(stderr).toContain("treehash: tree/a: timed out\n");
    expect(stderr).not.toContain("treehash: tree/a: the thread");
    expect(code).toBe(1);
  });

  test("twice with the same file leaves that file out", async () => {
    endless("a");
    file("b");
    const { code, stdout, stderr } = await dying(ALL);
    expect(lines(stdout).map((line) => line.slice(66))).toEqual(["tree/b"]);
    expect(stderr).toContain("treehash: tree/a: the thread that hashed it ended\n");
    expect(code).toBe(1);
  });

  /** A run whose other threads end half a second after they began, those that the condition names. */
  function dying(which: string, ...args: string[]): Promise<Ended> {
    const script = `
      const { isMainThread, threadId } = require("node:worker_threads");
      if (!isMainThread && ${which}) setTimeout(() => process.exit(1), 500);
    `;
    return startWithPreload(here, ["-q", "-T", "2", "-j", "1", ...args, "tree"], script).ended;
  }
});

describe("the summary tells what was done and what the runtime did", () => {
  beforeEach(() => {
    file("a", Buffer.alloc(1500));
    file("b", Buffer.alloc(1_500_000));
  });

  test("on one thread", async () => {
    const { stderr } = await run(here, "-T", "1", "tree");
    expect(stderr).toMatch(/hashed +2 files, 1.50 MB\n/);
    expect(stderr).toMatch(/read +1 in place, 1 by the thread pool\n/);
    expect(stderr).toMatch(/tasks +6 spawned, \d+ polls, 0 forced yields/);
    expect(stderr).toMatch(/worker +\d.\d+ s busy \(\d+ %\), \d+ parks?/);
  });

  test("on several", async () => {
    const { stderr } = await run(here, "-T", "3", "tree");
    expect(stderr).toMatch(/hashed +2 files, 1.50 MB\n/);
    // No other thread has work when the large file is begun: one core reads it, another hashes it.
    expect(stderr).toMatch(/read +1 in place, 1 by the thread pool\n/);
    expect(stderr).toMatch(/threads +3, 0 files hashed by the first\n/);
    expect(stderr).toMatch(/tasks +8 spawned, \d+ polls, 0 forced yields/);
    expect(stderr).toMatch(/workers +2, \d.\d+ s busy \(\d+ %\), \d+ parks?, .*, \d+ tasks stolen/);
  });
});
