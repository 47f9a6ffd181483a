import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { Line } from "../../src/shared/line.ts";
import { lockTuning, RobustLock } from "../../src/shared/robust-lock.ts";
import { addPlainly, deaths, LONG, mortal } from "./among-threads.ts";
import { ModelHost, memory } from "./host.ts";

const LOCK = 300;
const COUNT = 301;
const BEGUN = 302;

lockTuning.spins = 1;

describe("a robust lock, in every interleaving,", { timeout: 120_000 }, () => {
  it("is one thread's at a time, and wakes those that sleep over it", () => {
    const report = model(
      () => {
        const words = memory();
        const add = (ref: number): void => {
          const lock = new RobustLock(new ModelHost(words, ref), LOCK);
          expect(lock.take()).toBe(false);
          addPlainly(words, COUNT);
          lock.give();
        };
        const others = [1, 2].map((ref) => thread.spawn(() => add(ref), `thread ${ref}`));
        add(0);
        for (const other of others) other.join();
        expect([words[COUNT], words[LOCK]]).toEqual([3, 0]);
      },
      // A timeout would hide a wake that is lost.
      { timeouts: "never", preemptionBound: LONG ? 4 : 3 },
    );
    expect(report.complete).toBe(true);
  });

  it("is taken from a holder that has died, by one thread, which is told", () => {
    for (const step of deaths(5)) {
      const report = model(
        () => {
          const words = memory();
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (host, begin) => {
              begin();
              const lock = new RobustLock(host, LOCK);
              lock.take();
              words[BEGUN] = 1;
              lock.give();
            });
          }, "dying");
          const take = (ref: number): boolean => {
            const lock = new RobustLock(new ModelHost(words, ref), LOCK);
            const broken = lock.take();
            addPlainly(words, COUNT);
            lock.give();
            return broken;
          };
          const other = thread.spawn(() => take(2), "other");
          const told = [take(0), other.join()];
          dying.join();
          expect(words[COUNT]).toBe(2);
          expect(told.filter((broken) => broken).length).toBeLessThanOrEqual(1);
          // It had died with it, and nobody had noticed before.
          if (words[LOCK] !== 0)
            expect(new RobustLock(new ModelHost(words, 0), LOCK).take()).toBe(true);
        },
        { preemptionBound: 2 },
      );
      expect(report.complete).toBe(true);
    }
  });
});

describe("a line", () => {
  const nodes = [100, 110, 120];

  /** The nodes from the first to the last, and back. */
  function both(line: Line): number[][] {
    const forth: number[] = [];
    const back: number[] = [];
    for (let node = line.first; node !== 0; node = line.next(node)) forth.push(node);
    for (let node = line.last; node !== 0; node = line.previous(node)) back.push(node);
    return [forth, back.reverse()];
  }

  /** Every way in which a change may have been broken off, mended. */
  function brokenOff(change: (line: Line) => void, before: number[]): number[][] {
    const ends: number[][] = [];
    for (let writes = 0; ; writes++) {
      const words = new Int32Array(200);
      let left = Number.POSITIVE_INFINITY;
      const dying = new Proxy(words, {
        get: (target, key) => Reflect.get(target, key, target) as unknown,
        set: (target, key, value) => {
          if (left-- <= 0) throw new Error("dies");
          target[Number(key)] = value as number;
          return true;
        },
      });
      const line = new Line(dying as Int32Array, 10);
      for (const node of before) line.push(node);
      left = writes;
      let died = false;
      try {
        change(line);
      } catch {
        died = true;
      }
      const mended = new Line(words, 10);
      if (died) mended.mend();
      const [forth, back] = both(mended);
      expect(back).toEqual(forth);
      ends.push(forth as number[]);
      if (!died) return ends;
    }
  }

  it("is whole after a death in front of any write, with the node in it or not", () => {
    for (let count = 0; count < 3; count++) {
      const before = nodes.slice(0, count);
      for (const end of brokenOff((line) => line.push(nodes[2] as number), before))
        expect([before, [...before, nodes[2]]]).toContainEqual(end);
    }
    for (const node of nodes) {
      const after = nodes.filter((other) => other !== node);
      for (const end of brokenOff((line) => line.remove(node), nodes))
        expect([nodes, after]).toContainEqual(end);
      expect(brokenOff((line) => line.remove(node), nodes).at(-1)).toEqual(after);
    }
  });
});
