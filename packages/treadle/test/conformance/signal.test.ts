import { constants } from "node:os";
import { binding } from "@treadle/io";
import { Builder, ctrlC, join, type Runtime, SignalKind, type SignalStream, signal } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { onEachSelector } from "../support/io.ts";
import { currentThread, thrownBy } from "../support/runtimes.ts";
import { hasSignal, received, send } from "../support/signals.ts";

const taken = { replaceInspector: true };
const usr1 = () => signal(SignalKind.userDefined1(), taken);

/** What `f` throws, thrown where it was called: its stack names this file. */
function thrownHere(f: () => unknown): { code: string | undefined; message: string } {
  const { code, message, stack } = thrownBy(f);
  expect(stack).toContain("signal.test.ts");
  return { code, message };
}

onEachSelector(() => {
  conforms("signal_ctrl_c::ctrl_c", "ctrlC is ready when SIGINT comes", () => {
    using rt = currentThread();
    const sends = function* () {
      // Runs after ctrlC was polled, for it was spawned later.
      send("SIGINT");
    };
    rt.blockOn(function* () {
      const waits = rt.spawn(ctrlC());
      rt.spawn(sends);
      yield* waits;
    });
  });

  conforms("signal_usr1::signal_usr1", "a stream has the signal that was sent", () => {
    using rt = currentThread();
    rt.blockOn(function* () {
      using stream = usr1();
      send("SIGUSR1");
      yield* received(stream);
    });
  });

  conforms("signal_twice::twice", "a stream has each signal, one after the other", () => {
    using rt = currentThread();
    rt.blockOn(function* () {
      using stream = usr1();
      for (let i = 0; i < 2; i++) {
        send("SIGUSR1");
        yield* received(stream);
      }
    });
  });

  conforms("signal_notify_both::notify_both", "two streams of one kind both have it", () => {
    using rt = currentThread();
    rt.blockOn(function* () {
      using one = signal("SIGUSR2");
      using two = signal("SIGUSR2");
      send("SIGUSR2");
      yield* join(received(one), received(two));
    });
  });

  conforms(
    "signal_drop_recv::drop_then_get_a_signal",
    "a stream made after another was closed has its signals",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        usr1().close();
        using stream = usr1();
        send("SIGUSR1");
        yield* received(stream);
      });
    },
  );

  conforms(
    "signal_drop_signal::dropping_signal_does_not_deregister_any_other_instances",
    "closing a stream takes nothing from the others of its kind",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        const before = usr1();
        using stream = usr1();
        const after = usr1();
        before.close();
        after.close();
        send("SIGUSR1");
        yield* received(stream);
      });
    },
  );

  conforms(
    "signal_drop_rt::dropping_loops_does_not_cause_starvation",
    "a runtime that is shut down takes no signals from the others",
    () => {
      const first = currentThread();
      using second = currentThread();
      const stream = first.signal("SIGUSR2");
      using other = second.signal("SIGUSR2");
      send("SIGUSR2");
      first.blockOn(received(stream));
      second.blockOn(received(other));
      first.shutdownBackground();
      send("SIGUSR2");
      second.blockOn(received(other));
    },
  );

  conforms("signal_multi_rt::multi_loop", "each of several runtimes is told", () => {
    const runtimes = Array.from({ length: 10 }, currentThread);
    for (let round = 0; round < 10; round++) {
      const streams = runtimes.map((rt): [Runtime, SignalStream] => [rt, rt.signal("SIGHUP")]);
      send("SIGHUP");
      for (const [rt, stream] of streams) rt.blockOn(received(stream));
      for (const [, stream] of streams) stream.close();
    }
    for (const rt of runtimes) rt.shutdownBackground();
  });

  conforms("signal_realtime::signal_realtime", "every real-time signal has its stream", () => {
    if (process.platform !== "linux") {
      expect(thrownBy(() => SignalKind.realTime(0)).code).toBe("ERR_INVALID_ARG");
      return;
    }
    using rt = currentThread();
    rt.blockOn(function* () {
      const count = binding().sigrtmax() - binding().sigrtmin() + 1;
      expect(count).toBeGreaterThan(20);
      const streams = Array.from({ length: count }, (_, n) => signal(SignalKind.realTime(n)));
      for (const stream of streams) send(stream.kind.asRawValue());
      for (const stream of streams) yield* received(stream);
      for (const stream of streams) expect(yield* hasSignal(rt, stream)).toBe(false);
      for (const stream of streams) stream.close();
    });
  });

  conforms(
    "signal_info::siginfo",
    "SIGINFO is told where there is one, and named elsewhere",
    () => {
      if (!("SIGINFO" in constants.signals)) {
        expect(thrownBy(() => SignalKind.info()).message).toContain('given "SIGINFO"');
        return;
      }
      using rt = currentThread();
      rt.blockOn(function* () {
        using stream = signal(SignalKind.info());
        send("SIGINFO" as NodeJS.Signals);
        yield* received(stream);
      });
    },
  );

  conforms(
    ["signal/registry::smoke", "signal/registry::broadcast_returns_if_at_least_one_event_fired"],
    "several kinds at once are told to those who listen to them",
    () => {
      using rt = currentThread();
      rt.blockOn(function* () {
        using first = signal("SIGUSR2");
        using second = signal("SIGHUP");
        using third = signal("SIGUSR2");
        send("SIGUSR2");
        send("SIGUSR2");
        expect(yield* hasSignal(rt, first)).toBe(true);
        expect(yield* hasSignal(rt, second)).toBe(false);
        expect(yield* hasSignal(rt, third)).toBe(true);
        send("SIGHUP");
        expect(yield* hasSignal(rt, first)).toBe(false);
        expect(yield* hasSignal(rt, second)).toBe(true);
      });
    },
  );
});

