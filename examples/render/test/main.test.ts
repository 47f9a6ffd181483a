import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "render-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function render(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", timeout: 60_000 });
}

describe("render, the program", { timeout: 90_000 }, () => {
  it("makes the same file with one, two and three threads", () => {
    const files = [1, 2, 3].map((threads) => {
      const file = join(directory, `${threads}.png`);
      const args = ["-s", "120x80", "-n", "2", "-t", String(threads), "-o", file];
      const { status, stderr } = render(...args);
      expect([status, stderr.match(/worker \d/g)?.length]).toEqual([0, threads]);
      return readFileSync(file);
    });
    expect(files[1]).toEqual(files[0]);
    expect(files[2]).toEqual(files[0]);
    const { width, height, channels } = decode(files[0] as Buffer);
    expect([width, height, channels]).toEqual([120, 80, 3]);
  });

  it("prints its help and its version without starting a thread", () => {
    expect(render("--help").stdout).toContain("Usage: render");
    expect(render("--version").stdout).toMatch(/^render \d/);
  });

  it("says what is wrong with a command line, and with a place it cannot write to", () => {
    expect(render("--size", "1x").status).toBe(2);
    const nowhere = render("-s", "8x8", "-n", "1", "-o", join(directory, "no", "where.png"));
    expect([nowhere.status, nowhere.stderr]).toEqual([1, expect.stringContaining("ENOENT")]);
  });

  /** A run that would take minutes, some of which is done. */
  async function underWay(file: string, ...options: string[]) {
    const args = ["-s", "1920x1080", "-n", "512", "-t", "2", "-o", file, ...options];
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const run = { child, stderr: "" };
    child.stderr.on("data", (chunk) => {
      run.stderr += chunk;
    });
    // Its bar has begun to fill: signals are listened to by then.
    while (!run.stderr.includes("%")) await once(child.stderr, "data");
    return run;
  }

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("keeps what is done when it is stopped by %s", async (signal, status) => {
    const file = join(directory, `${signal}.png`);
    const run = await underWay(file);
    run.child.kill(signal);
    expect(await once(run.child, "close")).toEqual([status, null]);
    expect(run.stderr).toContain("holds what was rendered");
    const { width, height } = decode(readFileSync(file));
    expect([width, height]).toEqual([1920, 1080]);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends at once at the second %s", async (signal) => {
    const file = join(directory, `${signal}-twice.png`);
    // One tile, which takes minutes.
    const { child } = await underWay(file, "--tile", "1024");
    child.kill(signal);
    const before = performance.now();
    const again = setInterval(() => child.kill(signal), 5);
    onTestFinished(() => clearInterval(again));
    expect(await once(child, "close")).toEqual([null, signal]);
    expect(performance.now() - before).toBeLessThan(1500);
    expect(existsSync(file)).toBe(false);
  });
});
