// Work of known length on two threads, and how much longer than the ideal it takes.

/** `iterate` timed: nanoseconds per job, CPU of all threads, and time as a multiple of `idealMs`. */
export async function againstIdeal(iterate, answer, jobs, idealMs) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const done = await iterate();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  if (done !== answer) throw new Error(`answered ${done} where ${answer} was due`);
  return { wall: (ms * 1e6) / jobs, cpu: ((user + system) * 1000) / jobs, ideal: ms / idealMs };
}

/** Each variant with its iterations measured by `measure(iterate)`, which answers metrics. */
export function measured(variants, measure) {
  return Object.fromEntries(
    Object.entries(variants).map(([name, make]) => [
      name,
      async () => {
        const iterate = await make();
        return async () => ({ done: 1, metrics: await measure(iterate) });
      },
    ]),
  );
}
