/** The real run of a program: compiled to generator functions and driven through the packages under test. */
import {
  type Call,
  cx,
  describe,
  FastRand,
  type Future,
  fn,
  Leaf,
  noopWaker,
  outsidePoll,
  PENDING,
  type Poll,
  type RuntimeContext,
  readyPoll,
  unconstrained,
  type Waker,
} from "@treadle/core";
import {
  JoinHandle,
  join,
  joinAll,
  race,
  select,
  shield,
  taskLocal,
  tryJoinAll,
} from "@treadle/task";
import { type Func, sourceOf } from "./program.ts";
import { Gate, type Machine, show, type World } from "./schedule.ts";

class GateLeaf extends Leaf<number> {
  private readonly gate: Gate;
  private readonly id: number;

  constructor(world: World, id: number, pends: number, self: boolean, fails: boolean) {
    super();
    this.gate = new Gate(world, id, pends, self, fails);
    this.id = id;
  }

  override next(): Poll<number> {
    const waker = cx.waker;
    if (waker === null) return outsidePoll(this, GateLeaf.prototype.next);
    const answer = this.gate.poll(waker);
    if (answer === "pending") return PENDING;
    if (answer === "failed") throw new Error(`E${this.id}`);
    return readyPoll(this.id);
  }

  protected override drop(): void {
    this.gate.drop();
  }
}

const local = taskLocal<string>("local");

type Children = Future<unknown>[];

/** What a compiled program calls; the world is set for each run. */
class Support {
  world!: World;
  readonly fn: typeof fn = fn;

  log(id: number): void {
    this.world.say(`${id} sees ${local.tryGet() ?? "none"}`);
  }

  result(id: number, value: unknown): void {
    this.world.say(`${id} = ${show(value)}`);
  }

  caught(id: number, error: unknown): void {
    this.world.say(`catch ${id} sees ${labelOf(error)}`);
  }

  entered(id: number): void {
    this.world.say(`finally ${id} { sees ${local.tryGet() ?? "none"}`);
  }

  left(id: number): void {
    this.world.say(`} finally ${id}`);
  }

  error(id: number): Error {
    return new Error(`E${id}`);
  }

  gate(id: number, pends: number, self: boolean, fails: boolean): Future<number> {
    return new GateLeaf(this.world, id, pends, self, fails);
  }

  join(_id: number, ...children: Children): Future<unknown> {
    return join(...children);
  }

  joinAll(_id: number, ...children: Children): Future<unknown> {
    return joinAll(children);
  }

  tryJoinAll(_id: number, ...children: Children): Future<unknown> {
    return tryJoinAll(children);
  }

  select(_id: number, ...children: Children): Future<unknown> {
    const branches = Object.fromEntries(children.map((child, i) => [`k${i}`, child]));
    return select(branches, { biased: true });
  }

  race(_id: number, ...children: Children): Future<unknown> {
    return race(...children);
  }

  shield(_id: number, child: Future<unknown>): Future<unknown> {
    return shield(child);
  }

  local(id: number, child: Future<unknown>): Future<unknown> {
    return local.scope(`local ${id}`, child);
  }

  unconstrained(_id: number, child: Future<unknown>): Future<unknown> {
    return unconstrained(child);
  }
}

function labelOf(error: unknown): string {
  if (!(error instanceof Error)) return describe(error);
  return (error as { code?: string }).code ?? error.message;
}

/** A program that can be run any number of times. */
export class Compiled {
  readonly source: string;
  private readonly support = new Support();
  private readonly main: () => Call<unknown>;

  constructor(program: Func) {
    this.source = sourceOf(program);
    this.main = new Function("rt", this.source)(this.support) as () => Call<unknown>;
  }

  /** As a future that somebody polls, or as the future of a task, which polls its bare generator. */
  start(world: World, seed: number, asTask: boolean): Machine {
    this.support.world = world;
    const runtime = contextOf(world, seed);
    return asTask
      ? new TaskMachine(world, runtime, this.main())
      : new CallMachine(world, runtime, this.main());
  }
}

/** The fields of the context that one step runs with. */
interface Step {
  readonly runtime: RuntimeContext;
  readonly rand: FastRand;
}

function contextOf(world: World, seed: number): Step {
  const runtime = {
    id: 0,
    slots: [],
    defer: (waker: Waker) => waker.wake(),
    countForcedYield: () => {},
    adopt: () => Object.assign(Promise.reject(new Error("not here")), { abort() {} }),
    reportFailure: (error: unknown) => world.say(`reported ${labelOf(error)}`),
  };
  return { runtime, rand: FastRand.fromSeed(seed) };
}

function within<R>(step: Step, waker: Waker | null, f: () => R): R {
  const saved = { ...cx };
  cx.runtime = step.runtime;
  cx.rand = step.rand;
  cx.waker = waker;
  try {
    return f();
  } finally {
    cx.runtime = saved.runtime;
    cx.rand = saved.rand;
    cx.waker = saved.waker;
    cx.budget = saved.budget;
    cx.sink = saved.sink;
  }
}

class CallMachine implements Machine {
  private readonly world: World;
  private readonly step: Step;
  private readonly root: Call<unknown>;
  private readonly waker: Waker;

  constructor(world: World, step: Step, root: Call<unknown>) {
    this.world = world;
    this.step = step;
    this.root = root;
    this.waker = {
      wake: () => {
        world.queued = true;
      },
    };
  }

  poll(): boolean {
    return within(this.step, this.waker, () => {
      try {
        const answer = this.root.next();
        if (answer === PENDING) return false;
        this.world.say(answer.done ? `ended with ${show(answer.value)}` : "a wrong answer");
      } catch (error) {
        this.world.say(`failed with ${labelOf(error)}`);
      }
      return true;
    });
  }

  close(): boolean {
    return within(this.step, this.waker, () => {
      cx.sink = { push: (error) => this.world.say(`clean-up failed with ${labelOf(error)}`) };
      const { done } = this.root.return();
      if (done) this.world.say("gone");
      return done === true;
    });
  }
}

/** The same through a task and its state word; errors of clean-up are seen at the end. */
class TaskMachine implements Machine {
  private readonly world: World;
  private readonly step: Step;
  private readonly task: JoinHandle<unknown>;
  private aborted = false;

  constructor(world: World, step: Step, root: Call<unknown>) {
    this.world = world;
    this.step = step;
    const wake = (): void => {
      world.queued = true;
    };
    this.task = new JoinHandle(root.unwrap() as never, root, {
      schedule: wake,
      yieldNow: wake,
      release: () => {},
      failed: () => {},
    });
  }

  poll(): boolean {
    this.run();
    if (!this.task.isComplete()) return false;
    const outcome = this.task.ending();
    if (outcome.status === "ok") this.world.say(`ended with ${show(outcome.value)}`);
    else this.world.say(`failed with ${labelOf(outcome.error)}`);
    return true;
  }

  close(): boolean {
    if (!this.aborted) this.task.abort();
    this.aborted = true;
    this.run();
    if (!this.task.isComplete()) return false;
    const outcome = this.task.ending();
    if (outcome.status === "failed") {
      for (const error of [outcome.error, ...(outcome.suppressed ?? [])]) {
        this.world.say(`clean-up failed with ${labelOf(error)}`);
      }
    }
    this.world.say("gone");
    return true;
  }

  private run(): void {
    // A poll that nobody asked for: to a task it is a wake.
    this.task.wake();
    this.world.queued = false;
    within(this.step, noopWaker, () => this.task.run());
  }
}
