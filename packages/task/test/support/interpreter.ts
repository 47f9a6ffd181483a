/**
 * The reference: what a program means, written from the specification alone.
 *
 * A stack machine over the program's tree, with JavaScript's completions (normal, throw, return, break, continue). It
 * knows no generators: an activation (a call of a task function, with the plain generators that it calls natively) is a
 * stack of entries, and a drop is a return completion that begins at the await on top of it.
 *
 * **The specification of a drop.**
 * - It unwinds: `finally` blocks run, innermost first, each to its end before the next begins; a wait in one suspends
 *   the drop. No `catch` sees it.
 * - An error that leaves an activation that is being dropped goes to the drop's sink, and the caller's unwinding goes on.
 * - A plain generator that was suspended when a return reached it, and that suspends again before it is gone, is cut: the
 *   sink is told, and it is returned a second time. (So is another one that a loop, un-cancelled by its own `finally`,
 *   calls in the same place.)
 * - Combinators close what is left of their children together. While they wait for the clean-up of losers they are
 *   pending; the first error is thrown, the others are reported.
 * - What is inside a started shield does not notice the drop.
 */
import { FastRand } from "@treadle/core";
import type { Child, Combination, Func, GateSpec, Stmt } from "./program.ts";
import { Gate, show, type Wakes, type World } from "./schedule.ts";

class Failure {
  readonly label: string;
  constructor(label: string) {
    this.label = label;
  }
}

const WAIT: unique symbol = Symbol("wait");
type Sink = (failure: Failure) => void;

interface Model {
  /** The value, or WAIT; throws a Failure. */
  poll(waker: Wakes): unknown;
  /** One step of dropping it; true when it is gone. */
  close(waker: Wakes, sink: Sink): boolean;
}

type Completion =
  | { readonly c: "normal" | "break" | "continue" }
  | { readonly c: "return"; readonly value: unknown }
  | { readonly c: "throw"; readonly failure: Failure };

const NORMAL: Completion = { c: "normal" };

type Resumption = "next" | "return";

type Entry =
  | { readonly e: "seq"; readonly body: readonly Stmt[]; at: number }
  | { readonly e: "loop"; readonly body: readonly Stmt[]; left: number }
  | {
      readonly e: "try";
      readonly node: Stmt & { t: "try" };
      part: "body" | "handler" | "final";
      saved: Completion;
    }
  | {
      readonly e: "frame";
      /** The statement that called it natively; null for the activation's own function. */
      readonly calledBy: number | null;
      /** How it was resumed last; "next" also when it was only called since. */
      resumed: Resumption;
    }
  | { readonly e: "await"; readonly id: number; readonly future: Model };

/** A run of a whole program. */
class Run {
  readonly world: World;
  readonly rand: FastRand;
  local: string = "none";

  constructor(world: World, rand: FastRand) {
    this.world = world;
    this.rand = rand;
  }

  gate(id: number, spec: GateSpec): Model {
    return new GateModel(this, id, spec);
  }

  child(c: Child): Model {
    switch (c.t) {
      case "gate":
        return this.gate(c.id, c.gate);
      case "comb":
        return this.combination(c.comb);
      case "fn":
      case "gen":
      case "genFn":
        return new Activation(this, c.f);
      case "arrowFn":
      case "arrowGen":
        return new Lazy(() => new Activation(this, c.f));
    }
  }

  combination(c: Combination): Model {
    const children = c.children.map((child) => this.child(child));
    switch (c.kind) {
      case "join":
        return new JoinModel(this, children);
      case "select":
      case "race":
        return new FirstModel(this, children, c.kind === "select");
      case "joinAll":
      case "tryJoinAll":
        return new JoinAllModel(this, children, c.kind === "tryJoinAll");
      case "shield":
        return new ShieldModel(children[0] as Model);
      case "local":
        return new LocalModel(this, `local ${c.id}`, children[0] as Model);
      case "unconstrained":
        return children[0] as Model;
    }
  }
}

