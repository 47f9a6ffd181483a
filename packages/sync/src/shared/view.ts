/**
 * Things that stay usable where they were sent from and that nobody closes: this thread has one object for each, and the
 * garbage collector tells when that is let go.
 */
import type { SharedHost } from "@treadle/core";
import { hostFor, hostHere, release, retain } from "./refs.ts";

/** What this thread has of a thing in shared memory. */
export interface Departing {
  readonly host: SharedHost;
  readonly at: number;
  /** This thread has no use of it any more. */
  leaveForGood(): void;
}

/** The thread's object for a thing, as long as somebody holds it. */
class View<L extends WeakKey, S extends Departing> {
  readonly shared: S;
  local: WeakRef<L>;
  /** Objects that were made for it and not collected yet: a new one may be made before the old one is known to be gone. */
  private objects: number;

  constructor(local: L, shared: S) {
    this.shared = shared;
    this.local = new WeakRef(local);
    this.objects = 1;
  }

  renew(local: L): void {
    this.local = new WeakRef(local);
    this.objects++;
  }

  collected(): void {
    this.objects--;
    const { host, at } = this.shared;
    // One that takes part no more must not touch what others hold.
    if (this.objects > 0 || !host.isCurrent(host.ref)) return;
    host.views.delete(at);
    this.shared.leaveForGood();
  }
}

const collected = new FinalizationRegistry<View<WeakKey, Departing>>((view) => view.collected());

/** What this thread sees a thing by. */
export interface Viewed<S extends Departing> {
  /** What takes the place of the rest once it was sent to another thread. */
  shared: S | null;
}

/** Makes a thing one of several threads, unless it is; `make` does the rest. Answers its address. */
export function shareView<L extends Viewed<S> & WeakKey, S extends Departing>(
  what: string,
  local: L,
  make: (host: SharedHost) => S,
): number {
  const host = hostFor(what, local.shared?.host ?? null);
  if (local.shared !== null) return local.shared.at;
  const shared = make(host);
  local.shared = shared;
  keep(local, shared);
  return shared.at;
}

function keep<L extends WeakKey, S extends Departing>(local: L, shared: S): void {
  const view = new View(local, shared);
  shared.host.views.set(shared.at, view);
  collected.register(local, view);
}

/** A use of the thing is under way. */
export function viewSent(shared: Departing | null): void {
  if (shared !== null) retain(shared.host, shared.at);
}

/** The thread's object for a thing that has come, the one that it has or a new one. */
export function viewCame<L extends Viewed<S> & WeakKey, S extends Departing>(
  what: string,
  at: number,
  attach: (host: SharedHost, at: number) => S,
  make: () => L,
): L {
  const host = hostHere(what);
  const view = host.views.get(at) as View<L, S> | undefined;
  const known = view?.local.deref();
  if (view !== undefined) release(host, at);
  if (known !== undefined) return known;
  const local = make();
  if (view === undefined) {
    local.shared = attach(host, at);
    keep(local, local.shared);
    return local;
  }
  local.shared = view.shared;
  view.renew(local);
  collected.register(local, view as View<WeakKey, Departing>);
  return local;
}
