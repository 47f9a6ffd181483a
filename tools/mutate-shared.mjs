// Does the model checker find bugs? Breaks one operation of the shared-memory algorithms at a time and runs their model tests.
//   node tools/mutate-shared.mjs [PATTERN]   all mutants, or those whose file and name match; prints docs/loom.md's table
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { segmentMutants, segmentTests } from "./segment-mutants.mjs";
import { syncMutants, syncTests } from "./sync-mutants.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const TIMEOUT_MS = 120_000;

const counters = "packages/metrics/src/counters.ts";
const worker = "packages/metrics/src/worker-metrics.ts";
const park = "packages/scheduler/src/atomics-park.ts";
const state = "packages/task/src/state.ts";
const gate = "packages/scheduler/src/multi-thread/gate.ts";
const taskQueue = "packages/scheduler/src/multi-thread/task-queue.ts";

const BEGUN = "  add(words, at, 1);\n";
const LOW = "  add(words, at + LOW, -CARRY);\n";
const DONE = "  add(words, at + DONE, 1);\n";
const READ_DONE = "    const done = load(words, at + DONE);\n";
const READ_LOW = "    low = load(words, at + LOW) >>> 0;\n";
const READ_BEGUN = "    begun = load(words, at);\n";
const EXCHANGE = "    exchange(this.words, 0, NOTIFIED);\n";
const NOTIFY = "    notify(this.words, 0, 1);\n";
const CAS = "compareExchange(words, at, word, next(word))";

