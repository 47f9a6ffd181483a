import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { binding, type NativeReactor, type NativeSignals } from "@treadle/io";
import { expect, test } from "vitest";
import { openDescriptors } from "./rig.ts";

const { SIGUSR2, SIGWINCH } = constants.signals;

interface Ear extends Disposable {
  readonly reactor: NativeReactor;
  readonly signals: NativeSignals;
  /** The signals that have come. */
  heard(): number[];
}

function ear(): Ear {
  const reactor = binding().open(8, 0, () => {});
  if (typeof reactor === "number") throw new Error(`errno ${-reactor}`);
  const signals = binding().openSignals(reactor.id);
  if (typeof signals === "number") throw new Error(`errno ${-signals}`);
  const heard = () => {
    const found: number[] = [];
    if (signals.take() === 0) return found;
    for (let n = 1; n <= 64; n++) {
      if (((signals.words[(n - 1) >> 5] as number) >>> ((n - 1) & 31)) & 1) found.push(n);
    }
    return found;
  };
  return {
    reactor,
    signals,
    heard,
    [Symbol.dispose]() {
      signals.close();
      reactor.close();
    },
  };
}

/** Sends to this process and waits until the reactor was unparked. */
function send(reactor: NativeReactor, ...signals: number[]): void {
  for (const signal of signals) process.kill(process.pid, signal);
  expect([reactor.poll(10_000), reactor.words[0]]).toEqual([0, 1]);
}

/** How many threads of the hub there are. */
function hubThreads(): number {
  if (process.platform !== "linux") return 0;
  const names = readdirSync("/proc/self/task").map((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim();
    } catch {
      return "";
    }
  });
  return names.filter((name) => name === "treadle-signal").length;
}

test("an ear has exactly the functions that its type has, and answers after its end", () => {
  using it = ear();
  const { signals } = it;
  expect(Object.keys(signals).sort()).toEqual(
    ["words", "take", "listen", "ignore", "close"].sort(),
  );
  expect(signals.words.length).toBe(2);
  expect(signals.listen(SIGUSR2)).toBe(0);
  signals.close();
  signals.close();
  expect([signals.take(), signals.listen(SIGUSR2) < 0, signals.ignore(SIGUSR2)]).toEqual([
    0,
    true,
    0,
  ]);
});

test("a signal unparks the thread and is told once, however often it came", () => {
  using it = ear();
  expect([it.signals.listen(SIGUSR2), it.signals.listen(SIGWINCH)]).toEqual([0, 0]);
  expect(it.heard()).toEqual([]);
  send(it.reactor, SIGUSR2, SIGUSR2, SIGUSR2);
  // Answers only after all that was sent before.
  it.signals.listen(SIGUSR2);
  expect(it.heard()).toEqual([SIGUSR2]);
  expect(it.heard()).toEqual([]);
  send(it.reactor, SIGWINCH);
  expect(it.heard()).toEqual([SIGWINCH]);
});

test("every ear that listens is told, and no other", () => {
  using one = ear();
  using two = ear();
  using deaf = ear();
  one.signals.listen(SIGUSR2);
  two.signals.listen(SIGUSR2);
  deaf.signals.listen(SIGWINCH);
  send(one.reactor, SIGUSR2);
  one.signals.listen(SIGUSR2);
  expect([one.heard(), two.heard(), deaf.heard()]).toEqual([[SIGUSR2], [SIGUSR2], []]);
  two.signals.ignore(SIGUSR2);
  send(one.reactor, SIGUSR2);
  one.signals.listen(SIGUSR2);
  expect([one.heard(), two.heard()]).toEqual([[SIGUSR2], []]);
});

test("an ear that begins to listen is not told of what was sent before", () => {
  using one = ear();
  one.signals.listen(SIGUSR2);
  for (let i = 0; i < 200; i++) {
    process.kill(process.pid, SIGUSR2);
    using late = ear();
    late.signals.listen(SIGUSR2);
    expect([one.heard(), late.heard()]).toEqual([[SIGUSR2], []]);
  }
});

test("there is one thread while somebody listens, and none before and after, nor a descriptor", () => {
  const before = openDescriptors();
  {
    using one = ear();
    using two = ear();
    expect(hubThreads()).toBe(0);
    one.signals.listen(SIGUSR2);
    two.signals.listen(SIGWINCH);
    expect(hubThreads()).toBe(process.platform === "linux" ? 1 : 0);
    one.signals.ignore(SIGUSR2);
    two.signals.ignore(SIGWINCH);
    expect(hubThreads()).toBe(0);
    one.signals.listen(SIGUSR2);
  }
  expect([hubThreads(), openDescriptors()]).toEqual([0, before]);
});

test("what the system refuses comes back as its errno", () => {
  using it = ear();
  const { signals } = it;
  const invalid = -constants.errno.EINVAL;
  expect([0, -1, 65, constants.signals.SIGKILL].map((n) => signals.listen(n))).toEqual(
    Array(4).fill(invalid),
  );
  expect(hubThreads()).toBe(0);
  expect(binding().openSignals(2 ** 30)).toBe(-constants.errno.ESRCH);
});

test.runIf(process.platform === "linux")(
  "the C library's own real-time signals are left out",
  () => {
    expect(binding().sigrtmin()).toBeGreaterThan(32);
    expect(binding().sigrtmax()).toBe(64);
  },
);