class Activation implements Model {
  private readonly run: Run;
  private readonly f: Func;
  private readonly stack: Entry[] = [];
  private state: "new" | "suspended" | "closing" | "cleaning" | "over" = "new";

  constructor(run: Run, f: Func) {
    this.run = run;
    this.f = f;
  }

  poll(waker: Wakes): unknown {
    if (this.state !== "new" && this.state !== "suspended") throw new Error("polled out of turn");
    const end = this.resume("next", waker, noDrop);
    if (end === WAIT) {
      this.state = "suspended";
      return WAIT;
    }
    this.state = "over";
    if (end.c === "throw") throw end.failure;
    return end.c === "return" ? end.value : undefined;
  }

  close(waker: Wakes, sink: Sink): boolean {
    if (this.state === "new") this.state = "over";
    if (this.state === "over") return true;
    if (this.state === "suspended") this.cutAt = this.nativeCall();
    let end = this.resume(this.state === "cleaning" ? "next" : "return", waker, sink);
    while (end === WAIT && this.state !== "cleaning" && this.plainSuspendedAgain()) {
      sink(new Failure("ERR_CLEANUP_CUT"));
      end = this.resume("return", waker, sink);
    }
    if (end === WAIT) {
      this.state = this.delegateCloses ? "closing" : "cleaning";
      return false;
    }
    this.state = "over";
    if (end.c === "throw") sink(end.failure);
    return true;
  }

  /** Set by a return that reached a future whose clean-up waits. */
  private delegateCloses = false;
  /** The statement of its own function that had called a plain generator when the drop began. */
  private cutAt: number | null = null;

  private plainSuspendedAgain(): boolean {
    return !this.delegateCloses && this.cutAt !== null && this.nativeCall() === this.cutAt;
  }

  private nativeCall(): number | null {
    for (const e of this.stack) if (e.e === "frame" && e.calledBy !== null) return e.calledBy;
    return null;
  }

  private resume(how: Resumption, waker: Wakes, sink: Sink): Completion | typeof WAIT {
    this.delegateCloses = false;
    let completion: Completion | null = null;
    if (this.state === "new") {
      this.stack.push({ e: "frame", calledBy: null, resumed: "next" });
      this.stack.push({ e: "seq", body: this.f.body, at: 0 });
    } else {
      for (const entry of this.stack) if (entry.e === "frame") entry.resumed = how;
      const top = this.stack.at(-1) as Entry & { e: "await" };
      if (how === "return") {
        if (!top.future.close(waker, sink)) {
          this.delegateCloses = true;
          return WAIT;
        }
        this.stack.pop();
        completion = { c: "return", value: undefined };
      }
    }
    return this.execute(completion, waker);
  }

  /** Runs until a wait or the end; `completion` is what the entry that was on top has just completed with. */
  private execute(first: Completion | null, waker: Wakes): Completion | typeof WAIT {
    let completion = first;
    for (;;) {
      const top = this.stack.at(-1);
      if (top === undefined) return completion ?? NORMAL;
      const step = this.stepEntry(top, completion, waker);
      if (step === WAIT) return WAIT;
      completion = step;
    }
  }

  private stepEntry(
    top: Entry,
    completion: Completion | null,
    waker: Wakes,
  ): Completion | null | typeof WAIT {
    switch (top.e) {
      case "await":
        return this.pollAwait(top, waker);
      case "seq":
        return this.stepSeq(top, completion);
      case "loop":
        return this.stepLoop(top, completion ?? NORMAL);
      case "try":
        return this.stepTry(top, completion ?? NORMAL);
      case "frame":
        return this.endFrame(top, completion ?? NORMAL);
    }
  }

  private pollAwait(top: Entry & { e: "await" }, waker: Wakes): Completion | typeof WAIT {
    try {
      const value = top.future.poll(waker);
      if (value === WAIT) return WAIT;
      this.stack.pop();
      this.run.world.say(`${top.id} = ${show(value)}`);
      return NORMAL;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.stack.pop();
      return { c: "throw", failure: error };
    }
  }

