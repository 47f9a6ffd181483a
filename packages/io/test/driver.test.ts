import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interest, IoError, Ready, sys, unparkReactor, WOULD_BLOCK } from "@treadle/io";
import { describe, expect, test } from "vitest";
import { Hand } from "../../../tools/test-hand.ts";
import { onEachSelector, openDescriptors, Pipe, rig } from "./rig.ts";

function thrownBy(f: () => unknown): IoError {
  try {
    f();
  } catch (error) {
    return error as IoError;
  }
  throw new Error("nothing was thrown");
}

onEachSelector((kind) => {
  describe("a registration", () => {
    test("is told of readiness once, until it is cleared and comes again", () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      const first = new Hand(source.readiness(Interest.READABLE));
      expect(first.poll()).toBe("pending");
      r.turn();
      expect(first.wakes).toBe(0);
      pipe.write();
      r.turn();
      expect(first.wakes).toBe(1);
      expect(first.poll()).toBe("ok");
      const event = first.value;
      expect(event?.ready).toBe(Ready.READABLE);
      expect(pipe.read()).toBe("x");
      if (event !== undefined) source.clearReadiness(event);
      const second = new Hand(source.readiness(Interest.READABLE));
      second.poll();
      r.turn();
      expect(second.status).toBe("pending");
      pipe.write();
      r.turn();
      expect(second.poll()).toBe("ok");
      expect(r.driver.readyCount()).toBe(2);
      source.deregister();
    });

    test("runs an operation as often as it would block, and keeps what it throws", () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      let calls = 0;
      const read = () => {
        calls++;
        return pipe.read() ?? WOULD_BLOCK;
      };
      const hand = new Hand(source.asyncIo(Interest.READABLE, read));
      hand.poll();
      expect(calls).toBe(0);
      pipe.write("one");
      r.turn();
      expect(hand.poll(10)).toBe("ok");
      expect([hand.value, calls, hand.left]).toEqual(["one", 1, 9]);
      // A short read has emptied the pipe: the next waits without trying.
      const next = new Hand(source.asyncIo(Interest.READABLE, read));
      expect(next.poll(10)).toBe("pending");
      expect([calls, next.left]).toEqual([1, 10]);
      pipe.write("x".repeat(64));
      r.turn();
      next.poll();
      expect([next.value?.length, calls]).toEqual([64, 2]);
      // A read that filled its buffer says nothing: the next tries, and what it took of the budget is given back.
      const last = new Hand(source.asyncIo(Interest.READABLE, read));
      expect(last.poll(10)).toBe("pending");
      expect([calls, last.left]).toEqual([3, 10]);
      last.drop();
      pipe.write("x");
      r.turn();
      const boom = new Error("boom");
      const failing = new Hand(
        source.asyncIo(Interest.READABLE, () => {
          throw boom;
        }),
      );
      expect(failing.poll()).toBe("failed");
      expect(failing.error).toBe(boom);
      source.deregister();
    });

    test("takes an error with the code EAGAIN for would-block, and waits without budget", () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.writer, Interest.WRITABLE);
      r.turn();
      const again = Object.assign(new Error("again"), { code: "EAGAIN" });
      const answer = source.tryIo(Interest.WRITABLE, () => {
        throw again;
      });
      expect(answer).toBe(WOULD_BLOCK);
      expect(source.tryIo(Interest.WRITABLE, () => 1)).toBe(WOULD_BLOCK);
      source.deregister();
    });

    test("leaves no wait behind when a wait is dropped", () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      const hand = new Hand(source.readiness(Interest.READABLE));
      hand.poll();
      hand.poll();
      expect([r.driver.waiting, r.driver.hasPending()]).toEqual([1, true]);
      hand.drop();
      expect([r.driver.waiting, r.driver.hasPending()]).toEqual([0, false]);
      pipe.write();
      r.turn();
      expect(hand.wakes).toBe(0);
      source.deregister();
    });

    test("wakes who waits when it is deregistered, and fails every use from then on", () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      const hand = new Hand(source.readiness(Interest.READABLE));
      hand.poll();
      source.deregister();
      source.deregister();
      expect([hand.wakes, hand.poll(), r.driver.waiting]).toEqual([1, "failed", 0]);
      expect(hand.error).toMatchObject({ code: "ERR_IO_DEREGISTERED" });
      expect(thrownBy(() => source.tryIo(Interest.READABLE, () => 1)).code).toBe(
        "ERR_IO_DEREGISTERED",
      );
      // The descriptor is free again.
      r.driver.addSource(pipe.reader, Interest.READABLE).deregister();
    });

    test("tells that the other side is closed, for good", () => {
      using r = rig(kind);
      const [a, b] = sys.socketpair();
      const source = r.driver.addSource(a, Interest.READABLE);
      sys.close(b);
      r.turn();
      const hand = new Hand(source.readiness(Interest.READABLE));
      expect(hand.poll()).toBe("ok");
      expect(hand.value?.ready.isReadClosed()).toBe(true);
      if (hand.value !== undefined) source.clearReadiness(hand.value);
      const again = new Hand(source.readiness(Interest.READABLE));
      expect(again.poll()).toBe("ok");
      expect(again.value?.ready.isReadClosed()).toBe(true);
      source.deregister();
      sys.close(a);
    });

    test("is refused for what cannot be watched, with what to do instead", () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const folder = mkdtempSync(join(tmpdir(), "treadle-io-"));
      const path = join(folder, "file");
      writeFileSync(path, "");
      const file = openSync(path, "r");
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      const cases: [number, string, string][] = [
        [file, "EPERM", "regular file"],
        [pipe.reader, "EEXIST", "registered with this runtime already"],
        [9_999, "EBADF", "not an open file descriptor"],
      ];
      for (const [fd, code, text] of cases) {
        const error = thrownBy(() => r.driver.addSource(fd, Interest.READABLE));
        expect(error).toBeInstanceOf(IoError);
        expect([error.name, error.code, error.errno < 0, error.syscall]).toEqual([
          "IoError",
          code,
          true,
          "epoll_ctl",
        ]);
        expect(error.message).toContain(text);
      }
      for (const fd of [-1, 1.5, Number.NaN, "1" as never]) {
        expect(thrownBy(() => r.driver.addSource(fd, Interest.READABLE)).code).toBe(
          "ERR_INVALID_ARG",
        );
      }
      expect(r.driver.fdRegisteredCount()).toBe(1);
      source.deregister();
      sys.close(file);
      rmSync(folder, { recursive: true });
    });
  });

  describe("a turn", () => {
    test("tells all events although they do not fit into one look", () => {
      using r = rig(kind, 2);
      const pipes = Array.from({ length: 11 }, () => new Pipe());
      const sources = pipes.map((pipe) => r.driver.addSource(pipe.reader, Interest.READABLE));
      const hands = sources.map((source) => new Hand(source.readiness(Interest.READABLE)));
      for (const hand of hands) hand.poll();
      for (const pipe of pipes) pipe.write();
      r.turn();
      expect(hands.map((hand) => hand.wakes)).toEqual(hands.map(() => 1));
      for (const source of sources) source.deregister();
      for (const pipe of pipes) pipe[Symbol.dispose]();
    });

    test("costs no system call while there is no source, and none opens a reactor", () => {
      const before = openDescriptors();
      using r = rig(kind);
      r.turn();
      r.driver.park(5);
      r.driver.unpark();
      r.driver.parkHosted();
      expect([r.idlePark.parks, r.idlePark.unparks]).toEqual([[5], 1]);
      expect(openDescriptors()).toBe(before);
    });
  });

  describe("a sleep", () => {
    test("ends with the first event, which the following turn tells", () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      const hand = new Hand(source.readiness(Interest.READABLE));
      hand.poll();
      pipe.write();
      r.driver.park(Number.POSITIVE_INFINITY);
      expect(hand.wakes).toBe(0);
      r.driver.afterPark(false);
      expect(hand.wakes).toBe(1);
      source.deregister();
    });

    test("ends with its time when nothing comes", () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      const start = performance.now();
      r.driver.park(20.5);
      expect(performance.now() - start).toBeGreaterThanOrEqual(20);
      source.deregister();
    });

    test("does not begin after an unpark, and uses it up", () => {
      using r = rig(kind);
      using pipe = new Pipe();
      r.driver.addSource(pipe.reader, Interest.READABLE);
      r.driver.unpark();
      expect(unparkReactor(r.driver.id)).toBe(true);
      r.driver.park(Number.POSITIVE_INFINITY);
      const start = performance.now();
      r.driver.park(10);
      expect(performance.now() - start).toBeGreaterThanOrEqual(9);
    });
  });

  describe("hosted by the event loop", () => {
    const loopTurns = async (until: () => boolean) => {
      for (let i = 0; i < 200 && !until(); i++) await new Promise((done) => setTimeout(done, 1));
    };

    test("the driver is called once for a batch, and only while somebody waits", async () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      r.driver.parkHosted();
      pipe.write();
      await loopTurns(() => r.ready.count > 0);
      expect(r.ready.count).toBe(0);
      pipe.read();
      r.turn();
      source.tryIo(Interest.READABLE, () => WOULD_BLOCK);
      const hand = new Hand(source.readiness(Interest.READABLE));
      hand.poll();
      r.driver.parkHosted();
      pipe.write();
      await loopTurns(() => r.ready.count > 0);
      r.turn();
      const { count } = r.ready;
      expect(count).toBeGreaterThan(0);
      expect(hand.wakes).toBe(1);
      hand.poll();
      r.driver.parkHosted();
      await loopTurns(() => r.ready.count > count);
      expect(r.ready.count).toBe(count);
      source.deregister();
    });

    test("an unpark reaches it, before and after it went to sleep", async () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      const hand = new Hand(source.readiness(Interest.READABLE));
      hand.poll();
      r.driver.unpark();
      r.driver.parkHosted();
      await loopTurns(() => r.ready.count > 0);
      expect(r.ready.count).toBe(1);
      r.turn();
      r.driver.parkHosted();
      r.driver.unpark();
      await loopTurns(() => r.ready.count > 1);
      expect(r.ready.count).toBeGreaterThanOrEqual(2);
      r.turn();
      hand.drop();
      source.deregister();
    });
  });

  describe("a shutdown", () => {
    test("closes what was opened, refuses sources, and may come twice", () => {
      const before = openDescriptors();
      const r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      r.driver.shutdown();
      r.driver.shutdown();
      expect(openDescriptors()).toBe(before + 2);
      expect(thrownBy(() => r.driver.addSource(pipe.reader, Interest.READABLE)).code).toBe(
        "ERR_IO_SHUTDOWN",
      );
      source.deregister();
      r.turn();
      expect(unparkReactor(999_999)).toBe(false);
    });
  });

  describe("faults:", () => {
    test("a hundred thousand registrations come and go, and nothing is left", () => {
      const before = openDescriptors();
      {
        using r = rig(kind);
        using pipe = new Pipe();
        for (let i = 0; i < 100_000; i++) {
          const source = r.driver.addSource(pipe.reader, Interest.READABLE);
          source.deregister();
          if (i % 1_000 === 0) r.turn();
        }
        expect(r.driver.fdDeregisteredCount()).toBe(100_000);
      }
      expect(openDescriptors()).toBe(before);
    }, 60_000);

    test.runIf(kind === "epoll")(
      "a descriptor that is closed behind the driver's back and used again is another source's",
      () => {
        using r = rig(kind);
        using first = new Pipe();
        const stale = r.driver.addSource(first.reader, Interest.READABLE);
        const number = first.reader;
        first.close(number);
        const again = new Pipe();
        expect(again.reader).toBe(number);
        const source = r.driver.addSource(again.reader, Interest.READABLE);
        const hand = new Hand(source.readiness(Interest.READABLE));
        hand.poll();
        // Takes the old one out only, though both have the same number.
        stale.deregister();
        again.write();
        r.turn();
        expect(hand.wakes).toBe(1);
        source.deregister();
        again[Symbol.dispose]();
      },
    );

    test("an event of a source that was deregistered in the same turn reaches nobody", () => {
      using r = rig(kind);
      const pipes = [new Pipe(), new Pipe()];
      const sources = pipes.map((pipe) => r.driver.addSource(pipe.reader, Interest.READABLE));
      const reused: Hand<unknown>[] = [];
      const hands = sources.map((source, i) => {
        const hand = new Hand(source.readiness(Interest.READABLE));
        hand.poll();
        const { wake } = hand;
        hand.wake = () => {
          wake.call(hand);
          // The other's event still lies in the array; a new source must not take it for its own.
          const other = sources[1 - i];
          other?.deregister();
          const pipe = new Pipe();
          const fresh = new Hand(
            r.driver.addSource(pipe.reader, Interest.READABLE).readiness(Interest.READABLE),
          );
          fresh.poll();
          reused.push(fresh);
        };
        return hand;
      });
      for (const pipe of pipes) pipe.write();
      r.turn();
      expect(hands.every((hand) => hand.wakes === 1)).toBe(true);
      r.turn();
      expect(reused.map((hand) => hand.wakes)).toEqual(reused.map(() => 0));
    });

    test("descriptors that are closed behind the driver's back take nothing else with them", () => {
      using r = rig(kind);
      using live = new Pipe();
      const source = r.driver.addSource(live.reader, Interest.READABLE);
      const hand = new Hand(source.readiness(Interest.READABLE));
      hand.poll();
      for (const when of ["at once", "watched", "ready"]) {
        const pipe = new Pipe();
        const closed = r.driver.addSource(pipe.reader, Interest.READABLE);
        if (when === "watched") r.turn();
        if (when === "ready") {
          pipe.write();
          for (let i = 0; i < 3; i++) r.turn();
        }
        pipe[Symbol.dispose]();
        // Where there are no edges this asks the system for the readiness of a descriptor that is no more.
        closed.tryIo(Interest.READABLE, () => WOULD_BLOCK);
        r.turn();
        closed.deregister();
        r.turn();
      }
      live.write();
      r.turn();
      expect(hand.wakes).toBe(1);
      source.deregister();
    });

    test("a source that nobody reads does not keep the thread awake", () => {
      using r = rig(kind);
      using pipe = new Pipe();
      const source = r.driver.addSource(pipe.reader, Interest.READABLE);
      pipe.write();
      for (let i = 0; i < 3; i++) r.turn();
      const start = performance.now();
      r.driver.park(20);
      expect(performance.now() - start).toBeGreaterThanOrEqual(19);
      source.deregister();
    });
  });
});
