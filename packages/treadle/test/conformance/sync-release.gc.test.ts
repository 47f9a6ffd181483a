import { cx, type Waker } from "@treadle/core";
import { broadcast, mpsc, oneshot } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import type { Pollable } from "../support/hand.ts";
import { turns } from "../support/runtimes.ts";

/** Whether the collector takes what `ref` refers to. */
async function isLetGo(ref: WeakRef<object>): Promise<boolean> {
  for (let i = 0; i < 20; i++) {
    await turns();
    globalThis.gc?.();
    if (ref.deref() === undefined) return true;
  }
  return false;
}

/** Polls once with a waker that nobody else holds. */
function pollOnce(future: Pollable<unknown>): WeakRef<Waker> {
  const before = cx.waker;
  const waker = { wake() {} };
  cx.waker = waker;
  try {
    expect(future.next().done).toBe(false);
  } finally {
    cx.waker = before;
  }
  return new WeakRef(waker);
}

describe("a channel lets go of", () => {
  conforms(
    [
      "sync_mpsc::unconsumed_messages_are_dropped",
      "sync_mpsc_weak::test_msgs_dropped_on_rx_drop",
      "sync_mpsc_weak::test_msgs_dropped_on_unbounded_rx_drop",
    ],
    "the values in it when its receiver is disposed of, though a sender is kept",
    async () => {
      const [tx, rx] = mpsc.channel<object>(100);
      const [utx, urx] = mpsc.unbounded<object>();
      const send = () => {
        const [value, other] = [{}, {}];
        tx.trySend(value);
        utx.send(other);
        return [new WeakRef(value), new WeakRef(other)];
      };
      const refs = send();
      for (const ref of refs) expect(await isLetGo(ref)).toBe(false);
      rx[Symbol.dispose]();
      urx[Symbol.dispose]();
      for (const ref of refs) expect(await isLetGo(ref)).toBe(true);
      expect([tx.isClosed, utx.isClosed]).toEqual([true, true]);
    },
  );

  conforms(
    "sync_broadcast::unconsumed_messages_are_dropped",
    "the values that only a closed receiver had not got",
    async () => {
      const [tx, rx] = broadcast.channel<object>(16);
      const send = () => {
        const value = {};
        tx.send(value);
        return new WeakRef(value);
      };
      const ref = send();
      expect(await isLetGo(ref)).toBe(false);
      rx.close();
      expect(await isLetGo(ref)).toBe(true);
      expect(tx.receiverCount).toBe(0);
    },
  );

  conforms(
    "sync_mpsc::release_waker_on_rx_drop",
    "its receiver's waker when the receiver is disposed of",
    async () => {
      const [tx, rx] = mpsc.channel<number>(1);
      const receive = rx.recv();
      const ref = pollOnce(receive);
      expect(await isLetGo(ref)).toBe(false);
      rx[Symbol.dispose]();
      expect(await isLetGo(ref)).toBe(true);
      expect([tx.isClosed, typeof receive]).toEqual([true, "object"]);
    },
  );

  conforms(
    "sync_oneshot::drops_tasks",
    "the wakers at both of its ends when both are closed",
    async () => {
      const [tx, rx] = oneshot<number>();
      const closed = tx.closed();
      const refs = [pollOnce(closed), pollOnce(rx)];
      for (const ref of refs) expect(await isLetGo(ref)).toBe(false);
      tx.close();
      rx.close();
      for (const ref of refs) expect(await isLetGo(ref)).toBe(true);
      expect([rx.isTerminated, typeof closed]).toEqual([true, "object"]);
    },
  );
});
