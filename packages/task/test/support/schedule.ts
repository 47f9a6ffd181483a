/** What the real run and the reference run share: the log, the gates, and the order of wakes and drops. */

export interface Wakes {
  wake(): void;
}

/** What a program did, and the gates that somebody outside can open. */
export class World {
  readonly log: string[] = [];
  /** By number, so that both runs offer them in one order. */
  readonly waiting: Map<number, Gate> = new Map();
  private gates = 0;
  queued = true;

  say(line: string): void {
    this.log.push(line);
  }

  nextGate(): number {
    return this.gates++;
  }
}

/** The behaviour of a leaf, without its dress. */
export class Gate {
  readonly number: number;
  private readonly world: World;
  private readonly name: string;
  private left: number;
  private readonly self: boolean;
  private readonly fails: boolean;
  private waker: Wakes | null = null;

  constructor(world: World, id: number, pends: number, self: boolean, fails: boolean) {
    this.world = world;
    this.number = world.nextGate();
    this.name = `gate ${id}`;
    this.left = pends < 0 ? Number.POSITIVE_INFINITY : pends;
    this.self = self;
    this.fails = fails;
  }

  poll(waker: Wakes): "pending" | "ready" | "failed" {
    if (this.left === 0) {
      this.world.say(`${this.name} ${this.fails ? "fails" : "is ready"}`);
      this.world.waiting.delete(this.number);
      return this.fails ? "failed" : "ready";
    }
    this.world.say(`${this.name} waits`);
    if (this.self && this.left !== Number.POSITIVE_INFINITY) {
      this.left--;
      waker.wake();
      return "pending";
    }
    this.waker = waker;
    if (this.left !== Number.POSITIVE_INFINITY) this.world.waiting.set(this.number, this);
    return "pending";
  }

  drop(): void {
    this.world.say(`${this.name} dropped`);
    this.waker = null;
    this.world.waiting.delete(this.number);
  }

  wake(): void {
    this.left--;
    this.world.waiting.delete(this.number);
    this.waker?.wake();
  }
}

/** One future that is driven: each answers whether it is over. */
export interface Machine {
  poll(): boolean;
  close(): boolean;
}

const MAX_STEPS = 5_000;

/** A small generator of random numbers (mulberry32). */
export function random(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Polls to the end, or drops before poll number `dropAt` (-1: never), and then steps the drop to its end. Wakes come in
 * random order, also during clean-up; some polls come without one. Answers how many drop points there are.
 */
export function drive(world: World, machine: Machine, seed: number, dropAt: number): number {
  return new Drive(world, machine, seed, dropAt).toEnd();
}

class Drive {
  private readonly world: World;
  private readonly machine: Machine;
  private readonly seed: number;
  private readonly dropAt: number;
  /** Whether the drop comes right after the poll before, or only when the next poll is due. */
  private readonly early: boolean;
  private rand: () => number;
  private polls = 0;
  private dropping = false;

  constructor(world: World, machine: Machine, seed: number, dropAt: number) {
    this.world = world;
    this.machine = machine;
    this.seed = seed;
    this.dropAt = dropAt;
    this.early = random(seed ^ (dropAt * 0x9e37_79b9))() < 0.5;
    this.rand = random(seed);
  }

  toEnd(): number {
    const { world } = this;
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const stuck = !world.queued && world.waiting.size === 0;
      if (this.isTimeToDrop(stuck)) this.beginDrop();
      if (world.queued || (!stuck && this.rand() < 0.08)) {
        if (this.step()) return this.polls;
      } else if (stuck) {
        world.say("stuck");
        return this.polls + 1;
      } else {
        wakeSome(world, this.rand);
      }
    }
    world.say("runaway");
    return this.polls;
  }

  private isTimeToDrop(stuck: boolean): boolean {
    if (this.dropping || this.polls !== this.dropAt) return false;
    return this.early || stuck || this.world.queued;
  }

  private beginDrop(): void {
    this.dropping = true;
    // The same wakes up to the drop, others from there on for each drop point.
    this.rand = random(this.seed + 1 + this.dropAt * 7919);
    this.world.queued = true;
  }

  private step(): boolean {
    this.world.queued = false;
    this.world.say(this.dropping ? "-- drop" : `-- poll ${this.polls++}`);
    return this.dropping ? this.machine.close() : this.machine.poll();
  }
}

function wakeSome(world: World, rand: () => number): void {
  const count = rand() < 0.25 ? 2 : 1;
  for (let i = 0; i < count && world.waiting.size > 0; i++) {
    const numbers = [...world.waiting.keys()].sort((a, b) => a - b);
    const chosen = numbers[Math.floor(rand() * numbers.length)] as number;
    world.waiting.get(chosen)?.wake();
  }
}

/** A value as text, the same in both runs. */
export function show(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}
