import { Clock, sleep, TimeDriver, type TimerEntry, type WheelEntry } from "@treadle/time";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { Hand, Rig } from "./rig.ts";

class Timer implements TimerEntry {
  before: WheelEntry | null = null;
  after: WheelEntry | null = null;
  slot = -1;
  when = 0;
  fired = 0;
  private readonly onFire: (() => void) | undefined;
  constructor(onFire?: () => void) {
    this.onFire = onFire;
  }
  fire(): void {
    this.fired++;
    this.onFire?.();
  }
}

/** A driver on a running clock whose real time is moved by hand. */
function realDriver(start = 100.25): {
  driver: TimeDriver;
  pass(ms: number): void;
  reads(): number;
  unparks(): number;
} {
  let now = start;
  let unparks = 0;
  const spy = vi.spyOn(performance, "now").mockImplementation(() => now);
  const driver = new TimeDriver({ clock: new Clock(), unpark: () => unparks++ });
  return {
    driver,
    pass: (ms) => {
      now += ms;
    },
    reads: () => spy.mock.calls.length,
    unparks: () => unparks,
  };
}

function registerIn(driver: TimeDriver, timer: Timer, ms: number): boolean {
  return driver.register(timer, driver.source.deadlineToTick(driver.now() + ms));
}

describe("parking", () => {
  test("without timers the thread may sleep for ever, and the clock is not read", () => {
    const { driver, reads } = realDriver();
    const before = reads();
    for (const mayIdle of [true, false]) {
      expect(driver.beforePark(mayIdle)).toBe(Infinity);
      driver.afterPark(false);
    }
    expect(reads()).toBe(before);
    expect(driver.hasPending()).toBe(false);
  });

  test("after sleeping exactly as long as told the timer fires, and not before", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0.000001, max: 1e5, noNaN: true }),
        (start, ms) => {
          const { driver, pass } = realDriver(start);
          const timer = new Timer();
          const deadline = driver.now() + ms;
          fc.pre(registerIn(driver, timer, ms));
          // Far timers are reached over the beginnings of their slots.
          for (let turn = 0; timer.fired === 0 && turn < 8; turn++) {
            const left = driver.beforePark(true);
            expect(left).toBeGreaterThan(0);
            pass(left);
            driver.afterPark(false);
          }
          expect(timer.fired).toBe(1);
          expect(driver.now()).toBeGreaterThan(deadline - 5e-7);
          expect(driver.now()).toBeLessThan(deadline + 1.000001);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("a short timer is one sleep away, with the fraction of the millisecond", () => {
    const { driver, pass } = realDriver(100.25);
    const timer = new Timer();
    registerIn(driver, timer, 1);
    pass(0.5);
    expect(driver.beforePark(true)).toBe(1.25);
    pass(1.2);
    driver.afterPark(true);
    expect(timer.fired).toBe(0);
    expect(driver.beforePark(true)).toBeCloseTo(0.05, 6);
    pass(0.05);
    driver.afterPark(false);
    expect(timer.fired).toBe(1);
    expect(driver.beforePark(true)).toBe(Infinity);
  });

  test("an overdue timer forbids sleeping", () => {
    const { driver, pass } = realDriver();
    registerIn(driver, new Timer(), 5);
    pass(7);
    expect(driver.beforePark(true)).toBe(0);
    expect(driver.hasPending()).toBe(true);
  });

  test("a busy turn reads the clock once, an idle turn twice", () => {
    const { driver, reads } = realDriver();
    registerIn(driver, new Timer(), 50);
    const before = reads();
    driver.beforePark(false);
    driver.afterPark(false);
    expect(reads()).toBe(before + 1);
    driver.beforePark(true);
    driver.afterPark(false);
    expect(reads()).toBe(before + 3);
  });

  test("a long time without timers costs no extra turns", () => {
    const { driver, pass } = realDriver();
    pass(3_600_000);
    registerIn(driver, new Timer(), 10);
    expect(driver.beforePark(true)).toBeGreaterThanOrEqual(10);
  });
});

