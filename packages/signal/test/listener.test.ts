import type { Waker } from "@treadle/core";
import { Listener, SignalKind } from "@treadle/signal";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SignalWait } from "../src/listener.ts";

class Wait implements SignalWait, Waker {
  before: SignalWait | null = null;
  after: SignalWait | null = null;
  waker: Waker | null = null;
  woken = false;

  wake(): void {
    this.woken = true;
  }
}

/** What a poll of `recv()` does, and a drop of it. */
function poll(listener: Listener, wait: Wait): "ok" | "pending" | "failed" {
  wait.woken = false;
  try {
    if (!listener.take()) {
      listener.wait(wait, wait);
      return "pending";
    }
  } catch {
    return "failed";
  }
  listener.leave(wait);
  return "ok";
}

test("random deliveries, polls and drops: every signal is taken once, and nobody sleeps while there is one", () => {
  const WAITS = 4;
  const step = fc.oneof(
    fc.constant({ kind: "deliver" as const, wait: 0 }),
    fc.record({ kind: fc.constantFrom("poll", "drop") as never, wait: fc.nat(WAITS - 1) }),
  ) as fc.Arbitrary<{ kind: "deliver" | "poll" | "drop"; wait: number }>;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const owner = { waiting: 0, forget() {} };
      const listener = new Listener(SignalKind.hangup(), owner);
      const waits = Array.from({ length: WAITS }, () => new Wait());
      const asleep = new Set<Wait>();
      let pending = false;
      for (const { kind, wait: i } of steps) {
        const wait = waits[i] as Wait;
        if (kind === "deliver") {
          listener.deliver();
          pending = true;
          for (const sleeper of asleep) expect(sleeper.woken).toBe(true);
          asleep.clear();
        } else if (kind === "poll") {
          expect(poll(listener, wait)).toBe(pending ? "ok" : "pending");
          if (pending) asleep.delete(wait);
          else asleep.add(wait);
          pending = false;
        } else {
          listener.leave(wait);
          asleep.delete(wait);
        }
        expect(owner.waiting).toBe(asleep.size);
      }
      listener.close();
      expect([...asleep].every((wait) => wait.woken)).toBe(true);
      expect([owner.waiting, listener.isClosed()]).toEqual([0, !pending]);
    }),
  );
});

test("the owner forgets a listener once, however often it is closed; after a shutdown it has nothing to forget", () => {
  let forgotten = 0;
  const owner = { waiting: 0, forget: () => void forgotten++ };
  const closed = new Listener(SignalKind.hangup(), owner);
  closed.close();
  closed.close();
  closed.shutdown();
  expect(() => closed.take()).toThrow("is closed");
  const gone = new Listener(SignalKind.hangup(), owner);
  gone.shutdown();
  gone.close();
  expect(() => gone.take()).toThrow("signal driver gone");
  expect(forgotten).toBe(1);
});
