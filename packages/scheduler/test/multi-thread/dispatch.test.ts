import { describe, expect, test } from "vitest";
import { Availability, Dispatch } from "../../src/multi-thread/dispatch.ts";

const { BLOCKED, LOOKING, ORDINARY } = Availability;

/** Workers 1 and up, as they say they are. */
class Team {
  self = 0;
  readonly asleep = new Set<number>();
  readonly gone = new Set<number>();
  readonly says: Availability[];

  constructor(...says: Availability[]) {
    this.says = says;
  }
  get workers(): number {
    return this.says.length;
  }
  isTaking(index: number): boolean {
    return !this.gone.has(index);
  }
  availability(index: number): Availability {
    return this.says[index - 1] as Availability;
  }
  isAsleep(index: number): boolean {
    return this.asleep.has(index);
  }
}

function choices(team: Team, count: number): number[] {
  const dispatch = new Dispatch(team);
  return Array.from({ length: count }, () => dispatch.choose());
}

describe("what only one thread can be sent", () => {
  test("goes to all workers alike when many are under way", () => {
    expect(choices(new Team(ORDINARY, ORDINARY, ORDINARY), 6).sort()).toEqual([1, 1, 2, 2, 3, 3]);
  });

  test("goes to the same worker again when the one before has ended", () => {
    const dispatch = new Dispatch(new Team(ORDINARY, ORDINARY));
    const first = dispatch.choose();
    dispatch.ended(first);
    expect(dispatch.choose()).toBe(first);
  });

  test("goes first to one that looks for work, then to one that sleeps, then to one that runs something", () => {
    const team = new Team(ORDINARY, ORDINARY, LOOKING);
    team.asleep.add(2);
    expect(choices(team, 3)).toEqual([3, 2, 1]);
  });

  test("is not sent to a worker that is blocked in place, however much the others have", () => {
    expect(choices(new Team(BLOCKED, ORDINARY), 3)).toEqual([2, 2, 2]);
  });

  test("is not sent to the thread that spawns it, unless it is the only one that runs", () => {
    const team = new Team(LOOKING, ORDINARY);
    team.self = 1;
    expect(choices(team, 2)).toEqual([2, 2]);
    team.gone.add(2);
    expect(choices(team, 2)).toEqual([1, 1]);
  });

  test("goes to one that runs rather than to one that has not begun", () => {
    const team = new Team(ORDINARY, ORDINARY);
    team.gone.add(1);
    expect(choices(team, 3)).toEqual([2, 2, 2]);
  });

  test("goes home when there are no workers", () => {
    expect(choices(new Team(), 2)).toEqual([0, 0]);
  });
});
