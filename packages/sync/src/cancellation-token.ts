/**
 * Cancellation tokens: a tree of flags that wakes whoever waits.
 *
 * **Layout.** A token knows its parent; the parent knows a child only while the child has somebody to tell: a wait, a
 * child of its own that does, or an AbortSignal that was handed out. So children that are let go need no clean-up, and
 * a long-lived token does not gather them. Waits and children stand in intrusive lists.
 * **Transitions.** `cancel()` first marks the token and all linked descendants and cuts them off, then wakes and aborts
 * them. A descendant that is not linked finds out when it is asked, by walking up.
 * **Invariants.**
 * 1. A token is in its parent's list exactly while it has somebody to tell, and so are then all its ancestors.
 * 2. A cancelled token has no parent, no children and no waits.
 * 3. A token that is cancelled shares nothing with other threads: each lets go of the flag once it has told its own. Only if
 *    that happens while a message is written, which may name the flag, it is left to the garbage collector.
 * 4. No walk over the tree recurses: chains may be as deep as memory allows.
 */
import {
  type Awaitable,
  type IntoFuture,
  intoFuture,
  invalidArg,
  SEND,
  type SendKind,
  sendKind,
  sharing,
} from "@treadle/core";
import { Cancelled, RunUntilCancelled } from "./cancelled.ts";
import { hostFor, hostHere, retain } from "./shared/refs.ts";
import { createFlag, releaseFlag, SharedFlag } from "./shared/shared-flag.ts";
import { TokenLink, tokenLinks } from "./shared/token-link.ts";
import { type Linked, unlink, type WaitLeaf, WaitList } from "./waiters.ts";

/** The token of each AbortSignal that was ever given to `fromSignal`: it has the one listener. */
const ofSignal = new WeakMap<AbortSignal, CancellationToken>();

/**
 * Says to any number of tasks that they should stop.
 *
 * @example
 * ```ts
 * import { type Async, Builder, CancellationToken, fn, pending } from "treadle";
 *
 * const main = fn(function* main(): Async<boolean> {
 *   const token = new CancellationToken();
 *   const child = token.childToken();
 *   token.cancel();
 *   yield* child.cancelled();
 *   const result = yield* child.runUntilCancelled(pending());
 *   return child.isCancelled && result === undefined;
 * });
 * Builder.newCurrentThread().build().blockOn(main); // => true
 * ```
 */
export class CancellationToken implements Disposable {
  /** @internal */
  before: Linked | null;
  /** @internal */
  after: Linked | null;
  private parent: CancellationToken | null;
  private children: WaitList<CancellationToken> | null;
  private waits: WaitList<WaitLeaf<unknown>> | null;
  private controller: AbortController | null;
  private cancelledFlag: boolean;
  /** What it has in common with tokens of other threads. */
  private shared: TokenLink<CancellationToken> | null;
  private reason: unknown;

  /** Makes a token that is not cancelled and has no parent. */
  constructor() {
    this.before = null;
    this.after = null;
    this.parent = null;
    this.children = null;
    this.waits = null;
    this.controller = null;
    this.cancelledFlag = false;
    this.shared = null;
    this.reason = undefined;
  }

  /**
   * A token that is cancelled when `signal` fires; cancelling the token does nothing to the signal.
   *
   * @remarks The signal gets one listener, however many tokens come from it.
   * @throws {@link RuntimeError} `ERR_INVALID_ARG`.
   */
  static fromSignal(signal: AbortSignal): CancellationToken {
    if (!(signal instanceof AbortSignal))
      throw invalidArg("signal", signal, "must be an AbortSignal");
    let root = ofSignal.get(signal);
    if (root === undefined) {
      root = new CancellationToken();
      ofSignal.set(signal, root);
      listen(signal, root);
    }
    return root.childToken();
  }

  /** Whether this token or one of its ancestors was cancelled. */
  get isCancelled(): boolean {
    if (this.cancelledFlag) return true;
    if (tokenLinks.any) {
      this.lookAtOtherThreads();
      if (this.cancelledFlag) return true;
    }
    // Linked: an ancestor would have marked it.
    if (this.after !== null || this.parent === null) return false;
    const source = this.cancelledAncestor();
    if (source === null) return false;
    this.adopt(source);
    return true;
  }

