import { model, thread } from "@treadle/loom";
import { describe, expect, it } from "vitest";
import { Phase, phaseOf, STATE } from "../../../src/shared/cell.ts";
import { kindOf, MailKind, nodeOf, Posted } from "../../../src/shared/mailbox.ts";
import { bound, cellFor, LONG, mailOf, stateOf, waitFor, world } from "./world.ts";

const never = { timeouts: "never" } as const;

describe("a mailbox, in every interleaving,", { timeout: LONG ? 3_600_000 : 120_000 }, () => {
  it("brings all mail once, in each sender's order, and wakes who sleeps for it", () => {
    const report = model(
      () => {
        const shared = world(3, { spare: 96 });
        const cells = [0, 1, 2].map(() => cellFor(shared, 0));
        const [a, b, c] = cells as [number, number, number];
        const one = thread.spawn(() => {
          shared.post(0, a, MailKind.DONE);
          shared.post(0, b, MailKind.WAKE);
        }, "one");
        const two = thread.spawn(() => shared.post(0, c, MailKind.ABORT), "two");
        const all: number[] = [];
        while (all.length < 3) {
          all.push(
            ...waitFor(shared, 0, () => {
              const mail = mailOf(shared, 0);
              return mail.length > 0 ? mail : null;
            }),
          );
        }
        expect(all.indexOf(a | MailKind.DONE)).toBeLessThan(all.indexOf(b | MailKind.WAKE));
        expect(all).toContain(c | MailKind.ABORT);
        expect(all.length).toBe(3);
        one.join();
        two.join();
      },
      { ...never, preemptionBound: bound(2) },
    );
    expect(report.complete).toBe(true);
  });

  it("answers FIRST to one sender each time it was empty", () => {
    const report = model(
      () => {
        const shared = world(3, { spare: 64 });
        const [a, b] = [cellFor(shared, 0), cellFor(shared, 0)];
        const others = [a, b].map((cell) =>
          thread.spawn(() => shared.mailboxes.post(0, cell, MailKind.DONE)),
        );
        const early = mailOf(shared, 0);
        const answers = others.map((other) => other.join());
        const firsts = answers.filter((posted) => posted === Posted.FIRST).length;
        const late = mailOf(shared, 0);
        expect(early.length + late.length).toBe(2);
        expect(firsts).toBe(early.length === 1 ? 2 : 1);
        expect(answers).not.toContain(Posted.REFUSED);
      },
      { ...never, preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });

  it("takes the same cell in two lists at once", () => {
    const report = model(
      () => {
        const shared = world(3, { spare: 64 });
        const [a, b] = [cellFor(shared, 0), cellFor(shared, 0)];
        const one = thread.spawn(() => {
          shared.mailboxes.post(0, b, MailKind.DONE);
          shared.mailboxes.post(0, a, MailKind.DONE);
        });
        const two = thread.spawn(() => {
          shared.mailboxes.post(1, b, MailKind.ABORT);
          shared.mailboxes.post(1, a, MailKind.ABORT);
        });
        one.join();
        two.join();
        expect(mailOf(shared, 0)).toEqual([b, a]);
        expect(mailOf(shared, 1)).toEqual([b | 1, a | 1]);
      },
      { ...never, preemptionBound: Number.POSITIVE_INFINITY },
    );
    expect(report.exhaustive).toBe(true);
  });

  it("of the dead refuses mail, or gives up what it had: a node is its sender's, or free", () => {
    const seen = new Set<string>();
    const report = model(
      () => {
        const shared = world(2, { spare: 96 });
        const [a, b, c] = [cellFor(shared, 1), cellFor(shared, 1), cellFor(shared, 0)];
        for (const cell of [a, b, c]) shared.words[cell + STATE] = Phase.DONE;
        const ref = shared.participants.refOf(1);
        const sender = thread.spawn(() => {
          const one = shared.mailboxes.post(ref, a, MailKind.DONE);
          const two = shared.mailboxes.post(ref, c, MailKind.ABORT);
          const three = shared.mailboxes.post(ref, b, MailKind.DONE);
          return [one, two, three];
        }, "sender");
        shared.participants.die(1);
        const heir = shared.participants.join(1, 1);
        expect(heir).toBe(true);
        const answers = sender.join();
        const freed = [a, b].map((cell) => phaseOf(stateOf(shared, cell)) === Phase.FREE);
        expect(freed).toEqual([answers[0] !== Posted.REFUSED, answers[2] !== Posted.REFUSED]);
        // The one that it was to abort is let alone.
        expect(phaseOf(stateOf(shared, c))).toBe(Phase.DONE);
        expect(mailOf(shared, 1)).toEqual([]);
        expect(shared.mailboxes.post(ref, a, MailKind.DONE)).toBe(Posted.REFUSED);
        const heirs = shared.participants.refOf(1);
        expect(shared.mailboxes.post(heirs, a, MailKind.WAKE)).toBe(Posted.FIRST);
        const mail = shared.mailboxes.drain(1);
        expect([nodeOf(mail), kindOf(mail)]).toEqual([a, MailKind.WAKE]);
        // And again, from the head that its drain has left.
        expect(shared.mailboxes.post(heirs, a, MailKind.WAKE)).toBe(Posted.FIRST);
        seen.add(String(answers));
      },
      { ...never, preemptionBound: bound(3) },
    );
    expect(report.complete).toBe(true);
    expect(seen.size).toBeGreaterThan(2);
  });

  for (const dealt of [0, 1, 2]) {
    it(`is given up whole when its owner dies over it, having dealt with ${dealt} of three`, () => {
      const report = model(
        () => {
          const shared = world(2, { spare: 96 });
          const cells = [cellFor(shared, 1), cellFor(shared, 1), cellFor(shared, 1)];
          for (const cell of cells) {
            shared.words[cell + STATE] = Phase.DONE;
            shared.mailboxes.post(1, cell, MailKind.DONE);
          }
          const dead = thread.spawn(() => {
            let mail = shared.mailboxes.drain(1);
            for (let i = 0; i < dealt; i += 1) mail = shared.mailboxes.next(1, mail);
          });
          dead.join();
          shared.participants.die(1);
          const phases = cells.map((cell) => phaseOf(stateOf(shared, cell)));
          expect(phases).toEqual(cells.map((_, i) => (i < dealt ? Phase.DONE : Phase.FREE)));
        },
        { ...never },
      );
      expect(report.complete).toBe(true);
    });
  }
});
