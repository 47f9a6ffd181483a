import { load, store } from "@treadle/core/shared";
import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { retain } from "../../src/shared/refs.ts";
import { lockTuning } from "../../src/shared/robust-lock.ts";
import {
  ASSIGNED,
  CLOSED_NOW,
  createSemaphore,
  SharedSemaphore,
  TAKEN,
} from "../../src/shared/shared-semaphore.ts";
import { acquire, addPlainly, deaths, LONG, mortal, Turn } from "./among-threads.ts";
import { live, ModelHost, memory } from "./host.ts";

lockTuning.spins = 1;

const COUNT = 399;
const options = { timeouts: "never", preemptionBound: LONG ? 3 : 2 } as const;

interface World {
  readonly words: Int32Array;
  readonly home: SharedSemaphore;
  /** Runs on another thread, to which the semaphore was sent. */
  run<T>(ref: number, program: (semaphore: SharedSemaphore) => T): { join(): T };
}

function world(permits: number): World {
  const words = memory();
  const host = new ModelHost(words, 0);
  const at = createSemaphore(host, permits, permits);
  const home = new SharedSemaphore(host, at);
  return {
    words,
    home,
    run: (ref, program) => {
      retain(host, at);
      return thread.spawn(() => {
        const semaphore = new SharedSemaphore(new ModelHost(words, ref), at);
        const result = program(semaphore);
        semaphore.leaveForGood();
        return result;
      }, `thread ${ref}`);
    },
  };
}

function check(body: () => void, more: object = {}): void {
  expect(model(body, { ...options, ...more }).complete).toBe(true);
}

