// `npm start`: set-up if need be, then the main job: hash this repository, node_modules and all, with the treehash example.
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run, say, setup } from "./setup.mjs";

const name = "SHA256SUMS";

await setup();

// Written outside the tree and copied in afterwards, so that the list does not try to hold its own hash.
const folder = mkdtempSync(join(tmpdir(), "treadle-"));
const file = join(folder, name);
rmSync(join(root, name), { force: true });
const output = openSync(file, "w");
say("hashing every file of this repository with examples/treehash …");
const start = performance.now();
const code = await run(process.execPath, [join("examples", "treehash", "dist", "main.js"), "."], {
  stdio: ["inherit", output, "inherit"],
});
closeSync(output);
if (code === 0) {
  const seconds = ((performance.now() - start) / 1000).toFixed(2);
  const lines = readFileSync(file, "utf8").split("\n").length - 1;
  copyFileSync(file, join(root, name));
  process.stdout.write(
    `\n${lines} files hashed in ${seconds} s; the list is in ${name}.\n` +
      `Check it with another program:\n\n    sha256sum --quiet -c ${name} && echo all the same\n\n`,
  );
} else {
  say(`treehash failed (exit code ${code})`);
}
rmSync(folder, { recursive: true });
process.exitCode = code;