  private stepSeq(top: Entry & { e: "seq" }, completion: Completion | null): Completion | null {
    if (completion !== null && completion.c !== "normal") {
      this.stack.pop();
      return completion;
    }
    const stmt = top.body[top.at++];
    if (stmt !== undefined) return this.begin(stmt);
    this.stack.pop();
    return NORMAL;
  }

  /** Begins a statement: null when it has put an entry on the stack. */
  private begin(s: Stmt): Completion | null {
    const { world } = this.run;
    switch (s.t) {
      case "log":
        world.say(`${s.id} sees ${this.run.local}`);
        return NORMAL;
      case "throw":
        return { c: "throw", failure: new Failure(`E${s.id}`) };
      case "return":
        return { c: "return", value: s.id };
      case "break":
      case "continue":
        return this.isInLoop() ? { c: s.t } : NORMAL;
      case "wait":
        this.stack.push({ e: "await", id: s.id, future: this.run.gate(s.id, s.gate) });
        return null;
      case "call":
        this.stack.push({ e: "await", id: s.id, future: new Activation(this.run, s.f) });
        return null;
      case "comb":
        this.stack.push({ e: "await", id: s.id, future: this.run.combination(s.comb) });
        return null;
      case "plain":
        this.stack.push({ e: "frame", calledBy: s.id, resumed: "next" });
        this.stack.push({ e: "seq", body: s.f.body, at: 0 });
        return null;
      case "loop":
        this.stack.push({ e: "loop", body: s.body, left: s.times });
        return null;
      case "try":
        this.stack.push({ e: "try", node: s, part: "body", saved: NORMAL });
        this.stack.push({ e: "seq", body: s.body, at: 0 });
        return null;
    }
  }

  private isInLoop(): boolean {
    for (let i = this.stack.length - 1; i >= 0; i--) {
      const { e } = this.stack[i] as Entry;
      if (e === "loop") return true;
      if (e === "frame") return false;
    }
    return false;
  }

  private stepLoop(top: Entry & { e: "loop" }, completion: Completion): Completion | null {
    const goesOn = completion.c === "normal" || completion.c === "continue";
    if (goesOn && top.left > 0) {
      top.left--;
      this.stack.push({ e: "seq", body: top.body, at: 0 });
      return null;
    }
    this.stack.pop();
    return goesOn || completion.c === "break" ? NORMAL : completion;
  }

  private stepTry(top: Entry & { e: "try" }, completion: Completion): Completion | null {
    const { node } = top;
    if (top.part === "body" && node.handler !== null && completion.c === "throw") {
      this.run.world.say(`catch ${node.id} sees ${completion.failure.label}`);
      top.part = "handler";
      this.stack.push({ e: "seq", body: node.handler, at: 0 });
      return null;
    }
    if (top.part !== "final" && (node.final !== null || node.handler === null)) {
      this.run.world.say(`finally ${node.id} { sees ${this.run.local}`);
      top.part = "final";
      top.saved = completion;
      this.stack.push({ e: "seq", body: node.final ?? [], at: 0 });
      return null;
    }
    this.stack.pop();
    if (top.part !== "final" || completion.c !== "normal") return completion;
    this.run.world.say(`} finally ${node.id}`);
    return top.saved;
  }

  private endFrame(top: Entry & { e: "frame" }, completion: Completion): Completion {
    this.stack.pop();
    if (completion.c === "throw" || top.calledBy === null) return completion;
    // JavaScript: a delegate that ends when it is returned, returns whoever delegated to it.
    if (top.resumed === "return") return { c: "return", value: undefined };
    const value = completion.c === "return" ? completion.value : undefined;
    this.run.world.say(`${top.calledBy} = ${show(value)}`);
    return NORMAL;
  }
}

const noDrop: Sink = () => {
  throw new Error("an error of clean-up without a drop");
};

class GateModel implements Model {
  private readonly gate: Gate;
  private readonly id: number;

  constructor(run: Run, id: number, spec: GateSpec) {
    this.gate = new Gate(run.world, id, spec.pends, spec.self, spec.fails);
    this.id = id;
  }

