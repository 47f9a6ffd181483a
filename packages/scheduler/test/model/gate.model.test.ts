import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { Gate } from "../../src/multi-thread/gate.ts";

const GATE = 0;
/** The first of the words, one for each sender, that only the owner may read: plain, so what is not ordered is a race. */
const SENT = 1;

function memory(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(16));
}

/** Sends if it may; whether it did. */
function send(words: Int32Array, sender: number): boolean {
  const gate = new Gate(words, GATE);
  if (!gate.enter()) return false;
  words[SENT + sender] = 1;
  gate.leave();
  return true;
}

describe("a gate, in every interleaving within the bound", () => {
  it("lets the owner see all that came in, once it has closed", () => {
    const seen = new Set<string>();
    model(
      () => {
        const words = memory();
        const senders = [0, 1].map((i) => thread.spawn(() => send(words, i)));
        const gate = new Gate(words, GATE);
        gate.close();
        const found = [words[SENT], words[SENT + 1]];
        const sent = senders.map((sender) => (sender.join() ? 1 : 0));
        expect(found).toEqual(sent);
        seen.add(sent.join());
      },
      { timeouts: "never", preemptionBound: 4 },
    );
    expect(seen).toEqual(new Set(["0,0", "0,1", "1,0", "1,1"]));
  });

  it("is open again after that, and closes twice as well as once", () => {
    model(
      () => {
        const words = memory();
        const sender = thread.spawn(() => [send(words, 0), send(words, 0)]);
        const gate = new Gate(words, GATE);
        gate.close();
        gate.close();
        const early = words[SENT];
        gate.open();
        const late = sender.join();
        expect(late[0] || early === 0).toBe(true);
        expect(gate.enter()).toBe(true);
      },
      { timeouts: "never", preemptionBound: 3 },
    );
  });

  it("tells who wanted it when it opens, and lets in who did not find it closed", () => {
    model(
      () => {
        const words = memory();
        const gate = new Gate(words, GATE);
        gate.close();
        const home = thread.spawn(() => {
          const mine = new Gate(words, GATE);
          if (mine.want()) Atomics.wait(words, SENT, 0);
          else if (mine.enter()) mine.leave();
          else expect.unreachable("it is open for good");
        });
        if (gate.open()) {
          Atomics.store(words, SENT, 1);
          Atomics.notify(words, SENT);
        }
        home.join();
        gate.close();
        expect(gate.open()).toBe(false);
      },
      { preemptionBound: 3 },
    );
  });

  it("is not held up for ever by a sender that has died", () => {
    model(
      () => {
        const words = memory();
        const dying = thread.spawn(() => new Gate(words, GATE).enter());
        const gate = new Gate(words, GATE);
        gate.close();
        expect(gate.enter()).toBe(false);
        dying.join();
        gate.open();
        expect(gate.enter()).toBe(true);
      },
      { preemptionBound: 3 },
    );
  });

  it("is not opened by a sender that leaves late", () => {
    model(
      () => {
        const words = memory();
        const gate = new Gate(words, GATE);
        const entered = thread.spawn(() => new Gate(words, GATE).enter());
        expect(entered.join()).toBe(true);
        const late = thread.spawn(() => new Gate(words, GATE).leave());
        gate.close();
        expect(gate.enter()).toBe(false);
        late.join();
        expect(gate.enter()).toBe(false);
        gate.open();
        expect(gate.enter()).toBe(true);
        gate.leave();
        expect(words[GATE]).toBe(0);
      },
      { preemptionBound: 3 },
    );
  });
});
