// `npm test`: set-up if need be, then every check. What has not changed since it last passed is not run again.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run, setup, turbo, turboEnv, workspaces } from "./setup.mjs";

const checks = [
  "check:conformance",
  "check:format",
  "check:layers",
  "check:types",
  "test",
  "lint:package",
  "docs:api",
];

await setup();

const cores = Math.max(2, availableParallelism());
const reports = workspaces().map((folder) => join(folder, ".vitest", "report.json"));
for (const report of reports) rmSync(report, { force: true });

const code = await run(
  process.execPath,
  [
    ...turbo(checks),
    "--continue",
    "--output-logs=new-only",
    "--log-order=grouped",
    `--concurrency=${cores}`,
    ...process.argv.slice(2),
  ],
  // Turbo runs the workspaces side by side, so each test run takes one core.
  { env: { ...turboEnv(), TREADLE_TEST_WORKERS: "1" } },
);

let passed = 0;
let failed = 0;
for (const report of reports) {
  if (!existsSync(report)) continue;
  const result = JSON.parse(readFileSync(report, "utf8"));
  passed += result.numPassedTests;
  // A file that does not load fails without any test in it.
  const broken = result.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  failed += Math.max(result.numFailedTests + broken, result.success ? 0 : 1);
}
process.stdout.write(code === 0 ? "\nAll checks passed.\n" : "\nSome checks failed; see above.\n");
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = code !== 0 ? code : failed > 0 ? 1 : 0;
