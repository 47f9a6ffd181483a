import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { afterAll, describe, expect, it } from "vitest";

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

  it("keeps what is done when it is interrupted", async () => {
    const file = join(directory, "interrupted.png");
    const args = ["-s", "1920x1080", "-n", "64", "-t", "2", "-o", file, "--quiet"];
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill("SIGINT");
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect([status, stderr]).toEqual([130, expect.stringContaining("holds what was rendered")]);
    const { width, height } = decode(readFileSync(file));
    expect([width, height]).toEqual([1920, 1080]);
  });
});
