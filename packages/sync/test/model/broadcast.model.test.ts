import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { conforms } from "../../../../tools/conforms.ts";
import { readLong, writeLong } from "../../src/shared/long.ts";
import { retain } from "../../src/shared/refs.ts";
import { lockTuning } from "../../src/shared/robust-lock.ts";
import { createBroadcast, SharedBroadcast } from "../../src/shared/shared-broadcast.ts";
import { WaitPlace } from "../../src/shared/wait-place.ts";
import { deaths, LONG, mortal } from "./among-threads.ts";
import { live, ModelHost, memory, POISON } from "./host.ts";

lockTuning.spins = 1;

const options = { timeouts: "never", preemptionBound: LONG ? 3 : 2 } as const;
const END = -1;

/** A receiver, as `broadcast/receiver.ts` is one. */
class Reader {
  readonly channel: SharedBroadcast<number>;
  readonly place: number;
  position: number;

  constructor(channel: SharedBroadcast<number>, place = channel.addReceiver()) {
    this.channel = channel;
    this.place = place;
    this.position = channel.positionOf(place);
  }

  /** The next value, minus a hundred times how many were missed, or the end. */
  recv(): number {
    const { channel } = this;
    for (;;) {
      const over = channel.senderCount === 0;
      if (channel.end !== this.position) return this.take();
      if (over) return END;
      new WaitPlace(channel.host, channel.newsAt).arm();
      if (channel.end === this.position && channel.senderCount > 0)
        (channel.host as ModelHost).sleep();
    }
  }

  take(): number {
    const before = this.position;
    const [position, node] = this.channel.read(this.place, before);
    this.position = position;
    return node === 0 ? -100 * (position - before) : this.channel.take(node);
  }

  all(): number[] {
    const got: number[] = [];
    for (let one = this.recv(); one !== END; one = this.recv()) got.push(one);
    this.close();
    return got;
  }

  close(): void {
    this.channel.dropReceiver(this.place, this.position);
  }
}

interface World {
  readonly words: Int32Array;
  /** This thread, which has one sender. */
  readonly home: SharedBroadcast<number>;
  /** A receiver that stands at the end goes to another thread. */
  receive<T>(ref: number, program: (reader: Reader) => T): { join(): T };
  /** A sender goes to another thread. */
  send<T>(ref: number, program: (channel: SharedBroadcast<number>) => T): { join(): T };
}

function world(size: number, end = 0): World {
  const words = memory();
  const host = new ModelHost(words, 0);
  const at = createBroadcast(host, size, end);
  const home = new SharedBroadcast<number>(host, at);
  home.addSenders(1);
  return {
    words,
    home,
    receive: (ref, program) => {
      const place = home.addReceiver();
      const sent = home.describe(place, home.positionOf(place));
      home.endSent();
      return thread.spawn(() => {
        const channel = new SharedBroadcast<number>(new ModelHost(words, ref), at);
        return program(new Reader(channel, channel.receiverCame(sent)));
      }, `thread ${ref}`);
    },
    send: (ref, program) => {
      home.addSenders(1);
      home.endSent();
      return thread.spawn(() => {
        const channel = new SharedBroadcast<number>(new ModelHost(words, ref), at);
        channel.senderCame(0);
        return program(channel);
      }, `thread ${ref}`);
    },
  };
}

function check(body: () => void, more: object = {}): void {
  expect(model(body, { ...options, ...more }).complete).toBe(true);
}

/** Whether it is what a receiver of so many values may get of a channel for `size`: some missed, the rest in order. */
function fits(got: readonly number[], values: readonly number[]): boolean {
  let next = 0;
  for (const one of got) {
    if (one <= -100) next += one / -100;
    else if (values[next++] !== one) return false;
  }
  return next === values.length;
}

