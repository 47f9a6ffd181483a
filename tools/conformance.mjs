// Which tests of Tokio ours stand for: reads the `conforms(...)` calls of all test files and the reasons in
// `not-applicable.json`, compares them with the full list of names in `tokio-tests.json`, and writes `docs/conformance.md`.
//
//   node tools/conformance.mjs           writes the page
//   node tools/conformance.mjs --check   fails when the page is stale, or a name is neither shown nor explained
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import ts from "typescript";
import { root, workspaces } from "./setup.mjs";

const PAGE = "docs/conformance.md";
const REASONS = "packages/treadle/test/conformance/not-applicable.json";

const files = JSON.parse(readFileSync(join(root, "tools/tokio-tests.json"), "utf8"));
const reasons = JSON.parse(readFileSync(join(root, REASONS), "utf8"));
const problems = [];

/** The name by which a test of one of Tokio's files is called: `rt_basic::no_extra_poll`. */
function keyOf(file, name) {
  const module = file.replace(/^(tokio-util\/)?(tests|src)\//, "").replace(/(\/mod)?\.rs$/, "");
  return `${module}::${name}`;
}

/** The paths of all test files, in order. */
function testFiles() {
  const paths = [];
  for (const workspace of workspaces()) {
    const folder = join(workspace, "test");
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder, { recursive: true })) {
      if (name.endsWith(".test.ts")) paths.push(relative(root, join(folder, name)));
    }
  }
  return paths.sort();
}

/** All `conforms(...)` calls of one test file. */
function callsOf(path) {
  const text = readFileSync(join(root, path), "utf8");
  if (!text.includes("conforms(")) return [];
  const calls = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const visit = (node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === "conforms") {
      const [tokio, sentence] = node.arguments;
      const names = ts.isArrayLiteralExpression(tokio) ? [...tokio.elements] : [tokio];
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      if ([...names, sentence].every((argument) => ts.isStringLiteralLike(argument))) {
        calls.push({ path, names: names.map((name) => name.text), sentence: sentence.text });
      } else {
        problems.push(`${path}:${line + 1}: conforms() takes plain strings only`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return calls;
}

/** Tokio's names with the tests of ours that show each. */
function collect() {
  const known = new Set();
  for (const [file, names] of Object.entries(files)) {
    for (const name of names) known.add(keyOf(file, name));
  }
  const shown = new Map();
  for (const path of testFiles()) {
    for (const { names, sentence } of callsOf(path)) {
      for (const name of names) {
        if (!known.has(name)) problems.push(`${path}: Tokio has no test ${name}`);
        shown.set(name, [...(shown.get(name) ?? []), { path, sentence }]);
      }
    }
  }
  for (const name of Object.keys(reasons.tests)) {
    if (!known.has(name)) problems.push(`${REASONS}: Tokio has no test ${name}`);
    if (shown.has(name))
      problems.push(`${REASONS}: ${name} is shown by a test, so it needs no reason`);
  }
  for (const file of Object.keys(reasons.files)) {
    if (files[file] === undefined) problems.push(`${REASONS}: Tokio has no test file ${file}`);
  }
  return shown;
}

const cell = (text) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

/** What a reason says: the part is not built yet, it differs on purpose, nobody has looked yet, or it cannot apply. */
function kindOf(reason) {
  if (reason.startsWith("with the ")) return "later";
  if (reason.startsWith("differs: ")) return "other";
  return reason.startsWith("not compared ") ? "open" : "never";
}

/** The rows of one file of Tokio's; counts into `totals`. */
function rowsOf(file, names, shown, totals) {
  const whole = reasons.files[file];
  const rows = [];
  let open = 0;
  for (const name of names) {
    const key = keyOf(file, name);
    const tests = shown.get(key);
    const reason = reasons.tests[key];
    if (tests !== undefined) {
      totals.shown++;
      const cells = tests.map(
        ({ path, sentence }) => `${cell(sentence)} ([${basename(path, ".test.ts")}](../${path}))`,
      );
      rows.push(`| \`${name}\` | ${cells.join("<br>")} |`);
    } else if (reason !== undefined) {
      totals[kindOf(reason)]++;
      rows.push(`| \`${name}\` | *${cell(reason)}* |`);
    } else if (whole !== undefined) {
      totals[kindOf(whole)]++;
      open++;
    } else {
      problems.push(`${key} is neither shown by a conforms() call nor explained in ${REASONS}`);
    }
  }
  if (whole !== undefined && open === 0) {
    problems.push(`${REASONS}: every test of ${file} is shown or explained, so it needs no reason`);
  }
  return { rows, open, whole };
}

function page(shown) {
  const totals = { all: 0, shown: 0, later: 0, other: 0, open: 0, never: 0 };
  const sections = [];
  const wholes = [];
  for (const [file, names] of Object.entries(files)) {
    totals.all += names.length;
    const { rows, open, whole } = rowsOf(file, names, shown, totals);
    if (whole !== undefined) wholes.push(`| \`${file}\` | ${open} | ${cell(whole)} |`);
    if (rows.length === 0) continue;
    const ours = rows.filter((row) => !/\| \*.*\* \|$/.test(row)).length;
    const head = `### \`${file}\` — ${ours} of ${names.length}`;
    sections.push(
      `${head}\n\n| Tokio's test | ours, or why not |\n| --- | --- |\n${rows.join("\n")}\n`,
    );
  }
  return `# Conformance with Tokio's own tests

Written by \`node tools/conformance.mjs\`; \`npm test\` fails when it is stale.

Of the ${totals.all} tests that Tokio (1.53, and tokio-util) has for its runtime, tasks, time, synchronisation, I/O driver and signals,

- **${totals.shown}** are shown by tests of ours,
- ${totals.later} come with parts that are not built yet,
- ${totals.other} differ on purpose,
${totals.open > 0 ? `- ${totals.open} are not compared yet, name by name,\n` : ""}- ${totals.never} cannot apply in JavaScript.

The names are Tokio's; the tests are our own. What the sentences leave out stands in the \`describe\` around each test.

## Test by test

${sections.join("\n")}
## Whole files

| Tokio's file | tests | |
| --- | --- | --- |
${wholes.join("\n")}
`;
}

const text = page(collect());
if (process.argv.includes("--check")) {
  const path = join(root, PAGE);
  if (!existsSync(path) || readFileSync(path, "utf8") !== text)
    problems.push(`${PAGE} is stale: run \`node tools/conformance.mjs\``);
} else {
  writeFileSync(join(root, PAGE), text);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
