import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Builder } from "treadle";
import { beforeEach, expect, test } from "vitest";
import { parseCommand } from "../src/args.ts";
import { type BatchResult, hashBatch, SEPARATOR } from "../src/hash-batch.ts";
import { Live } from "../src/live.ts";
import { setUpThreads } from "../src/thread-setup.ts";
import { newDirectory } from "./program.ts";

const live = new Live(2);
let here: string;

beforeEach(() => {
  here = newDirectory();
  const command = parseCommand(["-o", "list", here]);
  if (command.kind === "run") setUpThreads(command.options, live);
});

/** Runs a batch right here. */
function hash(slot: number, names: readonly string[], onlyPool = false): Promise<BatchResult> {
  const paths = names.map((name) => join(here, name)).join(SEPARATOR);
  const runtime = Builder.newCurrentThread().enableAll().build();
  return runtime.run(hashBatch(slot, paths, onlyPool, false));
}

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(here, name), content);
  return createHash("sha256").update(content).digest("hex");
}

test("gives the digests of the files in their order, and says by index why others have none", async () => {
  const digests = [file("a", "a"), file("z", "")];
  symlinkSync("a", join(here, "link"));
  execFileSync("mkfifo", [join(here, "fifo")]);
  file("large", Buffer.alloc(200_000));
  const result = await hash(0, ["gone", "a", "link", "fifo", "large", "z"]);
  expect(result.digests).toBe(digests.join(""));
  expect(result.unhashed).toEqual([
    { index: 0, why: "no such file or directory" },
    { index: 2, why: "no longer a regular file" },
    { index: 3, why: "no longer a regular file" },
    { index: 4, why: "large" },
  ]);
  expect([result.bytes, result.hashedBytes]).toEqual([1, 1]);
  expect([result.readInPlace, result.readByPool]).toEqual([2, 0]);
});

test("hashes a large file that is alone, and shows how far it is", async () => {
  const size = 700_001;
  const slot = live.take();
  const digest = file("large", Buffer.alloc(size, "x"));
  const result = await hash(slot, ["large"]);
  expect([result.digests, result.unhashed]).toEqual([digest, []]);
  expect([result.bytes, result.readInPlace, live.bytes()]).toEqual([size, 1, size]);
  live.giveBack(slot);
  expect(live.bytes()).toBe(0);
});

test("reads by the pool only what may keep the thread waiting", async () => {
  const digests = [file("a", "a"), file("b", "b")].join("");
  const result = await hash(0, ["a", "b"], true);
  expect([result.digests, result.readInPlace, result.readByPool]).toEqual([digests, 0, 2]);
  expect(live.file(0)).toBe(1);
});
