/** One call of a task function: lazy, polled once at a time, dropped exactly. */
import {
  type Async,
  Call,
  CLOSING,
  currentWaker,
  cx,
  DONE,
  type Future,
  fn,
  Leaf,
  PENDING,
  Pending,
  type Poll,
  pollFn,
  ready,
} from "@treadle/core";
import { describe, expect, test } from "vitest";
import { Gate, Hand, labelOf } from "../../../tools/test-hand.ts";

/** What a plain generator function looks like when nobody has annotated it. */
type Plain<T> = Generator<Pending, T, void>;

function messageOf(error: unknown): string {
  return (error as Error).message;
}

describe("a call that is polled", () => {
  test("runs nothing before its first poll", () => {
    let ran = 0;
    const call = fn(function* work(n: number): Async<number> {
      ran += n;
      return yield* ready(n);
    })(3);
    expect(ran).toBe(0);
    const hand = new Hand(call);
    expect(ran).toBe(0);
    expect(hand.poll()).toBe("ok");
    expect([ran, hand.value]).toEqual([3, 3]);
  });

  test("awaits a ready leaf without suspending", () => {
    const sum = fn(function* sum(): Async<number> {
      let n = 0;
      for (let i = 0; i < 100; i++) n += yield* ready(i);
      return n;
    });
    const hand = new Hand(sum());
    expect(hand.poll()).toBe("ok");
    expect(hand.value).toBe(4950);
  });

  test("polls the leaf below once for each poll of its own, however deep", () => {
    const gate = new Gate<string>();
    const inner = fn(function* inner(): Async<string> {
      return yield* gate;
    });
    const middle = fn(function* middle(): Async<string> {
      return yield* inner();
    });
    const hand = new Hand(middle());
    hand.poll();
    hand.poll();
    expect(gate.polls).toBe(2);
    gate.open("through");
    expect(hand.wakes).toBe(1);
    expect(hand.poll()).toBe("ok");
    expect([gate.polls, hand.value]).toEqual([3, "through"]);
  });

  test("throws what the function throws, the same object", () => {
    const error = new Error("own");
    const hand = new Hand(
      fn(function* fails(): Async<void> {
        yield* ready(1);
        throw error;
      })(),
    );
    expect(hand.poll()).toBe("failed");
    expect(hand.error).toBe(error);
  });

  test("is an error that names the function when it is polled after the end", () => {
    const hand = new Hand(fn(function* once(): Async<void> {})());
    expect(hand.poll()).toBe("ok");
    expect(hand.poll()).toBe("failed");
    expect(labelOf(hand.error)).toBe("ERR_FUTURE_STATE");
    expect(messageOf(hand.error)).toMatch(/^once\(\) was polled after it was finished/);
  });

  test("gives its second awaiter an error, not undefined", () => {
    const gate = new Gate<number>();
    const shared = fn(function* shared(): Async<number> {
      return yield* gate;
    })();
    const awaits = fn(function* awaits(): Async<number> {
      return yield* shared;
    });
    const first = new Hand(awaits());
    const second = new Hand(awaits());
    first.poll();
    second.poll();
    gate.open(5);
    expect(first.poll()).toBe("ok");
    expect(second.poll()).toBe("failed");
    expect(labelOf(second.error)).toBe("ERR_FUTURE_STATE");
    expect(messageOf(second.error)).toMatch(/share the JoinHandle/);
  });

  test("cannot poll itself", () => {
    const seen: string[] = [];
    const call: Call<void> = fn(function* self(): Async<void> {
      try {
        yield* call;
      } catch (error) {
        seen.push(messageOf(error));
      }
    })();
    expect(new Hand(call).poll()).toBe("ok");
    expect(seen).toEqual([expect.stringMatching(/^self\(\) was polled while it was running/)]);
  });

  test("throws when next() is called outside a poll, and runs nothing", () => {
    let ran = 0;
    const call = fn(function* work(): Async<void> {
      ran++;
    })();
    expect(() => [...(call as Iterable<unknown>)]).toThrow(/outside a poll/);
    expect(() => call.next()).toThrow(expect.objectContaining({ code: "ERR_OUTSIDE_POLL" }));
    expect(ran).toBe(0);
    expect(new Hand(call).poll()).toBe("ok");
  });

  test("can be unwrapped until its first poll, and is closed then", () => {
    const make = fn(function* work(): Async<number> {
      return yield* ready(1);
    });
    const call = make();
    expect(call.unwrap()).not.toBeNull();
    expect(call.unwrap()).toBeNull();
    expect(new Hand(call).poll()).toBe("failed");
    const polled = new Hand(make());
    polled.poll();
    expect(polled.call.unwrap()).toBeNull();
  });
});

