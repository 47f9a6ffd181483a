/** What ties a token to those of other threads: it is told by them while it has somebody to tell. */
import { DONE, type Poll, type SharedHost } from "@treadle/core";
import { WaitLeaf } from "../waiters.ts";
import { releaseFlag, type SharedFlag } from "./shared-flag.ts";

interface Looks {
  /** Another thread may have changed the flag. */
  look(): void;
}

interface Use {
  readonly host: SharedHost;
  readonly at: number;
  readonly link: WeakRef<WeakKey>;
}

/** Whether this thread has any: until then tokens need not look. */
export const tokenLinks: { any: boolean } = { any: false };

/** Tokens that were not cancelled are let go without a word: the garbage collector tells. */
const uses = new FinalizationRegistry<Use>(({ host, at, link }) => {
  if (host.views.get(at) === link.deref()) host.views.delete(at);
  releaseFlag(host, at);
});

/** The tie of one token. */
export class TokenLink<T extends Looks & WeakKey> extends WaitLeaf<void> {
  readonly flag: SharedFlag;
  private readonly target: WeakRef<T>;

  constructor(target: T, flag: SharedFlag) {
    super();
    this.flag = flag;
    this.target = new WeakRef(target);
    tokenLinks.any = true;
    uses.register(target, { host: flag.host, at: flag.at, link: new WeakRef(this) }, this);
  }

  /** The token, while somebody holds it. */
  get token(): T | undefined {
    return this.target.deref();
  }

  override next(): Poll<void> {
    return DONE;
  }

  protected override drop(): void {}

  override wakeUp(): void {
    this.token?.look();
  }

  /** Is told from now on when another thread sets the flag, and looks. */
  arm(): void {
    this.flag.enrol(this);
    // Registered first; a set flag is told soon, not now: the caller is in the middle of something.
    if (this.flag.isSet) queueMicrotask(() => this.wakeUp());
  }

  /** The flag is set, and all that wait here have been told: this thread needs it no more. */
  letGo(): void {
    const { host, at } = this.flag;
    uses.unregister(this);
    if (host.views.get(at) === this) host.views.delete(at);
    releaseFlag(host, at);
  }
}
