// `npm run soak`: many loads on many cores, for as long as asked. See `--help`.
import { parseArgs } from "node:util";
import { held, loads, round } from "./soak/round.mjs";

const HELP = `usage: npm run -s soak -- [options]

Runs rounds, each on a multi-thread runtime of its own that is configured at random, with all loads at once:
${Object.keys(loads).join(", ")}. In every third round or so workers die meanwhile.
After each the process must hold no more threads, descriptors and handles than after the first.

  --minutes N    how long, default 10; the round that runs then is finished
  --rounds N     at most so many rounds
  --round S      seconds of a round, default 5
  --threads N    workers, default 1 to 4 at random
  --loads A,B    only these loads
  --no-deaths    no worker dies
  --seed N       of the first round, default the time; the next has the next one
  --help         this text

Ctrl-C ends after the round that runs, a second one at once. The exit code is 1 when something was wrong.
`;

function options() {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      rounds: { type: "string", default: "Infinity" },
      round: { type: "string", default: "5" },
      threads: { type: "string" },
      loads: { type: "string", default: Object.keys(loads).join(",") },
      "no-deaths": { type: "boolean", default: false },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const names = values.loads.split(",");
  for (const name of names) {
    if (!Object.hasOwn(loads, name)) {
      throw new Error(`--loads ${name}: there is no such load; there are ${Object.keys(loads)}`);
    }
  }
  return {
    minutes: positive("minutes", values.minutes),
    rounds: positive("rounds", values.rounds),
    seconds: positive("round", values.round),
    threads: values.threads === undefined ? undefined : positive("threads", values.threads),
    seed: positive("seed", values.seed),
    deaths: !values["no-deaths"],
    names,
  };
}

function positive(name, text) {
  const value = Number(text);
  if (value > 0) return value;
  throw new Error(`--${name} ${text}: it must be a number greater than 0`);
}

function says(number, seed, report) {
  const done = Object.entries(report.done).map(([name, count]) => `${name} ${count}`);
  const memory = `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`;
  const how = `${report.workers} workers${report.dying ? `, of which some die (${report.lost} loads lost)` : ""}`;
  return `round ${number} (seed ${seed}): ${how}; ${done.join(", ")}; ${memory}`;
}

async function soak({ minutes, rounds, seconds, threads, seed, deaths, names }) {
  let interrupted = false;
  const stop = () => {
    if (interrupted) process.exit(130);
    interrupted = true;
    console.error("the round that runs is the last; once more to end at once");
  };
  process.on("SIGINT", stop);
  const end = Date.now() + minutes * 60_000;
  const total = {};
  let first = null;
  let number = 0;
  let bad = 0;
  while (number < rounds && Date.now() < end && !interrupted) {
    number++;
    const own = seed + number - 1;
    const report = await round({ seed: own, ms: seconds * 1000, threads, names, deaths });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = held();
    first ??= now;
    for (const what of Object.keys(now)) {
      if (now[what] > first[what]) report.wrong.push(`${what}: ${now[what]} after ${first[what]}`);
    }
    console.log(says(number, own, report));
    for (const what of report.wrong) console.log(`  WRONG: ${what}`);
    bad += report.wrong.length;
    for (const [name, count] of Object.entries(report.done)) {
      total[name] = (total[name] ?? 0) + count;
    }
  }
  process.off("SIGINT", stop);
  const all = Object.entries(total).map(([name, count]) => `${count} ${name}`);
  console.log(
    `${number} rounds, ${all.join(", ")}: ${bad === 0 ? "all as it should" : `${bad} wrong`}`,
  );
  return bad === 0 ? 0 : 1;
}

try {
  const asked = options();
  if (asked === null) process.stdout.write(HELP);
  else process.exitCode = await soak(asked);
} catch (error) {
  console.error(`soak: ${error.message}`);
  process.exitCode = 2;
}