  /**
   * Cancels this token and all its descendants; a second call does nothing.
   *
   * @param reason - what AbortSignals of these tokens give as their reason; an AbortError unless given.
   */
  cancel(reason?: unknown): void {
    if (!this.isCancelled) this.cancelNow(reason);
  }

  private cancelNow(reason: unknown): void {
    const marked = this.markAll(reason);
    for (let token = marked.shift(); token !== null; token = marked.shift()) token.fire();
  }

  /**
   * Ready when the token is cancelled.
   *
   * @remarks **Cancel safety**: safe. Any number of tasks may wait.
   */
  cancelled(): Awaitable<void> {
    return new Cancelled(this);
  }

  /** A token that is cancelled with this one, and can be cancelled without it. */
  childToken(): CancellationToken {
    const child = new CancellationToken();
    // Whether an ancestor is cancelled the child finds out when it is asked: making one costs the same at any depth.
    if (this.cancelledFlag) child.mark(this.reason);
    else child.parent = this;
    return child;
  }

  /**
   * An AbortSignal that fires when the token is cancelled; made when it is first looked at.
   *
   * @remarks From then on the token's parents hold the token; where they live much longer, let it go by `using` or
   * `token[Symbol.dispose]()`.
   */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.isCancelled) this.controller.abort(this.reason);
      else this.link();
    }
    return this.controller.signal;
  }

  /**
   * Runs `f` until it is done or the token is cancelled; then `f` is dropped, its clean-up included, and the answer is
   * undefined.
   *
   * @remarks On a token that is cancelled already `f` is never polled; when both come in the same poll the result of
   * `f` wins. **Errors**: what `f` throws, also in its clean-up. **Cancel safety**: that of `f`.
   */
  runUntilCancelled<T>(f: IntoFuture<T>): Awaitable<T | undefined> {
    return new RunUntilCancelled(this, intoFuture(f));
  }

  /** @internal */
  get [SEND](): SendKind<CancellationToken, number> {
    return tokenKind;
  }

  /** @internal Makes the token one of several threads; answers the address of what they share. */
  share(): number {
    const host = hostFor("a CancellationToken", this.shared?.flag.host ?? null);
    const cancelled = this.isCancelled;
    if (this.shared !== null) return this.shared.flag.at;
    if (cancelled) return CANCELLED;
    const at = createFlag(host);
    const flag = new SharedFlag(host, at);
    // The parents are to tell it from now on.
    this.link();
    const idle = !this.hasListeners();
    const link = this.adoptLink(flag);
    if (!idle) link.arm();
    return at;
  }

  /** @internal A use of it is under way. */
  static sent(token: CancellationToken): void {
    const { shared } = token;
    if (shared !== null) retain(shared.flag.host, shared.flag.at);
  }

  /** @internal The token of this thread for one that has come. */
  static came(at: number): CancellationToken {
    const host = hostHere("a CancellationToken");
    if (at === CANCELLED) {
      const token = new CancellationToken();
      token.mark(undefined);
      return token;
    }
    const known = (host.views.get(at) as TokenLink<CancellationToken> | undefined)?.token;
    if (known !== undefined) {
      releaseFlag(host, at);
      return known;
    }
    const token = new CancellationToken();
    token.adoptLink(new SharedFlag(host, at));
    return token;
  }

  private adoptLink(flag: SharedFlag): TokenLink<CancellationToken> {
    const link = new TokenLink<CancellationToken>(this, flag);
    this.shared = link;
    flag.host.views.set(flag.at, link);
    return link;
  }

  /** @internal Another thread may have cancelled it. */
  look(): void {
    if (this.cancelledFlag || this.shared === null) return;
    if (this.shared.flag.isSet) this.cancelNow(undefined);
    else if (this.hasListeners()) this.shared.arm();
  }

  private lookAtOtherThreads(): void {
    let token: CancellationToken | null = this;
    while (token !== null) {
      const parent: CancellationToken | null = token.parent;
      if (token.shared?.flag.isSet === true && !token.cancelledFlag) token.cancelNow(undefined);
      token = parent;
    }
  }

  /** A guard that cancels the token at the end of its `using` block. */
  dropGuard(): DropGuard {
    return new DropGuard(this);
  }

  /** Lets go of the parents: cancelling them does nothing to this token from now on. */
  [Symbol.dispose](): void {
    const parent = this.parent;
    if (parent === null || this.isCancelled) return;
    unlink(this);
    this.parent = null;
    parent.unlinkIfIdle();
  }

  /** @internal */
  enrol(wait: WaitLeaf<unknown>): void {
    this.waits ??= new WaitList();
    this.waits.push(wait);
    this.link();
  }

  /** @internal Stands in the parents' lists no longer than needed. */
  unlinkIfIdle(): void {
    let token: CancellationToken | null = this;
    while (token?.isIdle()) {
      unlink(token);
      token = token.parent;
    }
  }

  private isIdle(): boolean {
    return !this.cancelledFlag && this.shared === null && !this.hasListeners();
  }

  /** Whether somebody on this thread is to be told. */
  private hasListeners(): boolean {
    if (this.controller !== null) return true;
    if (this.children !== null && !this.children.isEmpty()) return true;
    return this.waits !== null && !this.waits.isEmpty();
  }

  private link(): void {
    let token: CancellationToken = this;
    for (;;) {
      token.shared?.arm();
      const parent: CancellationToken | null = token.parent;
      if (parent === null || token.after !== null) return;
      parent.children ??= new WaitList();
      parent.children.push(token);
      token = parent;
    }
  }

  private cancelledAncestor(): CancellationToken | null {
    let token = this.parent;
    while (token !== null && !token.cancelledFlag)
      token = token.after !== null ? null : token.parent;
    return token;
  }

  /** Marks this token and those between as cancelled by `source`, so that the next question is short. */
  private adopt(source: CancellationToken): void {
    let token: CancellationToken | null = this;
    while (token !== null && token !== source) {
      const parent: CancellationToken | null = token.parent;
      token.mark(source.reason);
      token = parent;
    }
  }

  private mark(reason: unknown): void {
    this.cancelledFlag = true;
    this.reason = reason;
    this.parent = null;
  }

  private markAll(reason: unknown): WaitList<CancellationToken> {
    const marked = new WaitList<CancellationToken>();
    const parent = this.parent;
    unlink(this);
    marked.push(this);
    for (let at: Linked | null = this; at instanceof CancellationToken; at = at.after) {
      if (at.children !== null) marked.append(at.children);
      at.children = null;
      at.mark(reason);
    }
    parent?.unlinkIfIdle();
    return marked;
  }

  private tellOtherThreads(link: TokenLink<CancellationToken>): void {
    link.flag.set();
    // A message that is being written may name the flag already.
    if (sharing.encoding > 0) return;
    this.shared = null;
    link.letGo();
  }

  private fire(): void {
    const { waits, controller } = this;
    this.waits = null;
    if (this.shared !== null) this.tellOtherThreads(this.shared);
    if (waits !== null) {
      for (let wait = waits.shift(); wait !== null; wait = waits.shift()) wait.wakeUp();
    }
    if (controller !== null) controller.abort(this.reason);
  }
}

function listen(signal: AbortSignal, root: CancellationToken): void {
  if (signal.aborted) root.cancel(signal.reason);
  else signal.addEventListener("abort", () => root.cancel(signal.reason), { once: true });
}

/** Cancels a token when it is disposed of, unless it was disarmed. */
export class DropGuard implements Disposable {
  private token: CancellationToken | null;

  /** @internal */
  constructor(token: CancellationToken) {
    this.token = token;
  }

  /** Takes the token out: disposing of the guard then does nothing. */
  disarm(): CancellationToken | null {
    const token = this.token;
    this.token = null;
    return token;
  }

  /** Cancels the token, unless it was disarmed. */
  [Symbol.dispose](): void {
    this.disarm()?.cancel();
  }
}

/** In the place of an address: the token is cancelled, so there is nothing to share. */
const CANCELLED = 0;

const tokenKind = sendKind<CancellationToken, number>({
  name: "@treadle/sync/CancellationToken",
  encode: (token) => token.share(),
  decode: (at) => CancellationToken.came(at),
  sent: (token) => CancellationToken.sent(token),
  discard: (at) => {
    if (at !== CANCELLED) releaseFlag(hostHere("a CancellationToken"), at);
  },
});