describe("unparking", () => {
  test("only a timer earlier than the one slept for unparks, and only while parked", () => {
    const { driver, unparks } = realDriver();
    driver.afterPark(true);
    registerIn(driver, new Timer(), 50);
    expect(unparks()).toBe(0);
    driver.beforePark(true);
    registerIn(driver, new Timer(), 50);
    registerIn(driver, new Timer(), 60);
    expect(unparks()).toBe(0);
    registerIn(driver, new Timer(), 40);
    expect(unparks()).toBe(1);
    registerIn(driver, new Timer(), 30);
    expect(unparks()).toBe(1);
    driver.afterPark(true);
    registerIn(driver, new Timer(), 20);
    expect(unparks()).toBe(1);
  });

  test("the first timer unparks a thread that was never driven", () => {
    const { driver, unparks } = realDriver();
    registerIn(driver, new Timer(), 50);
    expect(unparks()).toBe(1);
  });

  test("the first timer unparks a thread that sleeps for ever, an infinite one does not", () => {
    const { driver, unparks } = realDriver();
    driver.beforePark(true);
    driver.register(new Timer(), Infinity);
    expect(unparks()).toBe(0);
    registerIn(driver, new Timer(), 1000);
    expect(unparks()).toBe(1);
  });

  test("moving or freezing the clock of a parked thread unparks it", () => {
    const { driver, unparks } = realDriver();
    driver.afterPark(true);
    driver.pause();
    expect(unparks()).toBe(0);
    driver.beforePark(true);
    driver.advance(5);
    expect(unparks()).toBe(1);
    driver.afterPark(true);
    driver.beforePark(true);
    driver.resume();
    expect(unparks()).toBe(2);
  });
});

describe("frozen time", () => {
  test("an idle turn moves time to the next timer and fires it", () => {
    const rig = new Rig();
    const timer = new Timer();
    rig.driver.register(timer, 40);
    expect(rig.driver.beforePark(true)).toBe(0);
    rig.driver.afterPark(false);
    expect([rig.time, timer.fired]).toEqual([40, 1]);
  });

  test("time stays when the thread was woken, is only busy, or somebody inhibits", () => {
    const rig = new Rig();
    const timer = new Timer();
    rig.driver.register(timer, 40);
    rig.driver.beforePark(true);
    rig.driver.afterPark(true);
    rig.turn();
    rig.clock.inhibitAutoAdvance();
    expect(rig.driver.beforePark(true)).toBe(40);
    rig.driver.afterPark(false);
    expect([rig.time, timer.fired]).toEqual([0, 0]);
    rig.clock.allowAutoAdvance();
    rig.driver.beforePark(true);
    rig.driver.afterPark(false);
    expect([rig.time, timer.fired]).toEqual([40, 1]);
  });

  test("an inhibitor that came while the thread was parked keeps time", () => {
    const rig = new Rig();
    rig.driver.register(new Timer(), 40);
    rig.driver.beforePark(true);
    rig.clock.inhibitAutoAdvance();
    rig.driver.afterPark(false);
    expect(rig.time).toBe(0);
  });

  test("without timers an idle thread really sleeps", () => {
    const rig = new Rig();
    rig.driver.register(new Timer(), Infinity);
    expect(rig.driver.beforePark(true)).toBe(Infinity);
    rig.driver.afterPark(false);
    expect([rig.time, rig.driver.hasPending()]).toEqual([0, false]);
  });

  test("only a one-threaded runtime can be frozen", () => {
    const rig = new Rig({ startPaused: false, currentThread: false });
    expect(() => rig.driver.pause()).toThrow(
      expect.objectContaining({
        code: "ERR_TIME_FLAVOR",
        message: expect.stringContaining("`pause()` requires the `current_thread` Treadle runtime"),
      }),
    );
  });
});

