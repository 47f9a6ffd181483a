import { binding, platformPackage } from "@treadle/io";
import { expect, test } from "vitest";
import { unavailable } from "../src/binding.ts";

test("the addon has exactly the functions that its type has", () => {
  expect(Object.keys(binding()).sort()).toEqual(
    [
      "accept",
      "acceptFrom",
      "bind",
      "bindTo",
      "close",
      "connect",
      "connectTo",
      "constants",
      "disconnect",
      "disown",
      "dup",
      "eventfd",
      "getLinger",
      "getsockname",
      "getsockopt",
      "listen",
      "localAddress",
      "membership",
      "multicastInterface",
      "open",
      "openSignals",
      "own",
      "peerAddress",
      "peerCredentials",
      "pipe",
      "read",
      "readInto",
      "recv",
      "recvFrom",
      "recvInto",
      "registers",
      "send",
      "sendFrom",
      "sendTo",
      "setLinger",
      "setNonblocking",
      "setsockopt",
      "shutdown",
      "sigrtmax",
      "sigrtmin",
      "socket",
      "socketpair",
      "streams",
      "timerfd",
      "unpark",
      "write",
      "writeFrom",
      "writeParts",
    ].sort(),
  );
});

test("a reactor has exactly the functions that its type has, and answers after its end", () => {
  const reactor = binding().open(8, 0, () => {});
  if (typeof reactor === "number") throw new Error(`errno ${-reactor}`);
  expect(Object.keys(reactor).sort()).toEqual(
    ["words", "id", "poll", "add", "modify", "remove", "rearm", "host", "unpark", "close"].sort(),
  );
  expect(reactor.words.length).toBe(18);
  reactor.close();
  reactor.close();
  const { poll, add, remove, rearm, host, unpark } = reactor;
  expect([poll(0), add(0, 0, 1), remove(0, 0), rearm(0, 1), host(1)].every((r) => r < 0)).toBe(
    true,
  );
  expect(unpark()).toBe(0);
});

test("unparks are coalesced: one system call for each sleep, none for a thread that is awake", () => {
  const reactor = binding().open(8, 0, () => {});
  if (typeof reactor === "number") throw new Error(`errno ${-reactor}`);
  expect([reactor.unpark(), reactor.unpark(), binding().unpark(reactor.id)]).toEqual([0, 0, 0]);
  expect([reactor.poll(1_000), reactor.words[0]]).toEqual([0, 1]);
  reactor.close();
  expect(binding().unpark(reactor.id)).toBeLessThan(0);
});

test("where there is no addon, the error says what is missing and the ways out", () => {
  const error = unavailable("@treadle/io-os-cpu", ["invalid ELF header"]);
  expect(error.code).toBe("ERR_IO_UNAVAILABLE");
  expect(error.message).toBe(
    "the native reactor of @treadle/io is missing (invalid ELF header): install @treadle/io-os-cpu, or build it from " +
      "source with `npx node-gyp rebuild` in the folder of @treadle/io (needs python3, make and a C++17 compiler); " +
      "everything else works without enableIo()",
  );
  expect(platformPackage()).toMatch(/^@treadle\/io-[a-z0-9]+-[a-z0-9]+/);
});