  poll(waker: Wakes): unknown {
    const answer = this.gate.poll(waker);
    if (answer === "pending") return WAIT;
    if (answer === "failed") throw new Failure(`E${this.id}`);
    return this.id;
  }

  close(): boolean {
    this.gate.drop();
    return true;
  }
}

/** A future that is made at its first poll. */
class Lazy implements Model {
  private readonly make: () => Model;
  private made: Model | null = null;

  constructor(make: () => Model) {
    this.make = make;
  }

  poll(waker: Wakes): unknown {
    this.made ??= this.make();
    return this.made.poll(waker);
  }

  close(waker: Wakes, sink: Sink): boolean {
    return this.made === null || this.made.close(waker, sink);
  }
}

/** What join, select and race have in common: a decision, then the end of those that are left. */
abstract class Group implements Model {
  protected readonly run: Run;
  protected readonly left: Map<number, Model>;
  protected value: unknown = WAIT;
  protected errors: Failure[] = [];
  private over = false;

  constructor(run: Run, children: Model[]) {
    this.run = run;
    this.left = new Map(children.entries());
  }

  protected abstract pollChildren(waker: Wakes): void;

  poll(waker: Wakes): unknown {
    if (!this.isDecided()) this.pollChildren(waker);
    if (!this.isDecided()) return WAIT;
    if (!this.closeLeft(waker, (failure) => this.errors.push(failure))) return WAIT;
    this.over = true;
    return raise(this.run, this.errors, this.value);
  }

  close(waker: Wakes, sink: Sink): boolean {
    if (this.over) return true;
    for (const failure of this.errors.splice(0)) sink(failure);
    this.over = this.closeLeft(waker, sink);
    return this.over;
  }

  private isDecided(): boolean {
    return this.value !== WAIT || this.errors.length > 0;
  }

  private closeLeft(waker: Wakes, sink: Sink): boolean {
    for (const [i, child] of [...this.left]) if (child.close(waker, sink)) this.left.delete(i);
    return this.left.size === 0;
  }
}

function raise(run: Run, errors: Failure[], value: unknown): unknown {
  const [first, ...others] = errors.splice(0);
  for (const failure of others) run.world.say(`reported ${failure.label}`);
  if (first !== undefined) throw first;
  return value;
}

class JoinModel extends Group {
  private readonly values: unknown[];
  private turn = 0;

  constructor(run: Run, children: Model[]) {
    super(run, children);
    this.values = children.map(() => undefined);
  }

  protected override pollChildren(waker: Wakes): void {
    const count = this.values.length;
    const first = this.turn++ % Math.max(count, 1);
    for (let i = 0; i < count; i++) {
      const at = (first + i) % count;
      const child = this.left.get(at);
      if (child === undefined) continue;
      try {
        const value = child.poll(waker);
        if (value === WAIT) continue;
        this.values[at] = value;
        this.left.delete(at);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        this.left.delete(at);
        this.errors.push(error);
        return;
      }
    }
    if (this.left.size === 0) this.value = this.values;
  }
}

class FirstModel extends Group {
  private readonly count: number;
  private readonly biased: boolean;

  constructor(run: Run, children: Model[], biased: boolean) {
    super(run, children);
    this.count = children.length;
    this.biased = biased;
  }

  protected override pollChildren(waker: Wakes): void {
    const first = this.biased ? 0 : this.run.rand.nextBelow(this.count);
    for (let i = 0; i < this.count; i++) {
      const at = (first + i) % this.count;
      try {
        const value = (this.left.get(at) as Model).poll(waker);
        if (value === WAIT) continue;
        this.value = this.biased ? { key: `k${at}`, value } : value;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        this.errors.push(error);
      }
      this.left.delete(at);
      return;
    }
  }
}

class JoinAllModel implements Model {
  private readonly run: Run;
  private readonly children: (Model | null)[];
  private readonly values: unknown[];
  private readonly failFast: boolean;
  private woken: number[];
  private readonly queued: boolean[];
  private waker: Wakes | null = null;
  private errors: Failure[] = [];
  private closing = false;

