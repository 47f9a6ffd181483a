import { describe, expect, test } from "vitest";
import { child } from "./support/child.ts";
import { conforms } from "./support/conforms.ts";

const entry = (options: string, body: string, rest = "") => `
  import { Builder, Handle, main, pending, sleep, spawn, yieldNow } from "treadle";
  ${rest}
  main(import.meta.url, ${options}, ${body});
`;
const onOne = '{ flavor: "current_thread" }';

describe("main", () => {
  conforms(
    "macros_test::test_macro_can_be_used_via_use",
    "runs its body on a runtime with everything enabled, and ends the process well",
    () => {
      const { out, err, code } = child(
        entry(
          onOne,
          `function* () {
            yield* sleep(1);
            const task = spawn(function* () { return "joined"; });
            console.log(yield* task, Handle.current().runtimeFlavor());
          }`,
        ),
      );
      expect([out, err, code]).toEqual([["joined current_thread"], "", 0]);
    },
  );

  conforms(
    "macros_test::test_macro_should_handle_the_name_if_provided",
    "runs on the runtime of the Builder that it is given",
    () => {
      const { out, code } = child(
        entry(
          '{ builder: Builder.newCurrentThread().enableAll().name("a valid runtime name") }',
          "function* () { console.log(Handle.current().name); }",
        ),
      );
      expect([out, code]).toEqual([["a valid runtime name"], 0]);
    },
  );

  conforms(
    "macros_test::unhandled_panic_ignore",
    "gives a task's failure to whoever awaits it, and goes on",
    () => {
      const { out, err, code } = child(
        entry(
          '{ builder: Builder.newCurrentThread().enableAll().unhandledFailure("ignore") }',
          `function* () {
            const outcome = yield* spawn(function* () { throw new Error("forwarded"); }).outcome();
            console.log(outcome.status, outcome.error.message);
          }`,
        ),
      );
      expect([out, err, code]).toEqual([["failed forwarded"], "", 0]);
    },
  );

  test("runs an async function", () => {
    const { out, code } = child(
      entry(onOne, "async ({ signal }) => { await sleep(1); console.log(signal.aborted); }"),
    );
    expect([out, code]).toEqual([["false"], 0]);
  });

  test("runs on the multi-thread runtime unless told otherwise, in one file with its tasks", () => {
    const { out, code } = child(`
      import { isMainThread } from "node:worker_threads";
      import { Handle, main, sendable, spawn } from "treadle";
      export const where = sendable(import.meta.url, function* where() {
        console.log("on a worker", !isMainThread);
        return Handle.current().runtimeFlavor();
      });
      main(import.meta.url, function* () {
        console.log(Handle.current().runtimeFlavor(), yield* spawn(where()));
      });
    `);
    expect(out).toEqual(["on a worker true", "multi_thread multi_thread"]);
    expect(code).toBe(0);
  });

  test("does nothing where its module is imported, be it by the entry or on a worker", () => {
    const program = entry(onOne, 'function* () { console.log("ran"); }');
    const files = {
      "program.mjs": program,
      "worker.mjs": 'await import("./program.mjs"); console.log("imported on a worker");',
    };
    const { out, code } = child(
      `
        import { Worker } from "node:worker_threads";
        import "./program.mjs";
        console.log("imported");
        new Worker(new URL("./worker.mjs", import.meta.url));
        new Worker(new URL("./program.mjs", import.meta.url));
      `,
      { files },
    );
    expect([out, code]).toEqual([["imported", "imported on a worker"], 0]);
    expect(child("", { files, start: "program.mjs" }).out).toEqual(["ran"]);
  });

  test("runs when the entry is reached by a link or without its ending", () => {
    const { out, code } = child(
      `
        import { spawnSync } from "node:child_process";
        import { symlinkSync } from "node:fs";
        import { fileURLToPath } from "node:url";
        const link = fileURLToPath(new URL("./link.mjs", import.meta.url));
        symlinkSync(fileURLToPath(new URL("./program.mjs", import.meta.url)), link);
        const bare = fileURLToPath(new URL("./bare", import.meta.url));
        for (const path of [link, bare]) {
          process.stdout.write(spawnSync(process.execPath, [path], { encoding: "utf8" }).stdout);
        }
      `,
      {
        files: {
          "program.mjs": entry(onOne, 'function* () { console.log("by a link"); }'),
          "bare.js": entry(onOne, 'function* () { console.log("without its ending"); }'),
        },
      },
    );
    expect([out, code]).toEqual([["by a link", "without its ending"], 0]);
  });

  test("prints the error of a body that fails, once, and makes the exit code 1", () => {
    const { out, err, code } = child(
      entry(
        onOne,
        `function* body() {
          spawn(function* () {
            try { yield* pending(); } finally { yield* sleep(1); console.log("cleaned up"); }
          });
          yield* yieldNow();
          throw new Error("boom", { cause: new TypeError("why") });
        }`,
      ),
    );
    expect([out, code]).toEqual([["cleaned up"], 1]);
    expect(err.split("Error: boom").length - 1).toBe(1);
    expect(err).toContain("at body");
    expect(err).toContain("TypeError: why");
  });

  test("prints what is thrown although it is no error", () => {
    const { err, code } = child(entry(onOne, "function* () { throw { code: 7 }; }"));
    expect([err, code]).toEqual(["{ code: 7 }\n", 1]);
  });

  test("makes a whole number that the body returns the exit code", () => {
    expect(child(entry(onOne, "function* () { return 7; }")).code).toBe(7);
    expect(child(entry(onOne, "async () => 0.5")).code).toBe(0);
  });

  test("keeps an exit code that the body has set", () => {
    const { code } = child(entry(onOne, "function* () { process.exitCode = 3; }"));
    expect(code).toBe(3);
  });

  test("cancels what is left when the body ends, and waits for its clean-up", () => {
    const { out, code } = child(
      entry(
        onOne,
        `function* () {
          spawn(function* () {
            try { yield* pending(); } finally { yield* sleep(5); console.log("cleaned up"); }
          });
          yield* yieldNow();
          console.log("body ended");
        }`,
      ),
    );
    expect([out, code]).toEqual([["body ended", "cleaned up"], 0]);
  });

  test("gives clean-up up that takes longer than shutdownTimeout, and says so", () => {
    const { out, err, code } = child(
      entry(
        '{ flavor: "current_thread", shutdownTimeout: 5 }',
        `function* () {
          spawn(function* slow() {
            try { yield* pending(); } finally { yield* sleep(100_000); }
          });
          yield* yieldNow();
        }`,
      ),
    );
    expect([out, err, code]).toEqual([
      [],
      "treadle: shutdown within 5 ms gave up what was still running: slow (task 1)\n",
      0,
    ]);
  });

  test("says what hangs in clean-up that nothing can ever wake", () => {
    const { err } = child(
      entry(
        onOne,
        `function* () {
          spawn(function* stuck() {
            try { yield* pending(); } finally { yield* pending(); }
          });
          yield* yieldNow();
        }`,
      ),
    );
    expect(err).toBe(
      "treadle: shutdown gave up what was still running when nothing could wake it any more: stuck (task 1)\n",
    );
  });

  test("fails with ERR_DEADLOCK when nothing can ever wake its body", () => {
    const { out, err, code } = child(
      entry(
        onOne,
        `function* body() {
          try { yield* pending(); } finally { yield* sleep(1); console.log("cleaned up"); }
        }`,
      ),
    );
    expect([out, code]).toEqual([["cleaned up"], 1]);
    expect(err).toContain("run(body) can never end");
  });

  test("refuses a module URL that is none", () => {
    const { err, code } = child(`
      import { main } from "treadle";
      main("entry.mjs", function* () { console.log("ran"); });
    `);
    expect(code).not.toBe(0);
    expect(err).toContain("import.meta.url");
  });
});
