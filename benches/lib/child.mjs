// One process, one measurement: loads one variant of one scenario, warms it up, samples it and reports to its parent.
//
// A variant is `async () => iterate` (or `{ iterate, ops, answer }`). One `iterate()` does `ops` operations and answers
// something that shows that all were done: `answer`, which is `ops` unless the variant or the scenario names another; a
// scenario that measures by itself answers `{ done, metrics }` instead, and is not warmed up if it says `cold`. A variant
// that is another program answers `{ sample }`, which takes the settings and answers all samples.
import { setImmediate as turn } from "node:timers/promises";
import { withTokio } from "./tokio.mjs";

const [url, variantName, settingsJson] = process.argv.slice(2);
const scenario = withTokio((await import(url)).scenario);
const settings = { ...JSON.parse(settingsJson), ...scenario.settings };

try {
  const made = await scenario.variants[variantName]();
  report(made.sample === undefined ? await measured(made) : await sampledElsewhere(made));
} catch (error) {
  report({ error: error?.stack ?? String(error) });
}

async function measured(made) {
  const iterate = typeof made === "function" ? made : made.iterate;
  const ops = made.ops ?? scenario.ops;
  const work = { iterate, ops, answer: made.answer ?? made.ops ?? scenario.answer ?? ops };
  const measure = scenario.measured ? measureItself : measureThroughput;
  return { ops, samples: await measure(work) };
}

async function sampledElsewhere({ sample }) {
  const samples = Math.min(settings.samples, scenario.samples ?? Infinity);
  return { ops: scenario.ops, samples: await sample({ ...settings, samples }) };
}

function report(message) {
  process.send(message, () => process.exit(0));
}

/** Wall and CPU nanoseconds per operation; a sample repeats `iterate` until it is long enough to time. */
async function measureThroughput(work) {
  let repeat = await warmUp(work);
  const samples = [];
  const began = performance.now();
  while (samples.length < settings.samples) {
    await turn();
    const sample = await timed(work, repeat);
    const ms = (sample.wall * work.ops * repeat) / 1e6;
    // The code got faster than it was while warming up: a sample too short to trust is taken again.
    if (ms < settings.minMs) repeat = Math.ceil((repeat * settings.minMs * 1.2) / ms);
    else samples.push(sample);
    if (samples.length >= 2 && performance.now() - began > settings.budgetMs) break;
  }
  return samples;
}

/** Runs for a while, of CPU time, for a loaded machine gives little in a while; answers how many iterations fill one sample. */
async function warmUp(work) {
  const began = process.cpuUsage();
  let last = 0;
  do {
    await turn();
    last = (await timed(work, 1)).wall * work.ops;
  } while (cpuMs(began) < settings.warmupMs);
  return Math.max(1, Math.ceil((settings.minMs * 1e6) / last));
}

function cpuMs(since) {
  const used = process.cpuUsage(since);
  return (used.user + used.system) / 1000;
}

async function timed({ iterate, ops, answer }, repeat) {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  for (let i = 0; i < repeat; i++) {
    const done = iterate();
    if (done !== answer) verify(await done, answer);
  }
  const wall = Number(process.hrtime.bigint() - start);
  const used = process.cpuUsage(cpu);
  const all = ops * repeat;
  return { wall: wall / all, cpu: ((used.user + used.system) * 1000) / all };
}

async function measureItself({ iterate, answer }) {
  const samples = [];
  const once = async () => {
    await turn();
    const { done, metrics } = await iterate();
    verify(done, answer);
    return metrics;
  };
  if (!scenario.cold) await warmUpItself(once);
  const warm = performance.now();
  while (samples.length < Math.min(settings.samples, scenario.samples ?? Infinity)) {
    samples.push(await once());
    if (samples.length >= 2 && performance.now() - warm > settings.budgetMs) break;
  }
  return samples;
}

async function warmUpItself(once) {
  const cpu = process.cpuUsage();
  const began = performance.now();
  do await once();
  while (cpuMs(cpu) < settings.warmupMs && performance.now() - began < settings.idleWarmupMs);
}

function verify(done, answer) {
  if (done !== answer) throw new Error(`answered ${done} where ${answer} was due`);
}
