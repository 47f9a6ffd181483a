/** The user's hooks, made harmless: one that throws is reported, and what it hangs on goes on. */
import type { Hooks } from "./contract.ts";

type Report = (error: unknown, what: string) => void;

/** The hooks with every error of theirs caught and given to `report`. */
export function guardHooks(hooks: Hooks, report: Report): Hooks {
  return {
    onThreadPark: guard("onThreadPark", hooks.onThreadPark, report),
    onThreadUnpark: guard("onThreadUnpark", hooks.onThreadUnpark, report),
    onTaskSpawn: guard("onTaskSpawn", hooks.onTaskSpawn, report),
    onBeforeTaskPoll: guard("onBeforeTaskPoll", hooks.onBeforeTaskPoll, report),
    onAfterTaskPoll: guard("onAfterTaskPoll", hooks.onAfterTaskPoll, report),
    onTaskTerminate: guard("onTaskTerminate", hooks.onTaskTerminate, report),
  };
}

function guard<A extends unknown[]>(
  name: string,
  hook: ((...args: A) => void) | undefined,
  report: Report,
): ((...args: A) => void) | undefined {
  if (hook === undefined) return undefined;
  return (...args) => {
    try {
      hook(...args);
    } catch (error) {
      report(error, `the hook ${name}`);
    }
  };
}
