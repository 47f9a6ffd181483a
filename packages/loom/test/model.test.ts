import {
  ERR_MODEL_DEADLOCK,
  ERR_MODEL_DIVERGED,
  ERR_MODEL_FAILED,
  ERR_MODEL_LIVELOCK,
  ERR_MODEL_LOST_WAKEUP,
  ERR_MODEL_MISUSE,
  ERR_MODEL_RACE,
  ERR_MODEL_UNSUPPORTED,
  ModelError,
  type ModelOptions,
  type ModelReport,
  model,
  replay,
  thread,
} from "@treadle/loom";
import { describe, expect, it } from "vitest";

function words(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * count));
}

function failureOf(body: () => void, options?: ModelOptions): ModelError {
  try {
    model(body, options);
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
  throw new Error("the model found nothing");
}

describe("a thread", () => {
  it("answers through join what its function returned, objects as copies", () => {
    const shared = { list: [1] };
    model(() => {
      const answer = thread.spawn(() => shared).join();
      expect(answer).toEqual({ list: [1] });
      expect(answer).not.toBe(shared);
    });
  });

  it("has its own copy of what it captured, as it was at the spawn", () => {
    model(() => {
      let count = 1;
      const a = words(1);
      const other = thread.spawn(() => {
        count += 1;
        Atomics.add(a, 0, 1);
        count += 1;
        return count;
      });
      count += 10;
      Atomics.add(a, 0, 1);
      expect(other.join()).toBe(3);
      expect(count).toBe(11);
    });
  });

  it("may spawn threads of its own, which allocate and outlive it", () => {
    const report = model(() => {
      const a = words(2);
      const parent = thread.spawn(() => {
        const own = words(1);
        const child = thread.spawn(() => {
          Atomics.store(own, 0, 7);
          Atomics.add(a, 0, 1);
          return Atomics.load(own, 0);
        });
        Atomics.add(a, 1, 1);
        return child.join() + Atomics.load(own, 0);
      });
      Atomics.add(a, 0, 1);
      Atomics.add(a, 1, 1);
      expect(parent.join()).toBe(14);
      expect(Atomics.load(a, 0) + Atomics.load(a, 1)).toBe(4);
    });
    expect(report.complete).toBe(true);
  });

  it("cannot be stopped by catching what it is thrown out with", () => {
    const report = model(() => {
      const a = words(1);
      const stubborn = (): void => {
        for (let i = 0; i < 3; i += 1) {
          try {
            Atomics.add(a, 0, 1);
          } catch {
            // Goes on.
          } finally {
            Atomics.load(a, 0);
          }
        }
      };
      const other = thread.spawn(stubborn);
      stubborn();
      other.join();
      expect(Atomics.load(a, 0)).toBe(6);
    });
    expect(report.complete).toBe(true);
  });
});

describe("every operation of Atomics", () => {
  it("answers and does in a model what it does outside, for all kinds of arrays", () => {
    const use = (kind: Int32ArrayConstructor) => {
      const a = new kind(new SharedArrayBuffer(8), 4, 1);
      return [
        Atomics.store(a, 0, 300.7),
        Atomics.load(a, 0),
        Atomics.add(a, 0, 5),
        Atomics.sub(a, 0, 400),
        Atomics.and(a, 0, 0xfff),
        Atomics.or(a, 0, 8),
        Atomics.xor(a, 0, 3),
        Atomics.exchange(a, 0, -1),
        Atomics.compareExchange(a, 0, -1, 9),
        Atomics.compareExchange(a, 0, 1, 10),
        a[0],
        a.length,
        a.byteOffset,
        [...a],
      ];
    };
    const seen: unknown[] = [];
    const kinds = () => [Int32Array, Uint8Array, Uint16Array] as const;
    model(() => {
      seen.push(kinds().map(use as (kind: unknown) => unknown));
    });
    expect(seen.at(-1)).toEqual(kinds().map(use as (kind: unknown) => unknown));
  });

  it("works on 64-bit elements", () => {
    model(() => {
      const a = new BigInt64Array(new SharedArrayBuffer(8));
      const other = thread.spawn(() => Atomics.add(a, 0, 2n ** 40n));
      Atomics.add(a, 0, 1n);
      other.join();
      expect(Atomics.load(a, 0)).toBe(2n ** 40n + 1n);
    });
  });

  it("refuses an index outside of the array", () => {
    model(() => {
      expect(() => Atomics.load(words(1), 1)).toThrow(RangeError);
    });
  });

  it("is the engine's own again after a model, failed or not", () => {
    const before = [Atomics.load, Int32Array, SharedArrayBuffer, Atomics.wait];
    model(() => {});
    failureOf(() => {
      throw new Error("no");
    });
    expect([Atomics.load, Int32Array, SharedArrayBuffer, Atomics.wait]).toEqual(before);
  });
});

describe("wait and notify", () => {
  it("hand over in every interleaving, and each wait has one outcome", () => {
    const outcomes = new Set<string>();
    const report = model(() => {
      const a = words(1);
      const sleeper = thread.spawn(() => Atomics.wait(a, 0, 0));
      Atomics.store(a, 0, 1);
      const woken = Atomics.notify(a, 0, 1);
      outcomes.add(`${sleeper.join()} ${woken}`);
    });
    expect([...outcomes].sort()).toEqual(["not-equal 0", "ok 1"]);
    expect(report.exhaustive).toBe(true);
  });

  it("time out when nobody else can go on, and at the price of a preemption while somebody can", () => {
    const outcomes = new Set<string>();
    const body = (): void => {
      const a = words(2);
      const sleeper = thread.spawn(() => `${Atomics.wait(a, 0, 0, 10)} ${Atomics.load(a, 1)}`);
      Atomics.store(a, 1, 1);
      outcomes.add(sleeper.join());
    };
    model(body, { preemptionBound: 0 });
    expect([...outcomes]).toEqual(["timed-out 1"]);
    model(body, { preemptionBound: 2 });
    expect([...outcomes].sort()).toEqual(["timed-out 0", "timed-out 1"]);
  });

  it("wake in the order of going to sleep", () => {
    model(() => {
      const a = words(2);
      const first = thread.spawn(() => Atomics.wait(a, 0, 0));
      const second = thread.spawn(() => Atomics.wait(a, 0, 0));
      while (Atomics.notify(a, 0, 1) === 0) thread.yieldNow();
      while (Atomics.notify(a, 0, 1) === 0) thread.yieldNow();
      expect([first.join(), second.join()]).toEqual(["ok", "ok"]);
    });
  });
});

describe("a seeded bug is found and its schedule fails again:", () => {
  const replays = (body: () => void, code: string, options?: ModelOptions): ModelError => {
    const failure = failureOf(body, options);
    expect(failure.code).toBe(code);
    let again: unknown;
    try {
      replay(failure.trace.schedule, body, options);
    } catch (error) {
      again = error;
    }
    expect((again as ModelError).code).toBe(code);
    expect((again as ModelError).trace.schedule).toBe(failure.trace.schedule);
    return failure;
  };

  it("a lost update, with one preemption and readable", () => {
    const failure = replays(() => {
      const a = words(1);
      const increment = (): void => {
        Atomics.store(a, 0, Atomics.load(a, 0) + 1);
      };
      const other = thread.spawn(increment, "other");
      increment();
      other.join();
      expect(Atomics.load(a, 0)).toBe(2);
    }, ERR_MODEL_FAILED);
    expect(failure.trace.schedule).toBe("0x3 1x2 0x3");
    const lines = failure.trace.steps.map((one) => `${one.thread}: ${one.text}`);
    expect(lines.slice(1, 6)).toEqual([
      "main: load A[0] = 0",
      "other: load A[0] = 0",
      "other: store A[0] 1 (was 0)",
      "other: finishes",
      "main: store A[0] 1 (was 1)",
    ]);
    expect(failure.trace.steps[1]!.where).toMatch(/^increment .*model\.test\.ts:\d+$/);
    expect(failure.cause).toBeInstanceOf(Error);
  });

  /** Both threads enter only if the other's flag is down. */
  const peterson = (raisesFlag: boolean) => (): void => {
    const [FLAGS, TURN, INSIDE] = [0, 2, 3];
    const a = words(4);
    const enter = (me: number): void => {
      const other = 1 - me;
      if (raisesFlag) Atomics.store(a, FLAGS + me, 1);
      Atomics.store(a, TURN, other);
      while (Atomics.load(a, FLAGS + other) === 1 && Atomics.load(a, TURN) === other) {
        thread.yieldNow();
      }
      expect(Atomics.add(a, INSIDE, 1)).toBe(0);
      Atomics.sub(a, INSIDE, 1);
      Atomics.store(a, FLAGS + me, 0);
    };
    const second = thread.spawn(() => enter(1));
    enter(0);
    second.join();
  };

  it("Peterson's lock without its flags", () => {
    replays(peterson(false), ERR_MODEL_FAILED);
  });

  it("and Peterson's lock with them is right", () => {
    expect(model(peterson(true), { preemptionBound: 4 }).complete).toBe(true);
  });

  it("Dekker's entry that looks before it raises its flag", () => {
    const dekker = (me: number, a: Int32Array, looksFirst: boolean): void => {
      if (!looksFirst) Atomics.store(a, me, 1);
      const free = Atomics.load(a, 1 - me) === 0;
      if (looksFirst) Atomics.store(a, me, 1);
      if (!free) return;
      a[2] = me;
    };
    const body = (looksFirst: boolean) => (): void => {
      const a = words(3);
      const second = thread.spawn(() => dekker(1, a, looksFirst));
      dekker(0, a, looksFirst);
      second.join();
    };
    const failure = replays(body(true), ERR_MODEL_RACE);
    expect(failure.message).toMatch(/^data race on A\[2\]/);
    expect(model(body(false)).exhaustive).toBe(true);
  });

  /** A stack of nodes 1 to 3: word 0 is the head, word n the node below n; counted from bit 8 on if `counts`. */
  const stack = (counts: boolean) => (): void => {
    const a = words(4);
    const node = (word: number): number => word & 255;
    const next = (head: number, to: number): number => (counts ? (head & ~255) + 256 : 0) | to;
    const push = (n: number): void => {
      for (;;) {
        const head = Atomics.load(a, 0);
        Atomics.store(a, n, node(head));
        if (Atomics.compareExchange(a, 0, head, next(head, n)) === head) return;
      }
    };
    const pop = (): number => {
      for (;;) {
        const head = Atomics.load(a, 0);
        if (node(head) === 0) return 0;
        const below = Atomics.load(a, node(head));
        if (Atomics.compareExchange(a, 0, head, next(head, below)) === head) return node(head);
      }
    };
    push(2);
    push(1);
    const other = thread.spawn(() => {
      const first = pop();
      const second = pop();
      if (first !== 0) push(first);
      return second;
    });
    const mine = pop();
    const theirs = other.join();
    const left: number[] = [];
    for (let n = pop(); n !== 0 && left.length < 4; n = pop()) left.push(n);
    const all = [mine, theirs, ...left].filter((n) => n !== 0);
    expect(all.sort()).toEqual([1, 2]);
  };

  it("a stack with the ABA problem", () => {
    replays(stack(false), ERR_MODEL_FAILED);
  });

  it("and the stack with a counter beside its head is right", () => {
    expect(model(stack(true)).complete).toBe(true);
  });

  it("a notify that is missing", () => {
    const body = (notifies: boolean) => (): void => {
      const a = words(1);
      const sleeper = thread.spawn(() => {
        while (Atomics.load(a, 0) === 0) Atomics.wait(a, 0, 0);
      });
      Atomics.store(a, 0, 1);
      if (notifies) Atomics.notify(a, 0);
      sleeper.join();
    };
    expect(replays(body(false), ERR_MODEL_LOST_WAKEUP).message).toMatch(/has become 1 since/);
    expect(model(body(true)).complete).toBe(true);
  });

  it("a flag that is looked at before going to sleep on another word", () => {
    replays(() => {
      const a = words(2);
      const sleeper = thread.spawn(() => {
        if (Atomics.load(a, 0) === 0) Atomics.wait(a, 1, 0);
      });
      Atomics.store(a, 0, 1);
      Atomics.notify(a, 1);
      sleeper.join();
    }, ERR_MODEL_LOST_WAKEUP);
  });

  it("two locks taken in opposite orders", () => {
    const failure = replays(() => {
      const a = words(2);
      const lock = (at: number): void => {
        while (Atomics.compareExchange(a, at, 0, 1) !== 0) Atomics.wait(a, at, 1);
      };
      const unlock = (at: number): void => {
        Atomics.store(a, at, 0);
        Atomics.notify(a, at, 1);
      };
      const both = (first: number, second: number): void => {
        lock(first);
        lock(second);
        unlock(second);
        unlock(first);
      };
      const other = thread.spawn(() => both(1, 0));
      both(0, 1);
      other.join();
    }, ERR_MODEL_DEADLOCK);
    expect(failure.message).toMatch(/main sleeps on A\[1\] while 1; thread 1 sleeps on A\[0\]/);
  });

  it("a reference count that is freed twice", () => {
    const body = (atomically: boolean) => (): void => {
      const a = words(2);
      Atomics.store(a, 0, 2);
      const release = (): void => {
        const before = atomically ? Atomics.sub(a, 0, 1) : Atomics.load(a, 0);
        if (!atomically) Atomics.sub(a, 0, 1);
        const last = atomically ? before === 1 : Atomics.load(a, 0) === 0;
        if (last) Atomics.add(a, 1, 1);
      };
      const other = thread.spawn(release);
      release();
      other.join();
      expect(Atomics.load(a, 1)).toBe(1);
    };
    replays(body(false), ERR_MODEL_FAILED);
    expect(model(body(true)).exhaustive).toBe(true);
  });

  it("a sequence lock whose reader does not look again", () => {
    const body = (looksAgain: boolean) => (): void => {
      const a = words(3);
      const writer = thread.spawn(() => {
        for (let n = 1; n <= 2; n += 1) {
          Atomics.add(a, 0, 1);
          Atomics.store(a, 1, n);
          Atomics.store(a, 2, n);
          Atomics.add(a, 0, 1);
        }
      });
      for (;;) {
        const before = Atomics.load(a, 0);
        const pair = [Atomics.load(a, 1), Atomics.load(a, 2)];
        const whole = before % 2 === 0 && (!looksAgain || Atomics.load(a, 0) === before);
        if (!whole) continue;
        expect(pair[0]).toBe(pair[1]);
        break;
      }
      writer.join();
    };
    replays(body(false), ERR_MODEL_FAILED);
    expect(model(body(true)).complete).toBe(true);
  });

  it("a plain write that is published by a plain flag", () => {
    const body = (atomic: boolean) => (): void => {
      const a = words(1);
      const data = new Float64Array(new SharedArrayBuffer(8));
      const writer = thread.spawn(() => {
        data[0] = 1.5;
        if (atomic) Atomics.store(a, 0, 1);
        else a[0] = 1;
      });
      if ((atomic ? Atomics.load(a, 0) : a[0]) === 1) expect(data[0]).toBe(1.5);
      writer.join();
    };
    expect(replays(body(false), ERR_MODEL_RACE).message).toMatch(/^data race on A\[0\]/);
    expect(model(body(true)).exhaustive).toBe(true);
  });

  it("plain writes to one byte, while neighbours may be written", () => {
    const body = (second: number) => (): void => {
      const bytes = new Uint8Array(new SharedArrayBuffer(4));
      const other = thread.spawn(() => {
        bytes[0] = 1;
      });
      bytes[second] = 2;
      other.join();
      expect(bytes[0]! + bytes[1]!).toBe(3);
    };
    replays(body(0), ERR_MODEL_RACE);
    expect(model(body(1)).exhaustive).toBe(true);
  });

  it("two threads that wait for each other without an end", () => {
    replays(
      () => {
        const a = words(2);
        const spin = (mine: number, other: number): void => {
          while (Atomics.load(a, other) === 0);
          Atomics.store(a, mine, 1);
        };
        const second = thread.spawn(() => spin(1, 0));
        spin(0, 1);
        second.join();
      },
      ERR_MODEL_LIVELOCK,
      { maxBranches: 200 },
    );
  });

  it("a timeout that hides a wake-up which never comes", () => {
    const body = (): void => {
      const a = words(1);
      const sleeper = thread.spawn(() => Atomics.wait(a, 0, 0, 100));
      sleeper.join();
    };
    expect(model(body).complete).toBe(true);
    replays(body, ERR_MODEL_DEADLOCK, { timeouts: "never" });
  });
});

describe("model", () => {
  it("lets spin loops end without a hint", () => {
    const report = model(() => {
      const a = words(1);
      const setter = thread.spawn(() => Atomics.store(a, 0, 1));
      while (Atomics.load(a, 0) === 0);
      setter.join();
    });
    expect(report.exhaustive).toBe(true);
  });

  it("finds only within the bound what needs so many preemptions", () => {
    const body = (): void => {
      const a = words(1);
      const other = thread.spawn(() => {
        Atomics.store(a, 0, 1);
        Atomics.store(a, 0, 2);
      });
      const seen = [Atomics.load(a, 0), Atomics.load(a, 0), Atomics.load(a, 0)];
      other.join();
      expect(seen).not.toEqual([0, 1, 2]);
    };
    expect(model(body, { preemptionBound: 2 })).toMatchObject({
      complete: true,
      exhaustive: false,
    });
    expect(failureOf(body, { preemptionBound: 3 }).code).toBe(ERR_MODEL_FAILED);
  });

  it("stops at its limits and says so", () => {
    const body = (): void => {
      const a = words(1);
      const add = (): void => {
        for (let i = 0; i < 6; i += 1) Atomics.add(a, 0, 1);
      };
      const others = [thread.spawn(add), thread.spawn(add)];
      add();
      for (const other of others) other.join();
    };
    const few = model(body, { maxPermutations: 10 });
    expect(few).toMatchObject({ executions: 10, complete: false, exhaustive: false });
    const told: ModelReport[] = [];
    const short = model(body, {
      preemptionBound: 20,
      reduction: false,
      maxDuration: 1500,
      onProgress: (report) => told.push(report),
    });
    expect(short.complete).toBe(false);
    expect(told).toHaveLength(1);
  });

  it("tells of a thread that depends on what is outside of the closure", () => {
    let runs = 0;
    const failure = failureOf(() => {
      const a = words(2);
      const other = thread.spawn(() => {
        runs += 1;
        Atomics.add(a, runs % 2, 1);
        Atomics.add(a, 1, 1);
        Atomics.add(a, 0, 1);
      });
      Atomics.add(a, 0, 1);
      Atomics.add(a, 1, 1);
      other.join();
    });
    expect(failure.code).toBe(ERR_MODEL_DIVERGED);
  });

  it("refuses what it cannot model", () => {
    const outside = words(1);
    for (const body of [
      () => Atomics.add(outside, 0, 1),
      () => new DataView(new SharedArrayBuffer(4)),
      () => Reflect.construct(SharedArrayBuffer, [4, { maxByteLength: 8 }]),
      () =>
        (Atomics as unknown as { waitAsync: (...args: unknown[]) => void }).waitAsync(
          words(1),
          0,
          0,
        ),
    ]) {
      expect(failureOf(() => void body()).code).toBe(ERR_MODEL_UNSUPPORTED);
    }
  });

  it("refuses calls out of place, options out of range and schedules that are none", () => {
    expect(() => thread.spawn(() => {})).toThrow(
      expect.objectContaining({ code: ERR_MODEL_MISUSE }),
    );
    expect(() => thread.yieldNow()).toThrow(expect.objectContaining({ code: ERR_MODEL_MISUSE }));
    model(() => {
      expect(() => model(() => {})).toThrow(expect.objectContaining({ code: ERR_MODEL_MISUSE }));
    });
    for (const options of [
      { preemptionBound: -1 },
      { preemptionBound: Number.NaN },
      { maxBranches: 0 },
      { timeouts: "sometimes" },
    ]) {
      expect(() => model(() => {}, options as ModelOptions)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG" }),
      );
    }
    expect(() => replay("nonsense", () => {})).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG" }),
    );
  });
});