/** File, what is broken, the edits, and why it may survive. */
const mutants = [
  [
    counters,
    "the carry is met one addition too late",
    [["=== CARRY - 1", "=== CARRY"]],
    "right as well: a low word above CARRY is read like any other; it only comes nearer to wrapping",
  ],
  [
    counters,
    "an addition is a load and a store",
    [
      [
        "add(words, at + LOW, 1) === CARRY - 1",
        "(store(words, at + LOW, load(words, at + LOW) + 1), load(words, at + LOW)) === CARRY",
      ],
    ],
  ],
  [counters, "the carry does not announce itself (begun)", [[BEGUN, ""]]],
  [counters, "the carry does not lower the low word", [[LOW, ""]]],
  [counters, "the carry does not end (done)", [[DONE, ""]]],
  [counters, "the carry lowers before it announces itself", [[BEGUN + LOW, LOW + BEGUN]]],
  [counters, "the carry ends before it lowers", [[LOW + DONE, DONE + LOW]]],
  [counters, "the carry ends first and announces last", [[BEGUN + LOW + DONE, DONE + LOW + BEGUN]]],
  [
    counters,
    "a reader looks at begun before done",
    [[READ_DONE + READ_LOW + READ_BEGUN, `    begun = load(words, at);\n${READ_LOW}${READ_DONE}`]],
  ],
  [counters, "a reader reads low after begun", [[READ_LOW + READ_BEGUN, READ_BEGUN + READ_LOW]]],
  [counters, "a reader reads low before done", [[READ_DONE + READ_LOW, READ_LOW + READ_DONE]]],
  [
    counters,
    "a reader does not compare begun with done",
    [["if (begun === done) return", "return"]],
  ],
  [
    counters,
    "the high word of a pair is not stored",
    [["  if (high !== Math.floor(before * PER_TWO_32)) store(words, at + 1, high);\n", ""]],
  ],
  [
    counters,
    "the high word of a pair is stored first",
    [
      [
        "  store(words, at, value | 0);\n  const high = Math.floor(value * PER_TWO_32);\n  if (high !== Math.floor(before * PER_TWO_32)) store(words, at + 1, high);\n",
        "  const high = Math.floor(value * PER_TWO_32);\n  if (high !== Math.floor(before * PER_TWO_32)) store(words, at + 1, high);\n  store(words, at, value | 0);\n",
      ],
    ],
    "right as well: the copy that is written is not the one that is read (invariant 1 of worker-metrics)",
  ],

  [
    worker,
    "a submission is not published",
    [["    store(this.words, this.at + SEQUENCE, this.submission);\n", ""]],
  ],
  [
    worker,
    "a submission is published before it is written",
    [
      [
        "(this.submitted + 1) | 0;\n",
        "(this.submitted + 1) | 0;\n    store(this.words, this.at + SEQUENCE, this.submission);\n",
      ],
    ],
  ],
  [
    worker,
    "the owner writes to the copy that is current",
    [["(this.submitted + 1) | 0", "(this.submitted + 2) | 0"]],
  ],
  [
    worker,
    "a successor does not go on with the number of its predecessor",
    [["this.submitted = load(this.words, this.at + SEQUENCE);", "this.submitted = 0;"]],
  ],
  [worker, "the owner writes to the first copy always", [["this.submission & 1", "0"]]],
  [
    worker,
    "a reader does not look at the sequence again",
    [["if (load(this.words, sequence) === before) return", "return"]],
  ],
  [
    worker,
    "a reader looks at the sequence again before it has read",
    [
      [
        "      this.load(before & 1, from, into);\n      if (load(this.words, sequence) === before) return;\n",
        "      const again = load(this.words, sequence);\n      this.load(before & 1, from, into);\n      if (again === before) return;\n",
      ],
    ],
  ],
  [
    worker,
    "a reader reads the copy that is not current",
    [["this.load(before & 1, from", "this.load(~before & 1, from"]],
  ],
  [
    worker,
    "a successor does not learn what the first copy holds",
    [["    this.load(0, 0, this.written[0]);\n", ""]],
  ],
  [
    worker,
    "the owner stores what has not changed, too",
    [["    if (before === value) return;\n", ""]],
    "right as well, only slower",
  ],

  [park, "unpark does not set the word", [[EXCHANGE, ""]]],
  [park, "unpark does not notify", [[NOTIFY, ""]]],
  [park, "unpark notifies before it sets the word", [[EXCHANGE + NOTIFY, NOTIFY + EXCHANGE]]],
  [park, "unpark notifies nobody", [["notify(this.words, 0, 1)", "notify(this.words, 0, 0)"]]],
  [
    park,
    "park does not use the unpark up",
    [
      ["import { exchange, notify, wait }", "import { exchange, load, notify, wait }"],
      ["exchange(this.words, 0, EMPTY) !== NOTIFIED", "load(this.words, 0) !== NOTIFIED"],
    ],
  ],
  [park, "park looks once only", [["while (exchange", "if (exchange"]]],
  [
    park,
    "park uses up an unpark after its sleep, unseen",
    [
      [
        "wait(this.words, 0, EMPTY, slice);",
        "wait(this.words, 0, EMPTY, slice);\n      exchange(this.words, 0, EMPTY);",
      ],
    ],
  ],
  [
    park,
    "park does not sleep",
    [["      wait(this.words, 0, EMPTY, slice);\n", ""]],
    "keeps the protocol: it spins instead of sleeping, which is no matter of interleavings",
  ],

  [
    state,
    "a transition does not compare",
    [
      ["import { compareExchange, load }", "import { compareExchange, load, store }"],
      [CAS, "(store(words, at, next(word)), word)"],
    ],
  ],
  [
    state,
    "a transition is not tried again",
    [["if (found === word) return word;", "return word;"]],
  ],
  [state, "a transition is tried again on the old word", [["    word = found;\n", ""]]],
  [
    state,
    "toRunning keeps NOTIFIED",
    [["(word & ~NOTIFIED) | RUNNING : word - REF_ONE", "word | RUNNING : word - REF_ONE"]],
  ],
  [
    state,
    "toRunning keeps the reference of a queue place that is forgotten",
    [["| RUNNING : word - REF_ONE", "| RUNNING : word"]],
  ],
  [
    state,
    "toRunning takes a task that runs",
    [
      ["return isIdle(word) ? (word & ~NOTIFIED)", "return true ? (word & ~NOTIFIED)"],
      [
        "if (isIdle(word)) return (word & CANCELLED)",
        "if ((word & COMPLETE) === 0) return (word & CANCELLED)",
      ],
    ],
  ],
  [
    state,
    "toIdle gives the reference of the new queue place up",
    [["return (word & NOTIFIED) !== 0 ? word & ~RUNNING :", "return false ? word & ~RUNNING :"]],
  ],
  [
    state,
    "toIdle forgets a wake that came meanwhile",
    [["if ((word & NOTIFIED) !== 0) return Outcome.SUBMIT;", ""]],
  ],
  [
    state,
    "toIdle forgets an abort that came meanwhile",
    [["return (word & (CANCELLED | CLEANING)) === CANCELLED;", "return false;"]],
  ],
  [
    state,
    "toIdle keeps RUNNING",
    [["(word & ~RUNNING) - REF_ONE;\n}\n\n/** The poll", "word - REF_ONE;\n}\n\n/** The poll"]],
  ],
  [
    state,
    "toNotified takes no reference",
    [["word | NOTIFIED : (word | NOTIFIED) + REF_ONE", "word | NOTIFIED : (word | NOTIFIED)"]],
  ],
  [
    state,
    "toNotified queues a task that runs",
    [["(COMPLETE | NOTIFIED | RUNNING)) === 0", "(COMPLETE | NOTIFIED)) === 0"]],
  ],
  [
    state,
    "toNotified queues a task that is queued",
    [
      [
        "if ((word & (COMPLETE | NOTIFIED)) !== 0) return word;",
        "if ((word & COMPLETE) !== 0) return word;",
      ],
      ["(COMPLETE | NOTIFIED | RUNNING)) === 0", "(COMPLETE | RUNNING)) === 0"],
    ],
    "right as well: each place in the queue has its reference, and the later one finds the task gone; only invariant 1 (at most one place) is lost, which bounds the queue",
  ],
  [
    state,
    "toNotified forgets a wake of a running task",
    [["(word & RUNNING) !== 0 ? word | NOTIFIED :", "(word & RUNNING) !== 0 ? word :"]],
  ],
  [
    state,
    "toNotified wakes a complete task",
    [
      [
        "if ((word & (COMPLETE | NOTIFIED)) !== 0) return word;",
        "if ((word & NOTIFIED) !== 0) return word;",
      ],
      ["(COMPLETE | NOTIFIED | RUNNING)) === 0", "(NOTIFIED | RUNNING)) === 0"],
    ],
  ],
  [
    state,
    "toAborted does not notify",
    [["return toNotified(word | CANCELLED);", "return word | CANCELLED;"]],
  ],
  [
    state,
    "toAborted does not cancel",
    [["return toNotified(word | CANCELLED);", "return toNotified(word);"]],
  ],
  [
    state,
    "toShutdown does not take the idle task",
    [["word | RUNNING | CANCELLED :", "word | CANCELLED :"]],
  ],
  [
    state,
    "toShutdown does not cancel a task that runs",
    [["CANCELLED : word | CANCELLED", "CANCELLED : word"]],
  ],
  [
    state,
    "toShutdown takes a task that runs",
    [["return isIdle(word) ? Outcome.CLOSE : Outcome.NOTHING", "return Outcome.CLOSE"]],
  ],
  [
    state,
    "toComplete leaves RUNNING",
    [["return word ^ LIFECYCLE;", "return word | COMPLETE;"]],
    "right as well: after COMPLETE nobody looks at RUNNING (every test is of both, or of COMPLETE first)",
  ],
  [
    state,
    "toTerminal keeps a reference",
    [["word - references * REF_ONE", "word - (references - 1) * REF_ONE"]],
  ],
  [
    state,
    "toDetached keeps its reference",
    [["(kept & ~JOIN_INTEREST) - REF_ONE", "(kept & ~JOIN_INTEREST)"]],
  ],
  [
    state,
    "toDetached keeps its interest",
    [["(kept & ~JOIN_INTEREST) - REF_ONE", "kept - REF_ONE"]],
  ],
  [state, "toJoinWaker does not set its bit", [["? word : word | JOIN_WAKER", "? word : word"]]],
  [
    state,
    "toNoJoinWaker does not clear its bit",
    [["? word : word & ~JOIN_WAKER;\n}\n\n// The three", "? word : word;\n}\n\n// The three"]],
  ],
  // task-queue
  [
    taskQueue,
    "the last searcher does not look for more when it has something to do",
    [["if (idle.found(this.worker) && (", "if (idle.found(this.worker) && false && ("]],
  ],
  [
    taskQueue,
    "a searcher that has something to do goes on as one",
    [
      ["    this.searching = false;\n    // Who pushed", "    // Who pushed"],
      ["idle.found(this.worker) && (inject", "(inject"],
    ],
  ],
  [
    taskQueue,
    "the last searcher looks for more before it says that it searches no longer",
    [
      [
        "if (idle.found(this.worker) && (inject.hasWork() || this.hasInRings())) {",
        "const more = inject.hasWork() || this.hasInRings();\n    if (idle.found(this.worker) && more) {",
      ],
    ],
  ],
  [
    taskQueue,
    "a worker that has told of its end searches, and does not know it",
    [["this.searching = this.shared.idle.trySearch", "this.shared.idle.trySearch"]],
  ],
  [
    taskQueue,
    "what lies in a worker's own ring is not looked for",
    [
      [
        "if (this.shared.ring(i).length !== 0)",
        "if (i !== this.worker + 1 && this.shared.ring(i).length !== 0)",
      ],
    ],
  ],
  [
    taskQueue,
    "who has taken more than one of what is offered wakes nobody for the rest",
    [["if (entry !== 0 && !this.searching) this.share();", ""]],
  ],
  [
    taskQueue,
    "a worker goes to sleep without a last look",
    [["return !this.hasAny() || idle.anySearching();", "return true;"]],
  ],
  [
    taskQueue,
    "a worker that was woken does not know that it searches",
    [["this.searching = this.shared.idle.rouse(", "this.shared.idle.rouse("]],
  ],
  // gate
  [gate, "a closed gate lets in", [["if ((seen & CLOSED) !== 0) return false;", ""]]],
  [
    gate,
    "who enters is counted without a swap",
    [
      [
        "if (compareExchange(words, at, seen, seen + 1) === seen) return true;",
        "store(words, at, seen + 1);\n      return true;",
      ],
      ["load, notify, wait }", "load, notify, store, wait }"],
    ],
  ],
  [
    gate,
    "who leaves stays counted",
    [["compareExchange(words, at, seen, seen - 1) !== seen", "false"]],
  ],
  [
    gate,
    "the last to leave wakes nobody",
    [["if ((seen & CLOSED) !== 0 && (seen & COUNT) === 1) notify(words, at, 1);", ""]],
  ],
  [gate, "who leaves late is taken off", [["if ((seen & COUNT) === 0) return;", ""]]],
  [
    gate,
    "the owner waits for nobody",
    [["(seen & COUNT) !== 0; seen = load", "false; seen = load"]],
  ],
  [
    gate,
    "the owner waits for the dead",
    [
      [
        'if (wait(words, at, seen, PATIENCE_MS) === "timed-out") this.change(0, COUNT);',
        "wait(words, at, seen, PATIENCE_MS);",
      ],
    ],
  ],
  [gate, "the gate stays open while it is closed", [["this.change(CLOSED, 0);", ""]]],
  [gate, "the gate stays closed", [["this.change(0, CLOSED | WANTED)", "this.change(0, WANTED)"]]],
  [gate, "it stays wanted", [["this.change(0, CLOSED | WANTED)", "this.change(0, CLOSED)"]]],
  [
    gate,
    "who wants it is not told",
    [
      [
        "return (this.change(0, CLOSED | WANTED) & WANTED) !== 0;",
        "this.change(0, CLOSED | WANTED);\n    return false;",
      ],
    ],
  ],
  [gate, "it is wanted while it is open", [["if ((seen & CLOSED) === 0) return false;", ""]]],
  ...segmentMutants,
  ...syncMutants,
];