describe("fn", () => {
  test("keeps the function's name and number of parameters", () => {
    const made = fn(function* work(_a: number, _b: string): Async<void> {});
    expect([made.name, made.length, made(1, "").name]).toEqual(["work", 2, "work"]);
  });

  test("names a function without a name anonymous", () => {
    const made = fn((() => function* (): Async<void> {})());
    expect([made.name, made().name]).toEqual(["anonymous", "anonymous"]);
  });

  test("passes errors of the parameters' defaults to the caller at once", () => {
    const made = fn(function* work(n: number = JSON.parse("no")): Async<number> {
      return n;
    });
    expect(() => made()).toThrow(SyntaxError);
  });
});

test("an async generator fails with an error that says what to write, and leaves no rejection behind", async () => {
  const strays: unknown[] = [];
  const note = (error: unknown): void => void strays.push(error);
  process.on("unhandledRejection", note);
  try {
    for (const body of [() => {}, () => JSON.parse("no")]) {
      async function* pages(): AsyncGenerator<unknown> {
        yield body();
      }
      const hand = new Hand(new Call(pages() as never, { name: "pages" }));
      expect(hand.poll()).toBe("failed");
      expect(labelOf(hand.error)).toBe("ERR_BARE_YIELD");
      expect(messageOf(hand.error)).toBe(
        "pages() is an async generator function: a task function is a generator function, " +
          "which waits with `yield* future`, or an async function, which waits with `await`",
      );
    }
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    expect(strays).toEqual([]);
  } finally {
    process.off("unhandledRejection", note);
  }
});

describe("a bare yield", () => {
  const yields = (value: unknown): Plain<void> =>
    (function* oops(): Generator<unknown, void, void> {
      yield value;
    })() as unknown as Plain<void>;

  test("of a future is an error that shows the missing star", () => {
    const hand = new Hand(new Call(yields(ready(1)), { name: "oops" }));
    expect(hand.poll()).toBe("failed");
    expect(labelOf(hand.error)).toBe("ERR_BARE_YIELD");
    expect(messageOf(hand.error)).toBe(
      "oops() yielded a future: write `yield* future` (the * is missing)",
    );
  });

  test("of nothing is an error that names both ways out", () => {
    const hand = new Hand(new Call(yields(undefined), { name: "oops" }));
    expect(hand.poll()).toBe("failed");
    expect(messageOf(hand.error)).toBe(
      "oops() used a plain `yield`: a task function waits with `yield* future`, " +
        "and lets other tasks run with `yield* yieldNow()`",
    );
  });

  test("of the pending value itself is refused too", () => {
    const hand = new Hand(new Call(yields(Pending), { name: "oops" }));
    expect(hand.poll()).toBe("failed");
    expect(labelOf(hand.error)).toBe("ERR_BARE_YIELD");
  });

  test("is raised where it stands, also inside nested plain generators", () => {
    const log: string[] = [];
    function* inner(): Plain<void> {
      try {
        yield* yields(undefined);
      } finally {
        log.push("inner");
      }
    }
    const outer = fn(function* outer(): Async<string> {
      try {
        yield* inner();
      } catch (error) {
        log.push(labelOf(error));
      }
      return yield* ready("went on");
    });
    const hand = new Hand(outer());
    expect(hand.poll()).toBe("ok");
    expect([hand.value, log]).toEqual(["went on", ["inner", "ERR_BARE_YIELD"]]);
  });

  test("may be followed by a wait, when it was caught", () => {
    const gate = new Gate<number>();
    const stubborn = fn(function* stubborn(): Async<number> {
      try {
        yield undefined as never;
      } catch {
        return yield* gate;
      }
      return 0;
    });
    const hand = new Hand(stubborn());
    expect(hand.poll()).toBe("pending");
    gate.open(9);
    expect(hand.poll()).toBe("ok");
    expect(hand.value).toBe(9);
  });

  test("that is answered by another one for ever is given up after a hundred", () => {
    let raised = 0;
    const deaf = fn(function* deaf(): Async<void> {
      for (;;) {
        try {
          yield undefined as never;
        } catch {
          raised++;
        }
      }
    });
    const hand = new Hand(deaf());
    expect(hand.poll()).toBe("failed");
    expect(labelOf(hand.error)).toBe("ERR_BARE_YIELD");
    expect(raised).toBe(100);
  });

  test("in clean-up is an error of that clean-up", () => {
    const log: string[] = [];
    const work = fn(function* work(): Async<void> {
      try {
        yield* new Gate();
      } finally {
        try {
          yield ready(1) as never;
        } finally {
          log.push("left");
        }
      }
    });
    const outer = fn(function* outer(): Async<void> {
      try {
        yield* work();
      } finally {
        log.push("outer");
      }
    });
    const hand = new Hand(outer());
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([["left", "outer"], ["ERR_BARE_YIELD"]]);
  });
});

