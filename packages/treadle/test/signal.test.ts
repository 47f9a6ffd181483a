import { AsyncFd, Builder, ctrlC, type Runtime, select, signal, sleep, yieldNow } from "treadle";
import { describe, expect, test } from "vitest";
import { currentThread, thrownBy, turns } from "./support/runtimes.ts";
import { hasSignal, received, send } from "./support/signals.ts";

describe("enableSignal", () => {
  test("without enableIo gives signals and no I/O", () => {
    using rt = Builder.newCurrentThread().enableSignal().build();
    using _ = rt.enter();
    using stream = rt.signal("SIGUSR2");
    send("SIGUSR2");
    expect(rt.blockOn(stream.recv())).toBe(undefined);
    expect(thrownBy(() => new AsyncFd(0)).code).toBe("ERR_IO_DISABLED");
    expect(thrownBy(() => sleep(1)).code).toBe("ERR_TIME_DISABLED");
  });

  test("left out makes signal() of the runtime a type error, and throws the flag's name", () => {
    using rt = Builder.newCurrentThread().enableIo().build();
    // @ts-expect-error signal needs enableSignal()
    expect(thrownBy(() => rt.signal("SIGUSR2")).message).toContain("enableSignal");
    expect(thrownBy(() => rt.blockOn(ctrlC())).code).toBe("ERR_SIGNAL_DISABLED");
    const takes = (runtime: Runtime): unknown => runtime;
    // @ts-expect-error the runtime has no signals
    takes(rt);
  });
});

describe("signal()", () => {
  test("takes a kind, a name or a number, and nothing else", () => {
    using rt = currentThread();
    using stream = rt.signal(12);
    expect(rt.signal(stream.kind).kind).toBe(stream.kind);
    for (const bad of [undefined, null, {}, Number.NaN, 1.5, "USR2", "SIGNONE"]) {
      expect(thrownBy(() => rt.signal(bad as never)).code).toBe("ERR_INVALID_ARG");
    }
    expect(thrownBy(() => rt.signal("SIGUSR2", 3 as never)).message).toBe(
      "options of signal() must be an object; it was given 3",
    );
  });

  test("takes SIGUSR1 from Node's inspector only when that is asked for", () => {
    using rt = currentThread();
    const { code, message } = thrownBy(() => rt.signal("SIGUSR1"));
    expect(code).toBe("ERR_SIGNAL_REFUSED");
    expect(message).toContain("pass { replaceInspector: true }");
    rt.signal("SIGUSR1", { replaceInspector: true }).close();
  });
});

test("blockOn waits for a signal instead of calling it a deadlock, and calls a closed stream an error", () => {
  using rt = currentThread();
  const stream = rt.signal("SIGUSR2");
  const timer = rt.spawn(function* () {
    yield* sleep(5);
    send("SIGUSR2");
  });
  expect(rt.blockOn(stream.recv())).toBe(undefined);
  rt.blockOn(timer);
  stream.close();
  expect(thrownBy(() => rt.blockOn(stream.recv())).code).toBe("ERR_SIGNAL_CLOSED");
});

test("ctrlC listens from its first poll until it is ready or dropped", () => {
  using rt = currentThread();
  using guard = rt.signal("SIGINT");
  rt.blockOn(function* () {
    const early = ctrlC();
    send("SIGINT");
    yield* received(guard);
    const { key } = yield* select({ early, late: sleep(2) });
    expect(key).toBe("late");
    const later = rt.spawn(ctrlC());
    yield* sleep(1);
    send("SIGINT");
    yield* later;
  });
});

describe("for await over a stream", () => {
  test("has a turn for each signal, and closes the stream when it is left", async () => {
    using rt = currentThread();
    const stream = rt.signal("SIGUSR2");
    let turns = 0;
    await rt.run(async () => {
      send("SIGUSR2");
      for await (const _ of stream) {
        if (++turns === 3) break;
        send("SIGUSR2");
      }
    });
    expect(turns).toBe(3);
    await expect(rt.run(stream.recv())).rejects.toThrow("the stream of SIGUSR2 is closed");
  });

  test("ends when somebody closes it, and throws when its runtime is shut down", async () => {
    using rt = currentThread();
    const over = async (stream: AsyncIterable<void>) => {
      for await (const _ of stream) throw new Error("a signal from nowhere");
      return "ended";
    };
    const closed = rt.signal("SIGUSR2");
    const ended = rt.run(() => over(closed));
    await turns();
    closed.close();
    expect(await ended).toBe("ended");
    expect(await rt.run(() => over(closed))).toBe("ended");
    const stream = rt.signal("SIGUSR2");
    const failed = rt.run(() => over(stream));
    await turns();
    rt.shutdownBackground();
    await expect(failed).rejects.toThrow("shut down");
  });
});

test("hosted and blocking turns share one driver: a signal sent in one is there in the other", async () => {
  using rt = currentThread();
  using stream = rt.signal("SIGUSR2");
  const waiting = rt.spawn(stream.recv());
  send("SIGUSR2");
  expect(rt.blockOn(waiting)).toBe(undefined);
  send("SIGUSR2");
  expect(await rt.run(stream.recv())).toBe(undefined);
  expect(await rt.run(hasSignal(rt, stream))).toBe(false);
  const { key } = rt.blockOn(select({ none: stream.recv(), late: rt.sleep(1) }));
  expect(key).toBe("late");
});

test("the event loop sleeps while a task waits for the next signal", async () => {
  let parks = 0;
  const builder = Builder.newCurrentThread().enableAll();
  using rt = builder.onThreadPark(() => parks++).build();
  using stream = rt.signal("SIGUSR2");
  for (let i = 0; i < 3; i++) {
    const next = rt.run(stream.recv());
    await turns(2);
    send("SIGUSR2");
    await next;
  }
  parks = 0;
  const { key } = await rt.run(select({ signal: stream.recv(), late: rt.sleep(20) }));
  expect([key, parks < 10]).toEqual(["late", true]);
});

test("a task that is always busy hears of a signal at the next look at the drivers", () => {
  using rt = currentThread();
  rt.blockOn(function* () {
    using stream = signal("SIGUSR2");
    let told = false;
    const listens = rt.spawn(function* () {
      yield* stream.recv();
      told = true;
    });
    yield* sleep(1);
    send("SIGUSR2");
    rt.signal("SIGUSR2").close();
    const busy = rt.spawn(function* () {
      for (let i = 0; i < 200 && !told; i++) yield* yieldNow();
      return told;
    });
    expect(yield* busy).toBe(true);
    yield* listens;
  });
});
