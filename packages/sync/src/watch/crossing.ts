/** Watch channels that become shared among threads when an end is first sent, and their ends on the threads they come to. */
import { hostFor, hostHere } from "../shared/refs.ts";
import type { WatchEnd } from "../shared/shared-watch.ts";
import { Cell } from "./cell.ts";

const WHAT = "an end of a watch channel";

/** What travels in the place of an end. */
export interface SentWatch {
  readonly at: number;
  /** The thread that has sent it. */
  readonly from: number;
}

/** Makes a channel one that other threads can have ends of. */
export function shareCell<T>(cell: Cell<T>): SentWatch {
  const host = hostFor(WHAT, cell.shared?.host ?? null);
  const { at } = cell.shared ?? cell.share(host);
  return { at, from: host.ref };
}

/** An end has come. */
export function cellCame<T>(sent: SentWatch, end: WatchEnd): Cell<T> {
  const host = hostHere(WHAT);
  const cell = (host.views.get(sent.at) as Cell<T> | undefined) ?? Cell.ofShared<T>(host, sent.at);
  cell.shared?.endCame(end, sent.from);
  return cell;
}
