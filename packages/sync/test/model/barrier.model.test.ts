import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { retain } from "../../src/shared/refs.ts";
import { lockTuning } from "../../src/shared/robust-lock.ts";
import { createBarrier, SharedBarrier } from "../../src/shared/shared-barrier.ts";
import { deaths, LONG, mortal, Turn } from "./among-threads.ts";
import { live, ModelHost, memory } from "./host.ts";

lockTuning.spins = 1;

const options = { timeouts: "never", preemptionBound: LONG ? 3 : 2 } as const;

interface World {
  readonly words: Int32Array;
  readonly home: SharedBarrier;
  /** Runs on another thread, to which the barrier was sent. */
  run<T>(ref: number, program: (barrier: SharedBarrier) => T): { join(): T };
}

function world(size: number): World {
  const words = memory();
  const host = new ModelHost(words, 0);
  const at = createBarrier(host, size);
  const home = new SharedBarrier(host, at);
  return {
    words,
    home,
    run: (ref, program) => {
      retain(host, at);
      return thread.spawn(() => {
        const barrier = new SharedBarrier(new ModelHost(words, ref), at);
        const result = program(barrier);
        barrier.leaveForGood();
        return result;
      }, `thread ${ref}`);
    },
  };
}

/** Comes and waits, as `wait` does; true for the leader. */
function meet(barrier: SharedBarrier): boolean {
  const turn = new Turn();
  if (barrier.arrive(turn) === 0) return true;
  while (turn.state === 0) (barrier.host as ModelHost).sleep();
  return false;
}

function check(body: () => void, more: object = {}): void {
  expect(model(body, { ...options, ...more }).complete).toBe(true);
}

describe("a barrier among threads, in every interleaving,", { timeout: 120_000 }, () => {
  it("lets all go when the last has come, one of them as the leader, and frees all its memory", () => {
    check(() => {
      const { words, home, run } = world(3);
      const others = [run(1, meet), run(2, meet)];
      const leads = [meet(home), ...others.map((other) => other.join())];
      expect(leads.filter(Boolean)).toHaveLength(1);
      home.leaveForGood();
      expect(live(words)).toBe(0);
    });
  });

  it("begins anew after each round", () => {
    check(() => {
      const { home, run } = world(2);
      const other = run(1, (barrier) => [meet(barrier), meet(barrier)]);
      const here = [meet(home), meet(home)];
      const there = other.join();
      expect(here.map((leads, round) => leads !== there[round])).toEqual([true, true]);
    });
  });

  it("takes the arrival of a wait back that is given up, unless its round is complete", () => {
    check(() => {
      const { home, run } = world(2);
      const turn = new Turn();
      const node = home.arrive(turn);
      const other = run(1, (barrier) => {
        const theirs = new Turn();
        const stands = barrier.arrive(theirs);
        if (stands !== 0) barrier.giveUp(stands);
        return stands === 0;
      });
      if (turn.state === 0) home.giveUp(node);
      other.join();
      home.giveUp(home.arrive(new Turn()));
      // Nobody is left there: one more waits, and the next one leads.
      const next = new Turn();
      expect(home.arrive(next)).toBeGreaterThan(0);
      expect(home.arrive(new Turn())).toBe(0);
      expect(next.state).not.toBe(0);
    });
  });

  it("lets those go that live, when a thread dies, wherever it is", () => {
    for (const step of deaths(70)) {
      check(
        () => {
          const { words, home, run } = world(2);
          const { at } = home;
          retain(home.host, at);
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (host, begin) => {
              begin();
              const barrier = new SharedBarrier(host, at);
              const turn = new Turn();
              if (barrier.arrive(turn) !== 0) barrier.arrive(new Turn());
            });
          }, "dying");
          dying.join();
          // What it did alone leaves nobody behind, whole or not.
          const other = run(2, meet);
          const here = meet(home);
          expect(other.join()).toBe(!here);
        },
        { timeouts: "any", preemptionBound: 1 },
      );
    }
  });

  it("passes all who were there, or none, when who came last dies", () => {
    for (const step of deaths(70)) {
      check(
        () => {
          const { words, home } = world(3);
          const { at } = home;
          const turns = [new Turn(), new Turn()];
          for (const turn of turns) home.arrive(turn);
          retain(home.host, at);
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (host, begin) => {
              begin();
              new SharedBarrier(host, at).arrive(new Turn());
            });
          }, "dying");
          dying.join();
          home.died();
          const passed = turns.map((turn) => turn.state !== 0);
          expect(passed[0]).toBe(passed[1]);
          // Three are needed for the next round, or one for this.
          const more = passed[0] ? 3 : 1;
          for (let i = 1; i < more; i++) expect(home.arrive(new Turn())).toBeGreaterThan(0);
          expect(home.arrive(new Turn())).toBe(0);
        },
        { timeouts: "any", preemptionBound: 1 },
      );
    }
  });
});
