import { Builder, JoinSet, type LocalRuntime, oneshot, spawnLocal, yieldNow } from "treadle";
import { describe, expect } from "vitest";
import { conforms } from "../support/conforms.ts";
import { thrownBy } from "../support/runtimes.ts";

const local = (): LocalRuntime => Builder.newCurrentThread().enableAll().buildLocal();

describe("a LocalRuntime", () => {
  const five = function* (tx: { send(n: number): unknown }) {
    yield* yieldNow();
    tx.send(5);
  };

  conforms("rt_local::test_spawn_local_in_runtime", "runs what spawnLocal gives it", () => {
    using rt = local();
    const out = rt.blockOn(function* () {
      const [tx, rx] = oneshot<number>();
      spawnLocal(five, tx);
      return yield* rx;
    });
    expect(out).toBe(5);
  });

  conforms("rt_local::test_spawn_from_handle", "runs what its handle spawns", () => {
    using rt = local();
    const [tx, rx] = oneshot<number>();
    rt.handle().spawn(five, tx);
    expect(rt.blockOn(rx)).toBe(5);
  });

  conforms("rt_local::test_spawn_local_on_runtime_object", "runs what its owner spawns", () => {
    using rt = local();
    const [tx, rx] = oneshot<number>();
    rt.spawnLocal(five, tx);
    expect(rt.blockOn(rx)).toBe(5);
  });

  conforms(
    "rt_local::test_spawn_local_from_guard",
    "runs what is spawned while it is entered",
    () => {
      using rt = local();
      const [tx, rx] = oneshot<number>();
      {
        using _ = rt.enter();
        spawnLocal(five, tx);
      }
      expect(rt.blockOn(rx)).toBe(5);
    },
  );

  conforms(
    "rt_local::test_spawn_local_in_current_thread_runtime",
    "is not needed for spawnLocal: every task of a current-thread runtime stays on its thread",
    () => {
      using rt = Builder.newCurrentThread().build();
      const [tx, rx] = oneshot<number>();
      rt.blockOn(function* () {
        spawnLocal(five, tx);
        yield* rx;
      });
      expect(rx.isTerminated).toBe(true);
    },
  );
});

describe("spawnLocal", () => {
  conforms(
    [
      "rt_local::test_spawn_local_panic",
      "task_panic::local_set_spawn_local_panic_caller",
      "task_join_set::spawn_local::panic_outside_any_runtime",
      "task_builder::spawn_local_panics_outside_local_set_or_local_runtime",
    ],
    "outside any runtime throws where it was called",
    () => {
      const set = new JoinSet<number>();
      const free = thrownBy(() => spawnLocal(function* () {}));
      const grouped = thrownBy(() =>
        set.spawnLocal(function* () {
          return 1;
        }),
      );
      for (const error of [free, grouped]) {
        expect(error.code).toBe("ERR_NO_RUNTIME");
        expect(error.message).toContain("spawnLocal()");
        expect(error.stack).toContain("rt-local.test.ts");
      }
      expect(set.size).toBe(0);
    },
  );
});