describe("a broadcast channel among threads, in every interleaving,", { timeout: 120_000 }, () => {
  conforms(
    ["sync/tests/loom_broadcast::broadcast_send"],
    "gives each receiver each value and then the end, and frees all its memory",
    () => {
      check(
        () => {
          const { words, home, receive } = world(2);
          const others = [1, 2].map((ref) => receive(ref, (reader) => reader.all()));
          expect(home.push(7)).toBe(2);
          home.push(8);
          home.dropSender();
          for (const other of others) expect(other.join()).toEqual([7, 8]);
          expect(live(words)).toBe(0);
        },
        { preemptionBound: LONG ? 2 : 1 },
      );
    },
  );

  conforms(
    ["sync/tests/loom_broadcast::broadcast_wrap"],
    "tells a receiver that is too slow how many it has missed",
    () => {
      check(() => {
        const { words, home, receive } = world(1);
        const other = receive(1, (reader) => reader.all());
        for (const value of [7, 8, 9]) home.push(value);
        home.dropSender();
        expect(fits(other.join(), [7, 8, 9])).toBe(true);
        expect(live(words)).toBe(0);
      });
    },
  );

  conforms(
    ["sync/tests/loom_broadcast::broadcast_two"],
    "gives the values of two senders to all receivers in one order",
    () => {
      check(() => {
        const { home, send } = world(2);
        const readers = [new Reader(home), new Reader(home)];
        const other = send(1, (channel) => {
          channel.push(7);
          channel.dropSender();
        });
        home.push(8);
        const first = [readers[0]!.recv(), readers[0]!.recv()];
        other.join();
        expect([readers[1]!.take(), readers[1]!.take()]).toEqual(first);
        expect([...first].sort()).toEqual([7, 8]);
        expect([home.senderCount, home.countUnread()]).toEqual([1, 0]);
      });
    },
  );

  conforms(
    ["sync/tests/loom_broadcast::drop_rx"],
    "keeps no value for a receiver that is closed meanwhile, and tells the sender that the last has gone",
    () => {
      check(() => {
        const { words, home, receive } = world(2);
        const other = receive(1, (reader) => reader.close());
        const pushed = [home.push(7), home.push(8)];
        while (home.receiverCount > 0) {
          new WaitPlace(home.host, home.goneAt).arm();
          if (home.receiverCount > 0) (home.host as ModelHost).sleep();
        }
        other.join();
        expect([...pushed].sort().reverse()).toEqual(pushed);
        home.dropSender();
        expect(live(words)).toBe(0);
      });
    },
  );

  conforms(
    ["sync/tests/loom_broadcast::drop_multiple_rx_with_overflow"],
    "lets receivers go while values are overwritten",
    () => {
      check(
        () => {
          const { words, home, receive } = world(1);
          const others = [1, 2].map((ref) => receive(ref, (reader) => reader.close()));
          home.push(7);
          home.push(8);
          for (const other of others) other.join();
          expect(home.countUnread()).toBe(0);
          home.dropSender();
          expect(live(words)).toBe(0);
        },
        { preemptionBound: LONG ? 2 : 1 },
      );
    },
  );

  it("goes on when who sends dies, wherever it is: the value was sent or not, and nobody waits for ever", () => {
    for (const step of deaths(110)) {
      check(
        () => {
          const { words, home } = world(1);
          const { at } = home;
          const readers = [new Reader(home), new Reader(home)];
          home.push(6);
          retain(home.host, at);
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (host, begin) => {
              begin();
              const channel = new SharedBroadcast<number>(host, at);
              channel.addSenders(1);
              channel.push(7);
            });
          }, "dying");
          dying.join();
          const got = readers.map((reader) => reader.take());
          expect(got[0]).toBe(got[1]);
          expect([6, -100]).toContain(got[0]);
          if (got[0] === -100) expect(readers.map((reader) => reader.take())).toEqual([7, 7]);
          expect([home.senderCount, home.receiverCount, home.countUnread()]).toEqual([1, 2, 0]);
          expect(home.push(8)).toBe(2);
          expect(readers.map((reader) => reader.take())).toEqual([8, 8]);
        },
        { timeouts: "any", preemptionBound: 1 },
      );
    }
  });

  it("keeps no value for a receiver whose thread dies, wherever it is, and loses none of the others'", () => {
    for (const step of deaths(150)) {
      check(
        () => {
          const { words, home } = world(2);
          const { at } = home;
          const place = home.addReceiver();
          const mine = new Reader(home);
          home.push(6);
          home.push(7);
          const sent = home.describe(place, home.positionOf(place));
          home.endSent();
          const dying = thread.spawn(() => {
            mortal(words, 1, step, (host, begin) => {
              begin();
              const channel = new SharedBroadcast<number>(host, at);
              const reader = new Reader(channel, channel.receiverCame(sent));
              reader.take();
              new Reader(channel).close();
              reader.take();
            });
          }, "dying");
          dying.join();
          const here = home.receiverCount;
          // One that did not come is still this thread's.
          expect([1, 2]).toContain(here);
          expect([mine.take(), mine.take()]).toEqual([6, 7]);
          expect(home.countUnread()).toBe(here === 1 ? 0 : 2);
          expect(home.push(8)).toBe(here);
          expect(mine.take()).toBe(8);
          // The line of receivers is whole.
          const more = [new Reader(home), new Reader(home)];
          home.push(9);
          expect([mine.take(), home.countUnread() > 0]).toEqual([9, true]);
          for (const one of more) expect(one.take()).toBe(9);
          for (const one of more) one.close();
          expect(home.push(10)).toBe(here);
        },
        { timeouts: "any", preemptionBound: 1 },
      );
    }
  });

  it("frees a value when the last has read it, has gone or has died, and only then", () => {
    check(() => {
      const { words, home, receive } = world(2);
      const readers = [new Reader(home), new Reader(home)];
      const freed = (change: () => void): number => {
        const before = live(words);
        change();
        return before - live(words);
      };
      home.push(6);
      home.push(7);
      expect(freed(() => readers[0]?.take())).toBe(0);
      expect(freed(() => readers[1]?.take())).toBe(1);
      readers[0]?.take();
      // Its words, and the value.
      expect(freed(() => readers[1]?.close())).toBe(2);
      receive(1, () => undefined).join();
      home.push(8);
      new ModelHost(words, 1).die(1);
      expect(freed(() => readers[0]?.take())).toBeGreaterThan(1);
      expect(home.receiverCount).toBe(1);
      // Overwritten values are touched no more.
      for (const value of [1, 2, 3]) home.push(value);
      const poison = (): number => words.filter((word) => word === POISON).length;
      const before = poison();
      new ModelHost(words, 2).die(2);
      expect([home.receiverCount, poison()]).toEqual([1, before]);
    });
  });

  it("goes on with what a receiver was given up for that comes all the same", () => {
    check(() => {
      const { home } = world(2);
      const { at } = home;
      const words = home.host.words;
      const mine = new Reader(home);
      retain(home.host, at);
      let sent = { place: 0, ticket: 0, position: 0 };
      thread
        .spawn(() => {
          mortal(words, 1, Number.POSITIVE_INFINITY, (host) => {
            const channel = new SharedBroadcast<number>(host, at);
            const place = channel.addReceiver();
            sent = channel.describe(place, channel.positionOf(place));
            channel.endSent();
          });
        }, "dying")
        .join();
      home.push(6);
      home.push(7);
      mine.take();
      const late = new Reader(home, home.receiverCame(sent));
      // What all others had read is gone.
      expect([late.take(), late.take()]).toEqual([-100, 7]);
      expect([mine.take(), home.countUnread()]).toEqual([7, 0]);
    });
  });

  it("counts on beyond what a word holds, and is never seen half way", () => {
    for (const start of [2 ** 31 - 1, 2 ** 32 - 1, 2 ** 33 + 2 ** 31 - 1]) {
      check(() => {
        const words = memory();
        writeLong(words, 0, start);
        const other = thread.spawn(() => writeLong(words, 0, start + 1));
        const seen = [readLong(words, 0), readLong(words, 0)];
        expect([start, start + 1]).toContain(seen[0]);
        expect([start, start + 1]).toContain(seen[1]);
        expect(seen[1]).toBeGreaterThanOrEqual(seen[0]!);
        other.join();
        expect(readLong(words, 0)).toBe(start + 1);
      });
    }
  });
});
