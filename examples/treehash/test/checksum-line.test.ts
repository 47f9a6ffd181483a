import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checksumLine } from "../src/checksum-line.ts";
import { newDirectory } from "./program.ts";

const DIGEST = "0".repeat(64);

test("a plain path stands behind two spaces", () => {
  expect(checksumLine(DIGEST, "a b/c*d")).toBe(`${DIGEST}  a b/c*d\n`);
});

test("newlines, carriage returns and backslashes are escaped, all of them, and the line says so", () => {
  expect(checksumLine(DIGEST, "a\n\r\\\\n")).toBe(`\\${DIGEST}  a\\n\\r\\\\\\\\n\n`);
});

test("any line is the one of the real sha256sum", () => {
  const directory = newDirectory();
  const byte = fc.oneof(
    fc.constantFrom(..."\n\r\\\t *"),
    fc.integer({ min: 1, max: 255 }).map((n) => String.fromCharCode(n)),
  );
  const name = fc.string({ unit: byte, minLength: 1, maxLength: 60 });
  const names = fc.uniqueArray(
    name.filter((text) => !/^\.\.?$|\//.test(text)),
    { maxLength: 50 },
  );
  let round = 0;
  fc.assert(
    fc.property(names, (given) => {
      const parent = join(directory, `${round++}`);
      mkdirSync(parent);
      const paths = given.map((text) => Buffer.from(`./${text}`, "latin1"));
      for (const path of paths) {
        writeFileSync(Buffer.concat([Buffer.from(`${parent}/`), path]), "");
      }
      const input = Buffer.concat(paths.flatMap((path) => [path, Buffer.alloc(1)]));
      const real = execFileSync("xargs", ["-0", "-r", "sha256sum"], { cwd: parent, input });
      const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
      const ours = paths.map((path) => checksumLine(empty, path.toString("latin1"))).join("");
      expect(ours).toBe(real.toString("latin1"));
    }),
    { numRuns: 20 },
  );
});
