/** The state word against a table written out by hand, a small model, and the shared cell. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as state from "../src/state.ts";
import { Outcome } from "../src/state.ts";

const { POLL, CLOSE, IGNORE, SUBMIT, NOTHING, DEALLOC } = Outcome;

/** A word from letters: R(unning) C(omplete) N(otified) I(nterest) W(aker) X (cancelled) L (cleaning), and references. */
function word(letters: string, refs: number): number {
  const bits: Record<string, number> = { R: 1, C: 2, N: 4, I: 8, W: 16, X: 32, L: 64 };
  return [...letters].reduce((sum, letter) => sum + (bits[letter] as number), refs * 128);
}

function letters(of: number): string {
  const flags = [..."RCNIWXL"].filter((_, i) => (of & (1 << i)) !== 0).join("");
  return `${flags || "-"} ${of >>> 7}`;
}

describe("the layout", () => {
  test("is seven flags and the reference count above them", () => {
    const { RUNNING, COMPLETE, NOTIFIED, JOIN_INTEREST, JOIN_WAKER, CANCELLED, CLEANING } = state;
    expect([RUNNING, COMPLETE, NOTIFIED, JOIN_INTEREST, JOIN_WAKER, CANCELLED, CLEANING]).toEqual([
      1, 2, 4, 8, 16, 32, 64,
    ]);
    expect([state.REF_ONE, state.refCount(word("RN", 5))]).toEqual([128, 5]);
  });

  test("starts with three references, wanted and notified", () => {
    expect(letters(state.INITIAL)).toBe("NI 3");
  });

  test("calls a task idle that neither runs nor has ended", () => {
    expect(["", "N", "X", "R", "C", "RN"].map((of) => state.isIdle(word(of, 1)))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

type Next = (word: number) => number;
type Answer = (word: number) => Outcome;
type Row = readonly [from: string, refs: number, to: string, refs: number, outcome?: Outcome];

/** The table of the reference, row by row. */
const table: readonly [string, Next, Answer | null, readonly Row[]][] = [
  [
    "a run queue gives the task to a scheduler",
    state.toRunning,
    state.toRunningOutcome,
    [
      ["NI", 3, "RI", 3, POLL],
      ["N", 2, "R", 2, POLL],
      ["NIW", 3, "RIW", 3, POLL],
      ["NIX", 3, "RIX", 3, CLOSE],
      ["NIXL", 3, "RIXL", 3, CLOSE],
      ["NXL", 2, "RXL", 2, CLOSE],
      ["RNIX", 4, "RNIX", 3, IGNORE],
      ["CI", 2, "CI", 1, IGNORE],
      ["CNIX", 2, "CNIX", 1, IGNORE],
      ["C", 1, "C", 0, DEALLOC],
      ["CN", 1, "CN", 0, DEALLOC],
    ],
  ],
  [
    "a poll or a step of the drop answered pending",
    state.toIdle,
    state.toIdleOutcome,
    [
      ["RI", 3, "I", 2, NOTHING],
      ["R", 2, "", 1, NOTHING],
      ["R", 1, "", 0, DEALLOC],
      ["RNI", 3, "NI", 3, SUBMIT],
      ["RN", 1, "N", 1, SUBMIT],
      // Aborted during the poll: the drop begins at once, in the same run.
      ["RNIX", 3, "RNIXL", 3, CLOSE],
      ["RIX", 3, "RIXL", 3, CLOSE],
      // The clean-up waits; a second abort found CANCELLED and changed nothing.
      ["RIXL", 3, "IXL", 2, NOTHING],
      ["RNIXL", 3, "NIXL", 3, SUBMIT],
      ["RXL", 1, "XL", 0, DEALLOC],
    ],
  ],
  [
    "the scheduler begins the drop",
    state.toCleaning,
    null,
    [
      ["RIX", 3, "RIXL", 3],
      ["RXL", 2, "RXL", 2],
    ],
  ],
  [
    "the output is stored",
    state.toComplete,
    null,
    [
      ["RI", 3, "CI", 3],
      ["RNIW", 3, "CNIW", 3],
      ["RNXL", 2, "CNXL", 2],
    ],
  ],
  [
    "a waker fires",
    state.toNotified,
    state.toNotifiedOutcome,
    [
      ["I", 2, "NI", 3, SUBMIT],
      ["", 1, "N", 2, SUBMIT],
      ["IXL", 2, "NIXL", 3, SUBMIT],
      ["NI", 3, "NI", 3, NOTHING],
      ["RI", 3, "RNI", 3, NOTHING],
      ["RNI", 3, "RNI", 3, NOTHING],
      ["CI", 1, "CI", 1, NOTHING],
      ["C", 1, "C", 1, NOTHING],
    ],
  ],
  [
    "somebody aborts",
    state.toAborted,
    state.toAbortedOutcome,
    [
      ["I", 2, "NIX", 3, SUBMIT],
      ["IW", 2, "NIWX", 3, SUBMIT],
      ["NI", 3, "NIX", 3, NOTHING],
      ["RI", 3, "RNIX", 3, NOTHING],
      ["RNI", 3, "RNIX", 3, NOTHING],
      ["CI", 1, "CI", 1, NOTHING],
      // The second time: nothing, also while the clean-up waits or runs.
      ["NIX", 3, "NIX", 3, NOTHING],
      ["IXL", 2, "IXL", 2, NOTHING],
      ["RIXL", 3, "RIXL", 3, NOTHING],
      ["CIX", 1, "CIX", 1, NOTHING],
    ],
  ],
  [
    "the runtime shuts down",
    state.toShutdown,
    state.toShutdownOutcome,
    [
      ["I", 2, "RIX", 2, CLOSE],
      ["NI", 3, "RNIX", 3, CLOSE],
      ["IXL", 2, "RIXL", 2, CLOSE],
      ["RI", 3, "RIX", 3, NOTHING],
      ["CI", 1, "CIX", 1, NOTHING],
    ],
  ],
  [
    "the handle gives up its interest",
    state.toDetached,
    state.toDetachedOutcome,
    [
      ["NI", 3, "N", 2, NOTHING],
      ["IW", 2, "", 1, NOTHING],
      ["RIW", 3, "R", 2, NOTHING],
      ["CIW", 2, "CW", 1, NOTHING],
      ["CI", 1, "C", 0, DEALLOC],
    ],
  ],
  [
    "a joiner leaves its waker",
    state.toJoinWaker,
    null,
    [
      ["I", 2, "IW", 2],
      ["RIW", 3, "RIW", 3],
      ["CI", 1, "CI", 1],
    ],
  ],
  [
    "a joiner takes its waker back",
    state.toNoJoinWaker,
    null,
    [
      ["IW", 2, "I", 2],
      ["RI", 3, "RI", 3],
      ["CIW", 1, "CIW", 1],
    ],
  ],
];

for (const [name, next, answer, rows] of table) {
  describe(name, () => {
    for (const [from, refs, to, left, outcome] of rows) {
      const before = word(from, refs);
      const after = word(to, left);
      test(`${letters(before)} -> ${letters(after)}`, () => {
        expect(letters(next(before))).toBe(letters(after));
        if (outcome !== undefined) expect(answer?.(before)).toBe(outcome);
      });
    }
  });
}

test("the end lets go of as many references as it is told", () => {
  expect(letters(state.toTerminal(word("CI", 3), 2))).toBe("CI 1");
  expect(letters(state.toTerminal(word("C", 2), 1))).toBe("C 1");
});

/** A task as a record: the rules of the reference in words, none of the sources' arithmetic. */
interface Model {
  readonly phase: "idle" | "running" | "complete";
  readonly notified: boolean;
  readonly interest: boolean;
  readonly waker: boolean;
  readonly cancelled: boolean;
  readonly cleaning: boolean;
  readonly refs: number;
}

function encode(m: Model): number {
  const flags =
    (m.phase === "running" ? "R" : m.phase === "complete" ? "C" : "") +
    (m.notified ? "N" : "") +
    (m.interest ? "I" : "") +
    (m.waker ? "W" : "") +
    (m.cancelled ? "X" : "") +
    (m.cleaning ? "L" : "");
  return word(flags, m.refs);
}

interface Step {
  readonly next: Next;
  readonly answer: Answer | null;
  /** When somebody may make this step. */
  readonly may: (m: Model) => boolean;
  readonly model: (m: Model) => readonly [Model, Outcome | null];
}

function wake(m: Model): readonly [Model, Outcome] {
  if (m.phase === "complete" || m.notified) return [m, NOTHING];
  if (m.phase === "running") return [{ ...m, notified: true }, NOTHING];
  return [{ ...m, notified: true, refs: m.refs + 1 }, SUBMIT];
}

const steps: Readonly<Record<string, Step>> = {
  run: {
    next: state.toRunning,
    answer: state.toRunningOutcome,
    may: (m) => m.notified && m.phase === "idle",
    model: (m) => [{ ...m, phase: "running", notified: false }, m.cancelled ? CLOSE : POLL],
  },
  runTooLate: {
    next: state.toRunning,
    answer: state.toRunningOutcome,
    may: (m) => m.notified && m.phase !== "idle" && m.refs > 0,
    model: (m) => [{ ...m, refs: m.refs - 1 }, m.refs === 1 ? DEALLOC : IGNORE],
  },
  rest: {
    next: state.toIdle,
    answer: state.toIdleOutcome,
    may: (m) => m.phase === "running",
    model: (m) => {
      if (m.cancelled && !m.cleaning) return [{ ...m, cleaning: true }, CLOSE];
      if (m.notified) return [{ ...m, phase: "idle" }, SUBMIT];
      return [{ ...m, phase: "idle", refs: m.refs - 1 }, m.refs === 1 ? DEALLOC : NOTHING];
    },
  },
  complete: {
    next: state.toComplete,
    answer: null,
    may: (m) => m.phase === "running",
    model: (m) => [{ ...m, phase: "complete" }, null],
  },
  wake: {
    next: state.toNotified,
    answer: state.toNotifiedOutcome,
    may: () => true,
    model: wake,
  },
  abort: {
    next: state.toAborted,
    answer: state.toAbortedOutcome,
    may: () => true,
    model: (m) =>
      m.cancelled || m.phase === "complete" ? [m, NOTHING] : wake({ ...m, cancelled: true }),
  },
  shutdown: {
    next: state.toShutdown,
    answer: state.toShutdownOutcome,
    may: () => true,
    model: (m) => [
      { ...m, cancelled: true, phase: m.phase === "idle" ? "running" : m.phase },
      m.phase === "idle" ? CLOSE : NOTHING,
    ],
  },
  clean: {
    next: state.toCleaning,
    answer: null,
    may: (m) => m.phase === "running" && m.cancelled,
    model: (m) => [{ ...m, cleaning: true }, null],
  },
  detach: {
    next: state.toDetached,
    answer: state.toDetachedOutcome,
    may: (m) => m.interest && m.refs > 0,
    model: (m) => [
      {
        ...m,
        interest: false,
        waker: m.phase === "complete" ? m.waker : false,
        refs: m.refs - 1,
      },
      m.refs === 1 ? DEALLOC : NOTHING,
    ],
  },
  joinWaker: {
    next: state.toJoinWaker,
    answer: null,
    may: (m) => m.interest,
    model: (m) => [m.phase === "complete" ? m : { ...m, waker: true }, null],
  },
  noJoinWaker: {
    next: state.toNoJoinWaker,
    answer: null,
    may: (m) => m.interest,
    model: (m) => [m.phase === "complete" ? m : { ...m, waker: false }, null],
  },
};

const first: Model = {
  phase: "idle",
  notified: true,
  interest: true,
  waker: false,
  cancelled: false,
  cleaning: false,
  refs: 3,
};

/** Every task that can be reached in any order of steps. */
function reachable(): Model[] {
  const found = new Map<number, Model>([[encode(first), first]]);
  for (const m of found.values()) {
    for (const step of Object.values(steps)) {
      if (!step.may(m) || m.refs === 0) continue;
      const [next] = step.model(m);
      if (next.refs < 8 && !found.has(encode(next))) found.set(encode(next), next);
    }
  }
  return [...found.values()];
}

const all = reachable();

test("every step from every reachable word is that of the model", () => {
  expect(all.length).toBeGreaterThan(150);
  let checked = 0;
  for (const m of all) {
    for (const [name, step] of Object.entries(steps)) {
      if (!step.may(m) || m.refs === 0) continue;
      const [next, outcome] = step.model(m);
      const at = `${name} from ${letters(encode(m))}`;
      expect(`${at}: ${letters(step.next(encode(m)))}`).toBe(`${at}: ${letters(encode(next))}`);
      if (outcome !== null) expect([at, step.answer?.(encode(m))]).toEqual([at, outcome]);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(900);
});

test("the fast forms answer what the general ones do, on every word they accept", () => {
  let rested = 0;
  let ready = 0;
  let polled = 0;
  for (let refs = 1; refs < 5; refs++) {
    for (let flags = 0; flags < 128; flags++) {
      const w = refs * 128 + flags;
      if ((w & 3) === 3) continue;
      if (state.isRested(w)) {
        rested++;
        expect(state.restedToNotified(w)).toBe(state.toNotified(w));
        expect(state.toNotifiedOutcome(w)).toBe(SUBMIT);
      } else {
        expect(state.toNotifiedOutcome(w)).toBe(NOTHING);
      }
      if (state.isReadyToPoll(w)) {
        ready++;
        expect(state.readyToRunning(w)).toBe(state.toRunning(w));
        expect(state.toRunningOutcome(w)).toBe(POLL);
      } else {
        expect(state.toRunningOutcome(w)).not.toBe(POLL);
      }
      if ((w & 1) !== 0 && state.isPolledOnly(w)) {
        polled++;
        expect(state.polledToIdle(w)).toBe(state.toIdle(w));
        expect(state.toIdleOutcome(w)).toBe(NOTHING);
      }
    }
  }
  expect([rested, ready, polled]).toEqual([64, 64, 24]);
});

test("any sequence of steps keeps to the model and its invariants, also on a shared cell", () => {
  const names = Object.keys(steps);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...names), { maxLength: 40 }), (sequence) => {
      const cells = new Int32Array(new SharedArrayBuffer(16));
      let m = first;
      let plain: number = state.INITIAL;
      cells[2] = state.INITIAL;
      for (const name of sequence) {
        const step = steps[name] as Step;
        if (!step.may(m) || m.refs === 0) continue;
        const before = plain;
        plain = step.next(plain);
        expect(state.transition(cells, 2, step.next)).toBe(before);
        [m] = step.model(m);
        expect([letters(plain), letters(cells[2] as number)]).toEqual([
          letters(encode(m)),
          letters(encode(m)),
        ]);
        if (m.cleaning) expect(m.cancelled).toBe(true);
      }
      expect([cells[0], cells[1], cells[3]]).toEqual([0, 0, 0]);
    }),
  );
});

describe("a transition on a shared cell", () => {
  test("is decided again when somebody changes the word meanwhile", () => {
    const cells = new Int32Array(new SharedArrayBuffer(4));
    cells[0] = word("I", 2);
    const seen: string[] = [];
    const before = state.transition(cells, 0, (w) => {
      seen.push(letters(w));
      // Another thread, between the look and the swap.
      if (seen.length === 1) cells[0] = word("NI", 3);
      return state.toNotified(w);
    });
    expect(seen).toEqual(["I 2", "NI 3"]);
    expect(letters(before)).toBe("NI 3");
    expect([letters(cells[0] as number), state.toNotifiedOutcome(before)]).toEqual([
      "NI 3",
      NOTHING,
    ]);
  });

  test("gives exactly one of two wakers the submission", () => {
    const cells = new Int32Array(new SharedArrayBuffer(4));
    cells[0] = word("I", 2);
    const outcomes = [0, 1].map(() =>
      state.toNotifiedOutcome(state.transition(cells, 0, state.toNotified)),
    );
    expect(outcomes).toEqual([SUBMIT, NOTHING]);
  });
});