describe("firing", () => {
  test("ten thousand timers fire once each, in the order of their ticks, first in first out", () => {
    const rig = new Rig();
    const order: [number, number][] = [];
    for (let i = 0; i < 10_000; i++) {
      const tick = 1 + ((i * 7919) % 100);
      rig.driver.register(new Timer(() => order.push([tick, i])), tick);
    }
    rig.pass(1000);
    const sorted = [...order].sort(([a, i], [b, j]) => a - b || i - j);
    expect(order).toHaveLength(10_000);
    expect(order).toEqual(sorted);
  });

  test("a timer that fires may drop, register and reset others", () => {
    const rig = new Rig();
    const others = Array.from({ length: 50 }, () => new Timer());
    const later = new Timer();
    const reset = new Timer();
    rig.driver.register(
      new Timer(() => {
        for (const other of others) rig.driver.cancel(other);
        rig.driver.register(later, 20);
        rig.driver.reregister(reset, 30);
      }),
      10,
    );
    for (const other of others) rig.driver.register(other, 10);
    rig.driver.register(reset, 10);
    rig.pass(10);
    expect([others.filter((o) => o.fired > 0).length, later.fired, reset.fired]).toEqual([0, 0, 0]);
    rig.pass(10);
    expect([later.fired, reset.fired]).toEqual([1, 0]);
    rig.pass(10);
    expect(reset.fired).toBe(1);
  });

  test("a later deadline is only noted: the timer is moved when its old slot comes", () => {
    const { driver, pass } = realDriver(100);
    const timer = new Timer();
    registerIn(driver, timer, 10);
    expect(driver.reregister(timer, 1000)).toBe(true);
    expect(driver.beforePark(true)).toBe(10);
    pass(10);
    driver.afterPark(false);
    expect(timer.fired).toBe(0);
    pass(990);
    driver.afterPark(false);
    expect(timer.fired).toBe(1);
  });

  test("shutdown fires all timers, those in the far future and the infinite ones too, once", () => {
    const rig = new Rig();
    const timers = [1, 100, 2 ** 40, Infinity].map((tick) => {
      const timer = new Timer();
      rig.driver.register(timer, tick);
      return timer;
    });
    rig.driver.shutdown();
    rig.driver.shutdown();
    expect(timers.map((t) => t.fired)).toEqual([1, 1, 1, 1]);
    expect([rig.driver.isShutdown, rig.driver.hasPending()]).toEqual([true, false]);
  });

  test("a clock that goes backwards fires nothing twice and loses nothing", () => {
    const { driver, pass } = realDriver();
    const first = new Timer();
    const second = new Timer();
    registerIn(driver, first, 10);
    registerIn(driver, second, 20);
    pass(12);
    driver.beforePark(true);
    driver.afterPark(false);
    pass(-8);
    driver.beforePark(true);
    driver.afterPark(false);
    expect([first.fired, second.fired]).toEqual([1, 0]);
    pass(30);
    driver.beforePark(true);
    driver.afterPark(false);
    expect([first.fired, second.fired]).toEqual([1, 1]);
  });
});

describe("finding the driver", () => {
  test("outside a runtime, and in one without timers, sleep says what to do", () => {
    expect(() => sleep(1)).toThrow(
      expect.objectContaining({
        code: "ERR_NO_RUNTIME",
        message: expect.stringContaining("there is no reactor running: sleep() must be called"),
      }),
    );
    const rig = new Rig();
    rig.slots.length = 0;
    expect(() => rig.enter(() => sleep(1))).toThrow(
      expect.objectContaining({
        code: "ERR_TIME_DISABLED",
        message:
          "A Treadle context was found, but timers are disabled. Call `enableTime` on the runtime builder to enable timers.",
      }),
    );
  });

  test("a sleep keeps the driver with which it was made", () => {
    const home = new Rig();
    const other = new Rig();
    const hand = new Hand(home, () => sleep(5));
    const future = home.enter(() => sleep(5));
    const abroad = new Hand(other, () => future);
    hand.poll();
    abroad.poll();
    expect([home.driver.hasPending(), other.driver.hasPending()]).toEqual([true, false]);
    home.pass(5);
    expect([hand.wakes, abroad.wakes]).toEqual([1, 1]);
  });
});