describe("a drop", () => {
  test("of a call that was never polled runs nothing, and closes it", () => {
    let ran = 0;
    const hand = new Hand(
      fn(function* work(): Async<void> {
        try {
          ran++;
        } finally {
          ran++;
        }
      })(),
    );
    expect(hand.drop()).toBe("dropped");
    expect(ran).toBe(0);
    expect(hand.poll()).toBe("failed");
    expect(labelOf(hand.error)).toBe("ERR_FUTURE_STATE");
  });

  test("of a call that has ended does nothing", () => {
    const hand = new Hand(fn(function* work(): Async<void> {})());
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect(hand.complaints).toEqual([]);
  });

  test("runs every clean-up to its end, innermost first, and no statement after the wait", () => {
    const log: string[] = [];
    const gates = [new Gate(), new Gate(), new Gate()];
    const level = fn(function* (n: number): Async<void> {
      try {
        if (n < 2) yield* level(n + 1);
        else yield* new Gate();
        log.push(`after ${n}`);
      } catch {
        log.push(`caught ${n}`);
      } finally {
        log.push(`enter ${n}`);
        yield* gates[n] as Gate;
        log.push(`leave ${n}`);
      }
      log.push(`end ${n}`);
    });
    const hand = new Hand(level(0));
    hand.poll();
    for (const n of [2, 1, 0]) {
      expect(hand.drop()).toBe("pending");
      expect(hand.drop()).toBe("pending");
      expect(log.at(-1)).toBe(`enter ${n}`);
      expect((gates[n] as Gate).polls).toBe(2);
      (gates[n] as Gate).open();
      expect(hand.wakes).toBe(3 - n);
    }
    expect(hand.drop()).toBe("dropped");
    expect(log).toEqual(["enter 2", "leave 2", "enter 1", "leave 1", "enter 0", "leave 0"]);
    expect(hand.complaints).toEqual([]);
  });

  test("deregisters the leaf at the bottom once", () => {
    const gate = new Gate();
    const work = fn(function* work(): Async<void> {
      yield* gate;
    });
    const hand = new Hand(
      fn(function* outer(): Async<void> {
        yield* work();
      })(),
    );
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect([gate.polls, gate.drops, gate.waker]).toEqual([1, 1, null]);
  });

  test("puts the errors of clean-up into its sink, in order, and goes on", () => {
    const log: string[] = [];
    const level = fn(function* (n: number): Async<void> {
      try {
        if (n < 2) yield* level(n + 1);
        else yield* new Gate();
      } catch (error) {
        log.push(messageOf(error));
      } finally {
        log.push(`clean-up ${n}`);
        // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
        throw new Error(`error ${n}`);
      }
    });
    const hand = new Hand(level(0));
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect(log).toEqual(["clean-up 2", "clean-up 1", "clean-up 0"]);
    expect(hand.complaints).toEqual(["error 2", "error 1", "error 0"]);
  });

  test("lets clean-up catch the errors of what it calls itself", () => {
    const log: string[] = [];
    const fails = fn(function* fails(): Async<void> {
      yield* ready(1);
      throw new Error("inside");
    });
    const work = fn(function* work(): Async<void> {
      try {
        yield* new Gate();
      } finally {
        try {
          yield* fails();
        } catch (error) {
          log.push(messageOf(error));
        }
      }
    });
    const hand = new Hand(work());
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([["inside"], []]);
  });

  test("makes a poll meanwhile an error, and is not disturbed by it", () => {
    const gate = new Gate();
    const work = fn(function* work(): Async<void> {
      try {
        yield* new Gate();
      } finally {
        yield* gate;
      }
    });
    const hand = new Hand(work());
    hand.poll();
    expect(hand.drop()).toBe("pending");
    const other = new Hand(hand.call);
    expect(other.poll()).toBe("failed");
    expect(messageOf(other.error)).toMatch(/^work\(\) was polled while it was being dropped/);
    gate.open();
    expect(hand.drop()).toBe("dropped");
  });

  test("of a call by its own code is refused, and the call goes on", () => {
    const call: Call<string> = fn(function* self(): Async<string> {
      call.return();
      return yield* ready("went on");
    })();
    const hand = new Hand(call);
    cx.sink = hand.sink;
    try {
      expect(hand.poll()).toBe("ok");
    } finally {
      cx.sink = null;
    }
    expect(hand.value).toBe("went on");
    expect(hand.complaints).toEqual(["ERR_FUTURE_STATE"]);
  });

  test("answers CLOSING while clean-up waits, and done ever after", () => {
    const gate = new Gate();
    const hand = new Hand(
      fn(function* work(): Async<void> {
        try {
          yield* new Gate();
        } finally {
          yield* gate;
        }
      })(),
    );
    hand.poll();
    cx.waker = hand;
    try {
      expect(hand.call.return()).toBe(CLOSING);
      gate.open();
      expect(hand.call.return()).toBe(DONE);
      expect(hand.call.return()).toBe(DONE);
    } finally {
      cx.waker = null;
    }
  });

  test("takes up a generator that somebody else has polled", () => {
    const log: string[] = [];
    const gate = new Gate();
    const g = (function* work(): Async<void> {
      try {
        yield* new Gate();
      } finally {
        yield* gate;
        log.push("cleaned");
      }
    })();
    cx.waker = new Hand(ready(0));
    expect(g.next()).toBe(PENDING);
    cx.waker = null;
    const hand = new Hand(Call.resume(g, { name: "work" }));
    expect(hand.drop()).toBe("pending");
    gate.open();
    expect(hand.drop()).toBe("dropped");
    expect(log).toEqual(["cleaned"]);
  });
});