describe("a semaphore among threads, in every interleaving,", { timeout: 120_000 }, () => {
  conforms(
    ["sync/tests/loom_semaphore_batch::basic_usage", "sync/tests/loom_semaphore_batch::release"],
    "gives one permit to one thread at a time, and frees all its memory in the end",
    () => {
      check(() => {
        const { words, home, run } = world(1);
        const work = (semaphore: SharedSemaphore): void => {
          expect(acquire(semaphore, 1)).toBe(true);
          // Two at once would be a race.
          addPlainly(words, COUNT);
          semaphore.release(1);
        };
        const others = [run(1, work)];
        work(home);
        work(home);
        for (const other of others) other.join();
        expect([words[COUNT], home.free]).toEqual([3, 1]);
        home.leaveForGood();
        expect(live(words)).toBe(0);
      });
    },
  );

  conforms(
    [
      "sync/tests/loom_semaphore_batch::basic_closing",
      "sync/tests/loom_semaphore_batch::concurrent_close",
    ],
    "fails all that wait when it is closed, whoever closes it",
    () => {
      check(() => {
        const { home, run } = world(1);
        const work = (semaphore: SharedSemaphore): void => {
          if (acquire(semaphore, 1)) semaphore.release(1);
          semaphore.close();
        };
        const other = run(1, work);
        work(home);
        other.join();
        expect(home.queue(1, new Turn())).toBe(CLOSED_NOW);
        expect(home.free).toBe(1);
      });
    },
  );

  conforms(
    "sync/tests/loom_semaphore_batch::concurrent_cancel",
    "takes back what waits had got that are given up, and gives it to the next",
    () => {
      check(() => {
        const { home, run } = world(0);
        const giveUp = (semaphore: SharedSemaphore): void => {
          const turn = new Turn();
          const node = semaphore.queue(2, turn);
          if (node === TAKEN || turn.state === ASSIGNED) semaphore.release(2);
          else semaphore.giveUp(node);
        };
        const other = run(1, giveUp);
        home.addPermits(1);
        home.addPermits(2);
        giveUp(home);
        other.join();
        expect(acquire(home, 3)).toBe(true);
      });
    },
  );

  conforms(
    "sync/tests/loom_semaphore_batch::batch",
    "gives several permits at once, never more than there are",
    () => {
      check(() => {
        const { home, run } = world(3);
        const others = [2, 3].map((count, i) =>
          run(i + 1, (semaphore) => {
            expect(acquire(semaphore, count)).toBe(true);
            semaphore.release(count);
          }),
        );
        for (const other of others) other.join();
        expect(home.free).toBe(3);
      });
    },
  );

  conforms(
    "sync/tests/loom_semaphore_batch::release_during_acquire",
    "serves a wait that begins while permits come back",
    () => {
      check(() => {
        const { home, run } = world(3);
        expect(acquire(home, 2)).toBe(true);
        const other = run(1, (semaphore) => acquire(semaphore, 3));
        home.release(2);
        expect(other.join()).toBe(true);
        expect(home.free).toBe(0);
      });
    },
  );

  conforms(
    "sync/tests/loom_semaphore_batch::concurrent_permit_updates",
    "counts what is added, forgotten and taken at the same time",
    () => {
      check(() => {
        const { home, run } = world(2);
        const added = run(1, (semaphore) => semaphore.addPermits(2));
        const forgotten = run(2, (semaphore) => semaphore.forget(2));
        const taken = home.tryTake(1) ? 1 : 0;
        expect(added.join()).toBe(true);
        const gone = forgotten.join();
        expect(gone + taken).toBeGreaterThanOrEqual(2);
        expect(home.free).toBe(4 - taken - gone);
      });
    },
  );

  it("gives what a wait had got that is given up to the one behind it", () => {
    check(() => {
      const { home, run } = world(1);
      const large = home.queue(2, new Turn());
      const small = run(1, (semaphore) => acquire(semaphore, 1));
      home.giveUp(large);
      expect(small.join()).toBe(true);
      expect(home.free).toBe(0);
    });
  });

  it("gives back what waits had got that are refused", () => {
    check(() => {
      const { home, run } = world(1);
      const waits = run(1, (semaphore) => acquire(semaphore, 2));
      home.close();
      expect(waits.join()).toBe(false);
      expect(home.free).toBe(1);
    });
  });

  it("serves in the order of asking: a small wish behind a large one waits", () => {
    check(() => {
      const { home, run } = world(1);
      const large = new Turn();
      expect(home.queue(2, large)).toBeGreaterThan(0);
      const small = run(1, (semaphore) => {
        expect(acquire(semaphore, 1)).toBe(true);
      });
      home.addPermits(1);
      while (large.state === 0) (home.host as ModelHost).sleep();
      home.release(2);
      small.join();
      expect(home.tryTake(1)).toBe(true);
      expect(home.tryTake(1)).toBe(false);
    });
  });

  it("loses no permit and no wake when a thread dies, wherever it is", () => {
    for (const step of deaths(90)) {
      check(
        () => {
          const words = memory();
          const host = new ModelHost(words, 0);
          const at = createSemaphore(host, 2, 2);
          const home = new SharedSemaphore(host, at);
          retain(host, at);
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (theirs, begin) => {
              begin();
              const semaphore = new SharedSemaphore(theirs, at);
              if (semaphore.queue(2, new Turn()) === 0) semaphore.release(1);
              semaphore.queue(2, new Turn());
            });
          }, "dying");
          for (let i = 0; i < 2; i++) {
            expect(acquire(home, 2)).toBe(true);
            expect(home.free).toBe(0);
            home.release(2);
          }
          dying.join();
          expect(home.tryTake(2)).toBe(true);
          expect(home.tryTake(1)).toBe(false);
        },
        { timeouts: "any", preemptionBound: 1 },
      );
    }
  });

  it("serves those that wait for what a thread had when it died, and is freed with its last living user", () => {
    for (const step of deaths(44)) {
      check(
        () => {
          const words = memory();
          const host = new ModelHost(words, 0);
          const at = createSemaphore(host, 1, 1);
          const home = new SharedSemaphore(host, at);
          home.addPermits(2);
          expect(home.forget(1)).toBe(1);
          retain(host, at);
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (theirs, begin) => {
              const semaphore = new SharedSemaphore(theirs, at);
              semaphore.queue(2, new Turn());
              store(words, COUNT, 1);
              begin();
              semaphore.release(1);
              semaphore.queue(1, new Turn());
            });
          }, "dying");
          while (load(words, COUNT) === 0);
          expect(acquire(home, 2)).toBe(true);
          expect(home.free).toBe(0);
          dying.join();
          home.release(2);
          home.leaveForGood();
          // Of freed memory the length is 0.
          expect(words[at - 1]).toBe(0);
        },
        { timeouts: "any", preemptionBound: 1 },
      );
    }
  });

  it("keeps the places of those that wait when one in front of them or behind dies", () => {
    for (const step of deaths(80)) {
      check(
        () => {
          const words = memory();
          const host = new ModelHost(words, 0);
          const at = createSemaphore(host, 1, 1);
          const home = new SharedSemaphore(host, at);
          expect(home.tryTake(1)).toBe(true);
          const first = new Turn();
          home.queue(1, first);
          retain(host, at);
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (theirs, begin) => {
              begin();
              const semaphore = new SharedSemaphore(theirs, at);
              const node = semaphore.queue(1, new Turn());
              semaphore.giveUp(node);
              semaphore.close();
            });
          }, "dying");
          const second = new Turn();
          const node = home.queue(1, second);
          home.release(1);
          while (first.state === 0) host.sleep();
          dying.join();
          if (home.isClosed) {
            // Closed wholly, or not at all.
            expect(home.queue(1, new Turn())).toBe(CLOSED_NOW);
            if (node > 0) while (second.state === 0) host.sleep();
            return;
          }
          expect(first.state).toBe(ASSIGNED);
          home.release(1);
          while (second.state === 0) host.sleep();
          expect([second.state, home.free]).toEqual([ASSIGNED, 0]);
        },
        { timeouts: "any", preemptionBound: 1 },
      );
    }
  });
});
