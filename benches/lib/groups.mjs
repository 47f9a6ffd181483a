// The groups in which scenarios are shown: by the first part of their file's name.
import { PACKAGED } from "./pools.mjs";

const onOneThread = [
  "tokio",
  "bare",
  "native",
  "effect4",
  "effect4-untraced",
  "effect3",
  "effection",
];

/** `columns`: the variants that have a column of their own in the overview; `best`: of which the best one has. */
export const GROUPS = [
  { title: "One thread", prefixes: ["task", "runtime"], columns: onOneThread },
  { title: "Time", prefixes: ["time"], columns: onOneThread },
  {
    title: "I/O",
    prefixes: ["io", "net"],
    columns: ["treadle-blocking", "tokio", "bare", "native", "redis"],
  },
  {
    title: "Many threads",
    prefixes: ["threads"],
    columns: ["treadle-hosted", "tokio", "bare", "ports", "ports-batched", "synckit"],
    best: PACKAGED,
  },
];

/** The group of `src/<prefix>_<subject>.mjs`. */
export function groupOf(file) {
  const [prefix] = file.split("_", 1);
  const group = GROUPS.find(({ prefixes }) => prefixes.includes(prefix));
  if (group === undefined) throw new Error(`${file}: no group has "${prefix}"`);
  return group;
}

/** The entry with the lowest median among the variants `names`: `[name, entry]`, or undefined. */
export function bestOf(entries, names) {
  return names
    .filter((name) => entries[name] !== undefined)
    .map((name) => [name, entries[name]])
    .sort(([, a], [, b]) => a.median - b.median)[0];
}