function testsOf(file) {
  if (file === counters) return [testOf(counters), testOf(worker)];
  if (syncTests[file] !== undefined) return syncTests[file];
  const tests = segmentTests[file];
  return tests === undefined
    ? [testOf(file)]
    : tests.map((name) =>
        name.startsWith("model/")
          ? `packages/task/test/${name}.model.test.ts`
          : `packages/task/test/${name}.test.ts`,
      );
}

function testOf(file) {
  return join(
    file.slice(0, file.indexOf("/src/")),
    "test",
    "model",
    file.split("/").pop().replace(".ts", ".model.test.ts"),
  );
}

/** What of a mutant is not, or more than once, in its file. */
function staleEdits([file, name, edits]) {
  const text = readFileSync(join(root, file), "utf8");
  return edits
    .filter(([from]) => text.split(from).length !== 2)
    .map(([from]) => `${file}: "${name}" is stale: ${from}`);
}

/** Resolves to how the mutant ended, and by what. */
function runMutant([file, , edits]) {
  return new Promise((resolve) => {
    const tests = testsOf(file);
    const child = spawn(
      process.execPath,
      [
        join(root, "node_modules/vitest/vitest.mjs"),
        "run",
        "--config",
        "tools/mutate.config.ts",
        "--project",
        "unit",
        "--bail=1",
        "--no-isolate",
        "--reporter=json",
        ...tests,
      ],
      {
        cwd: root,
        env: {
          ...process.env,
          TREADLE_MUTANT: JSON.stringify({ file, edits }),
          TREADLE_TEST_WORKERS: "1",
          // A mutant whose tests do not end must not take all memory.
          NODE_OPTIONS: "--max-old-space-size=1024",
        },
        // A group of its own, to end the process that runs the tests too.
        detached: true,
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(-child.pid, "SIGKILL");
    }, TIMEOUT_MS);
    let out = "";
    child.stdout.on("data", (data) => {
      out += data;
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve(late ? "the tests do not end" : code === 0 ? null : causeIn(out));
    });
  });
}