describe("a plain generator that a task function calls", () => {
  test("is dropped exactly when its clean-up does not wait", () => {
    const log: string[] = [];
    function* plain(): Plain<void> {
      try {
        yield* new Gate();
        log.push("after the wait");
      } finally {
        log.push("plain");
      }
      log.push("after the clean-up");
    }
    const outer = fn(function* outer(): Async<void> {
      try {
        yield* plain();
        log.push("after the call");
      } finally {
        log.push("outer");
        yield* ready(0);
        log.push("outer left");
      }
    });
    const hand = new Hand(outer());
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([["plain", "outer", "outer left"], []]);
  });

  test("is cut where its clean-up waits, the drop is told how to help, and unwinding goes on", () => {
    const log: string[] = [];
    const [gate, own] = [new Gate(), new Gate()];
    function* plain(): Plain<void> {
      try {
        yield* new Gate();
      } finally {
        log.push("plain");
        yield* gate;
        log.push("plain left");
      }
    }
    const outer = fn(function* outer(): Async<void> {
      try {
        yield* plain();
        log.push("after the call");
      } finally {
        log.push("outer");
        yield* own;
        log.push("outer left");
      }
    });
    const hand = new Hand(outer());
    hand.poll();
    expect(hand.drop()).toBe("pending");
    expect([gate.polls, gate.drops, own.polls]).toEqual([1, 1, 1]);
    own.open();
    expect(hand.drop()).toBe("dropped");
    expect(log).toEqual(["plain", "outer", "outer left"]);
    expect(hand.complaints).toEqual(["ERR_CLEANUP_CUT"]);
    expect(messageOf(hand.sink.errors?.[0])).toMatch(/called by outer\(\).*fn\(function\*/);
  });

  test("may wait when it is called by clean-up, however deep", () => {
    const log: string[] = [];
    const gate = new Gate();
    function* deeper(): Plain<void> {
      yield* gate;
      log.push("deeper");
    }
    function* plain(): Plain<void> {
      yield* deeper();
      log.push("plain");
    }
    function* wait(): Plain<void> {
      yield* new Gate();
    }
    const outer = fn(function* outer(): Async<void> {
      try {
        yield* wait();
      } finally {
        yield* plain();
        log.push("outer left");
      }
    });
    const hand = new Hand(outer());
    hand.poll();
    expect(hand.drop()).toBe("pending");
    expect(hand.drop()).toBe("pending");
    gate.open();
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([["deeper", "plain", "outer left"], []]);
  });

  test("lets a task function below it clean up to the end, and is cut only itself", () => {
    const log: string[] = [];
    const [below, gate] = [new Gate(), new Gate()];
    const leaf = fn(function* leaf(): Async<void> {
      try {
        yield* new Gate();
      } finally {
        yield* below;
        log.push("below left");
      }
    });
    function* plain(): Plain<void> {
      try {
        yield* leaf();
      } finally {
        log.push("plain");
        yield* gate;
        log.push("plain left");
      }
    }
    const hand = new Hand(
      fn(function* outer(): Async<void> {
        yield* plain();
      })(),
    );
    hand.poll();
    expect(hand.drop()).toBe("pending");
    below.open();
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([["below left", "plain"], ["ERR_CLEANUP_CUT"]]);
  });
});

describe("the limits that JavaScript sets", () => {
  test("a catch around a finally that throws, in one function, un-cancels that function alone", () => {
    const log: string[] = [];
    const inner = fn(function* inner(): Async<void> {
      try {
        try {
          yield* new Gate();
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
          throw new Error("clean-up");
        }
      } catch (error) {
        log.push(messageOf(error));
      }
      yield* ready(0);
      log.push("ran on");
    });
    const outer = fn(function* outer(): Async<void> {
      yield* inner();
      log.push("never");
    });
    const hand = new Hand(outer());
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([["clean-up", "ran on"], []]);
  });

  test("a finally entered in normal flow is cut by a drop, and its pending error is lost", () => {
    const log: string[] = [];
    const hand = new Hand(
      fn(function* work(): Async<void> {
        try {
          throw new Error("lost");
        } finally {
          log.push("enter");
          yield* new Gate();
          log.push("leave");
        }
      })(),
    );
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([["enter"], []]);
  });

  test("a loop whose finally continues for ever, around a plain generator, does not hang the thread", () => {
    let rounds = 0;
    function* plain(): Plain<void> {
      yield* new Gate();
    }
    const hand = new Hand(
      fn(function* work(): Async<void> {
        for (;;) {
          try {
            yield* plain();
          } finally {
            rounds++;
            // biome-ignore lint/correctness/noUnsafeFinally: this is what is tested
            if (rounds < 1e6) continue;
          }
        }
      })(),
    );
    hand.poll();
    hand.drop();
    expect(rounds).toBeLessThan(1000);
  });
});

describe("a future that is no Leaf", () => {
  /** Written by hand from the interface alone. */
  class Raw implements Future<string> {
    polls = 0;
    drops = 0;
    ready = false;
    waker: unknown = null;

    next(): Poll<string> {
      this.polls++;
      this.waker = cx.waker;
      return this.ready ? { done: true, value: "raw" } : PENDING;
    }

    return(): IteratorResult<Pending, never> {
      this.drops++;
      return DONE;
    }

    [Symbol.iterator](): Iterator<Pending, string, void> {
      return this as Iterator<Pending, string, void>;
    }
  }

  test("is polled, awaited and dropped like any other", () => {
    const raw = new Raw();
    const work = fn(function* work(): Async<string> {
      return yield* raw;
    });
    const hand = new Hand(work());
    expect(hand.poll()).toBe("pending");
    expect(raw.waker).toBe(hand);
    raw.ready = true;
    expect(hand.poll()).toBe("ok");
    expect([hand.value, raw.polls]).toEqual(["raw", 2]);

    const dropped = new Raw();
    const other = new Hand(
      fn(function* work(): Async<string> {
        return yield* dropped;
      })(),
    );
    other.poll();
    expect(other.drop()).toBe("dropped");
    expect(dropped.drops).toBe(1);
  });

  test("may have no return()", () => {
    const bare = { next: () => PENDING, [Symbol.iterator]: () => bare } as unknown as Future<void>;
    const log: string[] = [];
    const hand = new Hand(
      fn(function* work(): Async<void> {
        try {
          yield* bare;
        } finally {
          log.push("cleaned");
        }
      })(),
    );
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect(log).toEqual(["cleaned"]);
    const alone = new Hand(bare);
    alone.poll();
    expect(alone.drop()).toBe("dropped");
  });

  test("that is ready when it is dropped may be polled once more: then its awaiter runs on to its next wait", () => {
    const raw = new Raw();
    const log: string[] = [];
    const hand = new Hand(
      fn(function* work(): Async<void> {
        try {
          yield* raw;
          log.push("ran on");
          yield* ready(0);
          log.push("never");
        } catch {
          log.push("caught");
        } finally {
          log.push("cleaned");
        }
      })(),
    );
    hand.poll();
    raw.ready = true;
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([["ran on", "cleaned"], []]);
  });

  test("that fails when it is dropped has its error in the drop's sink", () => {
    let fails = false;
    class Failing extends Raw {
      override next(): Poll<string> {
        if (fails) throw new Error("late");
        return super.next();
      }
    }
    const failing = new Failing();
    const hand = new Hand(
      fn(function* work(): Async<void> {
        yield* failing;
      })(),
    );
    hand.poll();
    fails = true;
    expect(hand.drop()).toBe("dropped");
    expect(hand.complaints).toEqual(["late"]);
  });

  test("may ask for the current waker at every poll, also while it is dropped", () => {
    const log: string[] = [];
    const gate = new Gate();
    const wakers = new Set<unknown>();
    class Asks extends Raw {
      override next(): Poll<string> {
        wakers.add(currentWaker());
        return super.next();
      }
    }
    const asks = new Asks();
    const hand = new Hand(
      fn(function* work(): Async<void> {
        try {
          yield* asks;
        } catch {
          log.push("caught");
        } finally {
          yield* gate;
          log.push("cleaned");
        }
      })(),
    );
    hand.poll();
    expect(hand.drop()).toBe("pending");
    gate.open();
    expect(hand.drop()).toBe("dropped");
    expect([log, asks.drops, [...wakers]]).toEqual([["cleaned"], 1, [hand]]);
  });

  test("may be a leaf whose drop() throws: the error goes to the sink, no catch sees it", () => {
    class Bad extends Leaf<void> {
      protected override poll(): Poll<void> {
        return PENDING;
      }
      protected override drop(): void {
        throw new Error("bad drop");
      }
    }
    const log: string[] = [];
    const hand = new Hand(
      fn(function* work(): Async<void> {
        try {
          yield* new Bad();
        } catch {
          log.push("caught");
        }
        log.push("ran on");
      })(),
    );
    hand.poll();
    expect(hand.drop()).toBe("dropped");
    expect([log, hand.complaints]).toEqual([[], ["bad drop"]]);
  });

  test("may be a function that is polled", () => {
    let left = 2;
    const hand = new Hand(pollFn(() => (left-- > 0 ? Pending : "done")));
    expect([hand.poll(), hand.poll(), hand.poll()]).toEqual(["pending", "pending", "ok"]);
    expect(hand.value).toBe("done");
  });
});
