// `npm start`: set-up if need be, then the main job: hash this repository, node_modules and all, with the treehash example,
// on all cores; and once more on one, to see what the others are good for.
import { closeSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { root, run, say, setup } from "./setup.mjs";

const name = "SHA256SUMS";
const treehash = join("examples", "treehash", "dist", "main.js");
/** Times that each is run for the comparison; the best counts. */
const rounds = 3;
/** Below it two times count as the same. */
const noise = 1.05;

await setup();

// Written outside the tree and copied in afterwards, so that the list does not try to hold its own hash.
const folder = mkdtempSync(join(tmpdir(), "treadle-"));
const list = join(folder, name);
rmSync(join(root, name), { force: true });
say("hashing every file of this repository with examples/treehash …");
const { code, seconds } = await hashInto(list, []);
if (code === 0) {
  const lines = readFileSync(list, "utf8").split("\n").length - 1;
  process.stdout.write(`\n${lines} files hashed in ${seconds.toFixed(2)} s.\n`);
  const sentence = await comparison();
  copyFileSync(list, join(root, name));
  process.stdout.write(
    `${sentence}\n\nThe list is in ${name}. Check it with another program:\n\n` +
      `    sha256sum --quiet -c ${name} && echo all the same\n\n`,
  );
} else {
  say(`treehash failed (exit code ${code})`);
}
rmSync(folder, { recursive: true });
process.exitCode = code;

/** Hashes the repository into `file`; the program's exit code and how long it took. */
async function hashInto(file, options) {
  const output = openSync(file, "w");
  const start = performance.now();
  const code = await run(process.execPath, [treehash, ...options, "."], {
    stdio: ["inherit", output, "inherit"],
  });
  closeSync(output);
  return { code, seconds: (performance.now() - start) / 1000 };
}

/** What several threads are worth here, in a sentence. */
async function comparison() {
  const threads = availableParallelism();
  if (threads === 1) return "There is one core here: nothing to compare several threads with.";
  say(`comparing ${threads} threads with one …`);
  let [one, all] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  // In turn, so that what else the machine does concerns both.
  for (let round = 0; round < rounds; round++) {
    one = Math.min(one, await timeOf(1));
    all = Math.min(all, await timeOf(threads));
  }
  const times = `one thread takes ${one.toFixed(2)} s, ${threads} threads take ${all.toFixed(2)} s`;
  return `With the files in memory ${times}: ${verdict(one / all)}.`;
}

function verdict(ratio) {
  if (ratio >= noise) return `${ratio.toFixed(2)} times as fast`;
  const why =
    "for so short a run it costs as much to start them as they save, or the cores are busy";
  return ratio > 1 / noise
    ? `no gain (${why})`
    : `a loss, ${ratio.toFixed(2)} times as fast (${why})`;
}

async function timeOf(threads) {
  const file = join(folder, `on-${threads}`);
  const { code, seconds } = await hashInto(file, ["--quiet", "--threads", `${threads}`]);
  if (code !== 0) throw new Error(`treehash --threads ${threads} failed (exit code ${code})`);
  if (!readFileSync(file).equals(readFileSync(list))) {
    throw new Error(`treehash --threads ${threads} gave another list`);
  }
  return seconds;
}