function causeIn(out) {
  const failed = /"failureMessages":\["((?:[^"\\]|\\.)*)"/.exec(out);
  if (failed === null && /"numTotalTests":[1-9]/.test(out)) return "the tests run out of memory";
  if (failed === null) throw new Error(`no test ran: ${out.slice(0, 2000)}`);
  const text = JSON.parse(`"${failed[1]}"`);
  return text
    .split("\n")[0]
    .replace(/^(ModelError|Error|RuntimeError): /, "")
    .slice(0, 110);
}

const pattern = new RegExp(process.argv[2] ?? "");
const chosen = mutants.filter(([file, name]) => pattern.test(`${file} ${name}`));
const stale = chosen.flatMap(staleEdits);
if (stale.length > 0) {
  console.error(stale.join("\n"));
  process.exit(2);
}
const results = new Array(chosen.length);
let next = 0;
async function lane() {
  while (next < chosen.length) {
    const i = next;
    next += 1;
    results[i] = await runMutant(chosen[i]);
    process.stderr.write(
      `${i + 1}/${chosen.length} ${results[i] === null ? "SURVIVED" : "killed"}: ${chosen[i][1]} (${results[i]})\n`,
    );
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, lane));

let unexplained = 0;
process.stdout.write("| file | what is broken | result |\n| --- | --- | --- |\n");
chosen.forEach(([file, name, , why], i) => {
  const result =
    results[i] === null
      ? `**survives**: ${why ?? "NOT EXPLAINED"}`
      : `killed: ${results[i].replaceAll("|", "\\|")}`;
  if (results[i] === null && why === undefined) unexplained += 1;
  process.stdout.write(`| \`${file.split("/").pop()}\` | ${name} | ${result} |\n`);
});
const killed = results.filter((result) => result !== null).length;
process.stdout.write(
  `\n${killed} of ${chosen.length} killed, ${unexplained} survive without an explanation.\n`,
);
process.exitCode = unexplained === 0 ? 0 : 1;