  constructor(run: Run, children: Model[], failFast: boolean) {
    this.run = run;
    this.children = children;
    this.values = children.map(() => undefined);
    this.failFast = failFast;
    this.woken = children.map((_, i) => i);
    this.queued = children.map(() => true);
  }

  poll(waker: Wakes): unknown {
    this.waker = waker;
    this.step((failure) => this.errors.push(failure));
    if (this.isWaiting()) return WAIT;
    return raise(this.run, this.errors, this.values);
  }

  close(waker: Wakes, sink: Sink): boolean {
    this.waker = waker;
    for (const failure of this.errors.splice(0)) sink(failure);
    this.beginClosing();
    this.step(sink);
    return !this.isWaiting();
  }

  private isWaiting(): boolean {
    return this.children.some((child) => child !== null);
  }

  /** One round over those that were woken, and another when one of them has failed: the others' end begins at once. */
  private step(sink: Sink): void {
    const wasClosing = this.closing;
    const round = this.woken;
    this.woken = [];
    for (const i of round) this.stepOne(i, sink);
    if (this.closing && !wasClosing) this.step(sink);
  }

  private stepOne(i: number, sink: Sink): void {
    const child = this.children[i];
    this.queued[i] = false;
    if (child === null || child === undefined) return;
    const waker = { wake: () => this.childWoken(i) };
    if (this.closing) {
      if (child.close(waker, sink)) this.children[i] = null;
      return;
    }
    try {
      const value = child.poll(waker);
      if (value === WAIT) return;
      this.values[i] = value;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.errors.push(error);
      if (this.failFast) this.beginClosing();
    }
    this.children[i] = null;
  }

  private childWoken(i: number): void {
    if (this.enqueue(i)) this.waker?.wake();
  }

  private enqueue(i: number): boolean {
    if (this.queued[i]) return false;
    this.queued[i] = true;
    this.woken.push(i);
    return true;
  }

  private beginClosing(): void {
    if (this.closing) return;
    this.closing = true;
    for (const [i, child] of this.children.entries()) if (child !== null) this.enqueue(i);
  }
}

class ShieldModel implements Model {
  private readonly inner: Model;
  private started = false;
  private over = false;

  constructor(inner: Model) {
    this.inner = inner;
  }

  poll(waker: Wakes): unknown {
    this.started = true;
    const value = this.inner.poll(waker);
    if (value !== WAIT) this.over = true;
    return value;
  }

  close(waker: Wakes, sink: Sink): boolean {
    if (!this.started) return this.inner.close(waker, sink);
    if (this.over) return true;
    try {
      if (this.inner.poll(waker) === WAIT) return false;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      sink(error);
    }
    this.over = true;
    return true;
  }
}

class LocalModel implements Model {
  private readonly run: Run;
  private readonly value: string;
  private readonly inner: Model;

  constructor(run: Run, value: string, inner: Model) {
    this.run = run;
    this.value = value;
    this.inner = inner;
  }

  poll(waker: Wakes): unknown {
    return this.within(() => this.inner.poll(waker));
  }

  close(waker: Wakes, sink: Sink): boolean {
    return this.within(() => this.inner.close(waker, sink));
  }

  private within<R>(f: () => R): R {
    const outer = this.run.local;
    this.run.local = this.value;
    try {
      return f();
    } finally {
      this.run.local = outer;
    }
  }
}

/** The machine that runs `main` by the specification and writes into `world`. */
export function reference(
  world: World,
  main: Func,
  seed: number,
): { poll(): boolean; close(): boolean } {
  const root = new Activation(new Run(world, FastRand.fromSeed(seed)), main);
  const waker = {
    wake: () => {
      world.queued = true;
    },
  };
  return {
    poll: () => {
      try {
        const value = root.poll(waker);
        if (value === WAIT) return false;
        world.say(`ended with ${show(value)}`);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        world.say(`failed with ${error.label}`);
      }
      return true;
    },
    close: () => {
      const gone = root.close(waker, (failure) =>
        world.say(`clean-up failed with ${failure.label}`),
      );
      if (gone) world.say("gone");
      return gone;
    },
  };
}
