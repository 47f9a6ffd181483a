// Makes a program of every `ts` block in the READMEs, the guide and the doc comments, and a test that runs each of them in a
// process of its own, as a reader would. `expr; // => value` asserts; a block marked `ts no_run` is only type-checked.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "docs", ".doctest");

/** The files that may hold blocks, relative to the root. */
function sources() {
  const guide = walk("docs/guide", ".md");
  const packages = readdirSync(join(root, "packages")).map((name) => `packages/${name}`);
  const readmes = ["README.md", ...packages.map((folder) => `${folder}/README.md`)];
  return [...readmes, ...guide, ...packages.flatMap((folder) => walk(`${folder}/src`, ".ts"))];
}

function walk(folder, extension) {
  let names;
  try {
    names = readdirSync(join(root, folder), { recursive: true });
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
  return names
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((name) => name.endsWith(extension))
    .sort();
}

/** The `ts` blocks of a file: line of the fence, whether to run, and the code. */
function blocks(file) {
  let text;
  try {
    text = readFileSync(join(root, file), "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
  const prefix = file.endsWith(".ts") ? String.raw`\s*\*\s?` : String.raw`\s*`;
  const open = new RegExp(`^(${prefix})\`\`\`ts(?: (no_run))?\\s*$`);
  const close = new RegExp(`^${prefix}\`\`\`\\s*$`);
  const found = [];
  let block;
  for (const [index, line] of text.split("\n").entries()) {
    if (block === undefined) {
      const match = open.exec(line);
      if (match !== null) {
        block = { file, line: index + 1, run: match[2] === undefined, indent: match[1], code: [] };
      }
    } else if (close.test(line)) {
      found.push({ ...block, code: block.code.join("\n") });
      block = undefined;
    } else {
      block.code.push(strip(line, block.indent));
    }
  }
  if (block !== undefined) throw new Error(`${file}:${block.line}: the block has no end`);
  return found;
}

/** A line of a block without what stands before every line of it. */
function strip(line, indent) {
  return line.startsWith(indent) ? line.slice(indent.length) : line.replace(/^\s*\*?\s?/, "");
}

/** The code with every `// => value` turned into an assertion, on the same lines. */
function withAssertions({ file, line, code }) {
  const tree = ts.createSourceFile("block.ts", code, ts.ScriptTarget.ESNext, true);
  const edits = [];
  let used = 0;
  const visit = (node) => {
    const value = expectedAfter(code, node);
    if (value !== undefined && ts.isExpressionStatement(node)) {
      used++;
      const shown = shownValue(node.expression);
      edits.push([shown.getStart(), "__expect(("], [shown.getEnd(), `), (${value}))`]);
    } else if (value !== undefined && ts.isVariableStatement(node)) {
      used++;
      const name = node.declarationList.declarations[0].name.getText();
      edits.push([node.getEnd(), ` __expect(${name}, (${value}));`]);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  const written = code.match(/\/\/ =>/g)?.length ?? 0;
  if (used !== written) {
    throw new Error(`${file}:${line}: \`// =>\` belongs behind an expression or a declaration`);
  }
  return edits
    .sort(([a], [b]) => b - a)
    .reduce((text, [at, insert]) => text.slice(0, at) + insert + text.slice(at), code);
}

/** What `// => …` behind a statement says, if it says anything. */
function expectedAfter(code, node) {
  if (!ts.isExpressionStatement(node) && !ts.isVariableStatement(node)) return undefined;
  const comment = ts.getTrailingCommentRanges(code, node.getEnd())?.[0];
  if (comment === undefined) return undefined;
  return /^\/\/ => (.+)$/.exec(code.slice(comment.pos, comment.end))?.[1];
}

/** Of `console.log(x); // => 1` it is x that is 1. */
function shownValue(expression) {
  const logs =
    ts.isCallExpression(expression) &&
    expression.expression.getText() === "console.log" &&
    expression.arguments.length === 1;
  return logs ? expression.arguments[0] : expression;
}

const support = `import { deepStrictEqual } from "node:assert/strict";

export function __expect<T>(actual: T, expected: unknown): T {
  deepStrictEqual(actual, expected);
  return actual;
}
`;

const tests = (cases) => `import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "vitest";

const run = promisify(execFile);

for (const [name, program] of ${JSON.stringify(cases, null, 2)}) {
  test.concurrent(name, { timeout: 60_000 }, async () => {
    const file = fileURLToPath(new URL(\`out/\${program}.js\`, import.meta.url));
    await run(process.execPath, ["--enable-source-maps", file], { timeout: 30_000 });
  });
}
`;

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "support.ts"), support);
const cases = [];
for (const block of sources().flatMap(blocks)) {
  const program = `${block.file.replaceAll("/", "__")}.L${block.line}`;
  const code = block.run ? withAssertions(block) : block.code;
  // The code stands on its own line numbers; imports are hoisted, so what it needs may stand behind it.
  const head = "\n".repeat(block.line);
  writeFileSync(
    join(out, `${program}.ts`),
    `${head}${code}\nimport { __expect } from "./support.ts";\nvoid __expect;\n`,
  );
  if (block.run) cases.push([`${block.file}:${block.line}`, program]);
}
if (cases.length > 0) writeFileSync(join(out, "doctest.test.mjs"), tests(cases));