describe("misuse throws where it happens:", () => {
  conforms(
    "signal_no_rt::no_runtime_panics_creating_signals",
    "a stream outside any runtime",
    () => {
      expect(thrownHere(() => signal("SIGHUP"))).toEqual({
        code: "ERR_NO_RUNTIME",
        message: expect.stringContaining("there is no reactor running: signal() must be called"),
      });
    },
  );

  conforms("signal_panic::signal_panic_caller", "a stream in a runtime without signals", () => {
    using rt = Builder.newCurrentThread().enableIo().enableTime().build();
    using _ = rt.enter();
    expect(thrownHere(() => signal("SIGHUP"))).toEqual({
      code: "ERR_SIGNAL_DISABLED",
      message:
        "there is no signal driver running: a Treadle context was found, but signals are disabled. " +
        "Call `enableSignal` on the runtime builder to enable signals.",
    });
  });

  conforms(
    [
      "signal/unix::signal_enable_error_on_invalid_input",
      "signal/registry::register_panics_on_invalid_input",
    ],
    "a number that is no signal",
    () => {
      using rt = currentThread();
      const refused = (n: number) => thrownHere(() => rt.signal(n));
      for (const n of [-1, 0]) {
        expect(refused(n)).toEqual({
          code: "ERR_SIGNAL_REFUSED",
          message: `Refusing to register signal ${n}: signals are numbered from 1 on`,
        });
      }
      const large = refused(1_000);
      expect(large.code).toBe("ERR_SIGNAL_REFUSED");
      expect(large.message).toMatch(/^signal too large: 1000; signals .* end at (64|31)$/);
    },
  );

  conforms(
    "signal/unix::signal_enable_error_on_forbidden_input",
    "a signal that nobody can or should catch",
    () => {
      using rt = currentThread();
      const forbidden = ["SIGKILL", "SIGSTOP", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL"] as const;
      for (const name of forbidden) {
        const { code, message } = thrownHere(() => rt.signal(name));
        expect(code).toBe("ERR_SIGNAL_REFUSED");
        expect(message).toContain(
          `Refusing to register signal ${constants.signals[name]}: ${name}`,
        );
      }
    },
  );
});

conforms(
  ["signal/unix::from_c_int", "signal/unix::into_c_int"],
  "a kind has the number that it was made from",
  () => {
    expect(SignalKind.fromRaw(2)).toBe(SignalKind.interrupt());
    expect(SignalKind.interrupt().asRawValue()).toBe(2);
    expect(SignalKind.fromRaw(-7).asRawValue()).toBe(-7);
  },
);
