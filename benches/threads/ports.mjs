// The threads of the pool written by hand: a message is a batch of calls, its answer a batch of results in the same order.
import { parentPort } from "node:worker_threads";
import { echo, hold, odd, spin, yields } from "./jobs.mjs";

const jobs = { echo, hold, odd, spin, yields };

parentPort.on("message", ({ names, values, moved }) => {
  const results = [];
  let waiting = false;
  for (let i = 0; i < names.length; i++) {
    const result = attempt(names[i], values[i]);
    waiting ||= result instanceof Promise;
    results.push(result);
  }
  if (waiting) Promise.all(results).then((all) => parentPort.postMessage(all));
  else parentPort.postMessage(results, moved ? results.map((result) => result.buffer) : []);
});

/** An error is an answer: `{ error }`. */
function attempt(name, value) {
  try {
    const result = jobs[name](value);
    return result instanceof Promise ? result.catch((error) => ({ error })) : result;
  } catch (error) {
    return { error };
  }
}
