import { RuntimeError } from "@treadle/core";
import {
  type AcquireError,
  broadcast,
  mpsc,
  type RecvError,
  Semaphore,
  SendError,
} from "@treadle/sync";
import { expect } from "vitest";
import { conforms } from "../../../tools/conforms.ts";

const thrown = (f: () => unknown): unknown => {
  try {
    f();
  } catch (error) {
    return error;
  }
  return expect.unreachable();
};

conforms(
  [
    "sync_errors::mpsc_error_bound",
    "sync_errors::oneshot_error_bound",
    "sync_errors::watch_error_bound",
  ],
  "every error has its class, name, code and question",
  () => {
    const [tx] = mpsc.channel<number>(1);
    tx.trySend(1);
    const full = thrown(() => tx.trySend(2)) as SendError<number>;
    expect(full).toBeInstanceOf(SendError);
    expect([full.name, full.value, full.isFull(), full.isClosed()]).toEqual([
      "SendError",
      2,
      true,
      false,
    ]);

    const [btx, brx] = broadcast.channel<number>(1);
    btx.send(1);
    btx.send(2);
    const lagged = thrown(() => brx.tryRecv()) as RecvError;
    expect([lagged.name, lagged.missed, lagged.isLagged(), lagged.isClosed()]).toEqual([
      "RecvError",
      1,
      true,
      false,
    ]);
    expect(lagged.message).toBe(
      "channel lagged by 1: the receiver was too slow, or the capacity is too small",
    );

    const semaphore = new Semaphore(1);
    semaphore.close();
    const closed = thrown(() => semaphore.tryAcquire()) as AcquireError;
    expect([closed.name, closed.code]).toEqual(["AcquireError", "ERR_SEMAPHORE_CLOSED"]);
    for (const error of [full, lagged, closed]) expect(error).toBeInstanceOf(RuntimeError);
  },
);
