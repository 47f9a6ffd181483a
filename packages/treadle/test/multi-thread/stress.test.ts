/** Programs of their own, on the build: many tasks, many runtimes, and nothing left at the end. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

function program(name: string, ...args: string[]): Record<string, unknown> {
  const file = fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
  const ended = spawnSync(process.execPath, [file, ...args], {
    encoding: "utf8",
    timeout: 110_000,
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (ended.status !== 0)
    throw new Error(`${name}: ${ended.status}\n${ended.stdout}${ended.stderr}`);
  return JSON.parse(ended.stdout) as Record<string, unknown>;
}

test("a million tiny tasks of four producers, aborted at random, end exactly once, and all memory comes back", {
  timeout: 120_000,
}, () => {
  const result = program("stress.mjs", "1000000", String(Date.now() % 1_000_000));
  expect(result).toMatchObject({
    spawned: 1_000_000,
    wrong: 0,
    accounted: true,
    ended: true,
    left: { cells: 0, blocks: 0 },
  });
});

test("runtimes one after the other (200 in CI) leave no thread, descriptor, handle or shared memory", {
  timeout: 120_000,
}, () => {
  const { before, after, segments } = program(
    "cycles.mjs",
    process.env["CI"] === undefined ? "40" : "200",
  );
  expect(after).toEqual(before);
  // Frames on the stack may hold the last ones.
  expect(segments).toBeLessThanOrEqual(2);
});

test("workers that die with sockets open, by exit or out of memory, leave no descriptor", {
  timeout: 60_000,
}, () => {
  const { before, after, codes } = program("deaths.mjs");
  expect(after).toBe(before);
  expect(codes).toEqual(new Array(4).fill("ERR_WORKER_LOST"));
});

test("a short soak with all loads finds nothing wrong", { timeout: 110_000 }, () => {
  const file = fileURLToPath(new URL("../../../../tools/soak.mjs", import.meta.url));
  const { status, stdout } = spawnSync(
    process.execPath,
    [file, "--rounds", "3", "--round", "2", "--seed", String(1 + (Date.now() % 1_000_000))],
    { encoding: "utf8", timeout: 100_000, env: { ...process.env, NODE_OPTIONS: "" } },
  );
  expect(stdout).toMatch(/^3 rounds, .*: all as it should$/m);
  expect(status).toBe(0);
});

test("an idle runtime takes no CPU", { timeout: 60_000 }, () => {
  expect(program("idle.mjs", "2")["percent"]).toBeLessThan(0.5);
});
