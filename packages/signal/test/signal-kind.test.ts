import { constants } from "node:os";
import { SignalKind } from "@treadle/signal";
import { expect, test } from "vitest";

test("there is one object for each signal, whatever it was made by", () => {
  const pairs = [
    [SignalKind.alarm(), "SIGALRM"],
    [SignalKind.child(), "SIGCHLD"],
    [SignalKind.hangup(), "SIGHUP"],
    [SignalKind.interrupt(), "SIGINT"],
    [SignalKind.io(), "SIGIO"],
    [SignalKind.pipe(), "SIGPIPE"],
    [SignalKind.quit(), "SIGQUIT"],
    [SignalKind.terminate(), "SIGTERM"],
    [SignalKind.userDefined1(), "SIGUSR1"],
    [SignalKind.userDefined2(), "SIGUSR2"],
    [SignalKind.windowChange(), "SIGWINCH"],
  ] as const;
  for (const [kind, name] of pairs) {
    expect(kind).toBe(SignalKind.fromName(name));
    expect(kind).toBe(SignalKind.fromRaw(constants.signals[name]));
    expect([kind.name, `${kind}`, kind.asRawValue()]).toEqual([
      name,
      name,
      constants.signals[name],
    ]);
  }
  expect(new Set(pairs.map(([kind]) => kind)).size).toBe(pairs.length);
});

test("a signal without a name is named by its number", () => {
  expect(SignalKind.fromRaw(1_000).name).toBe("signal 1000");
});

test("what is no number of a signal, and a name that the platform does not know, are refused", () => {
  for (const bad of [Number.NaN, 1.5, 2 ** 31, Number.POSITIVE_INFINITY, "2" as never]) {
    expect(() => SignalKind.fromRaw(bad)).toThrow("must be a whole number of 32 bits");
  }
  for (const bad of ["SIGNONE", "int", "toString"]) {
    expect(() => SignalKind.fromName(bad as NodeJS.Signals)).toThrow(
      `the name of a signal must be one of ${process.platform}`,
    );
  }
});

test.runIf(process.platform === "linux")(
  "real-time signals are counted from the first free one",
  () => {
    const first = SignalKind.realTime(0).asRawValue();
    expect(SignalKind.realTime(3).asRawValue()).toBe(first + 3);
    for (const bad of [-1, 0.5, Number.NaN, 64 - first + 1]) {
      expect(() => SignalKind.realTime(bad)).toThrow(`must be from 0 to ${64 - first}`);
    }
  },
);
