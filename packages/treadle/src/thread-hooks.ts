/**
 * The user's hooks on the threads of a runtime: functions cannot cross threads, so a hook that is to run there is a sendable
 * function, found by its name like a task's.
 */
import { LAZY, RuntimeError } from "@treadle/core";
import type { Hooks, TaskMeta, UnhandledFailure } from "@treadle/scheduler";
import { findSendable, type SendFunction, SendFuture } from "@treadle/task";
import type { Config } from "./config.ts";

const TASK_HOOKS = [
  "onTaskSpawn",
  "onBeforeTaskPoll",
  "onAfterTaskPoll",
  "onTaskTerminate",
] as const;

/** The names of the hooks that run on every thread. */
export type HookKeys = Partial<
  Record<keyof Hooks | "onThreadStart" | "onThreadStop" | "unhandledFailure", string | undefined>
>;

/** The hooks of one thread that the runtime has started. */
export interface ThreadHooks extends Hooks {
  readonly onThreadStart: (() => void) | undefined;
  readonly onThreadStop: (() => void) | undefined;
  readonly unhandledFailure: Exclude<UnhandledFailure, string> | undefined;
}

/**
 * The names of the hooks that the threads of a runtime are to run; those for threads must be sendable, those for tasks may also be
 * plain functions, which then see the tasks of home alone.
 */
export function hookKeys(config: Config): HookKeys {
  const keys: HookKeys = {
    ...poolHookKeys(config),
    onThreadPark: requiredKey("onThreadPark", config.hooks.onThreadPark),
    onThreadUnpark: requiredKey("onThreadUnpark", config.hooks.onThreadUnpark),
  };
  for (const name of TASK_HOOKS) keys[name] = keyOf(config.hooks[name])?.key;
  return keys;
}

/** As `hookKeys`, for the threads of a current-thread runtime's blocking pool: the other hooks are for its own thread. */
export function poolHookKeys(config: Config): HookKeys {
  return {
    onThreadStart: requiredKey("onThreadStart", config.onThreadStart),
    onThreadStop: requiredKey("onThreadStop", config.onThreadStop),
    unhandledFailure: policyOf(config.unhandledFailure)?.key,
  };
}

/** The names of those hooks that are sendable; for a runtime that starts threads only for blocking work. */
export function sendableHookKeys(config: Config): HookKeys {
  const keys: HookKeys = {
    onThreadStart: keyOf(config.onThreadStart)?.key,
    onThreadStop: keyOf(config.onThreadStop)?.key,
    unhandledFailure: policyOf(config.unhandledFailure)?.key,
  };
  for (const name of TASK_HOOKS) keys[name] = keyOf(config.hooks[name])?.key;
  return keys;
}

/** The hooks as home runs them: those for threads are for the threads that it starts, so not for itself. */
export function homeHooks(hooks: Hooks): Hooks {
  const own = { ...hooks, onThreadPark: undefined, onThreadUnpark: undefined };
  for (const name of TASK_HOOKS) {
    const source = keyOf(hooks[name]);
    if (source !== undefined) own[name] = (meta) => run(source, meta);
  }
  return own;
}

/** Finds the hooks on this thread. */
export async function loadHooks(keys: HookKeys): Promise<ThreadHooks> {
  const sources = new Map<string, SendFunction>();
  for (const key of Object.values(keys)) {
    if (key !== undefined) sources.set(key, await findSendable(key));
  }
  const simple = (key: string | undefined): (() => void) | undefined => {
    const source = key === undefined ? undefined : sources.get(key);
    return source === undefined ? undefined : () => void source.invoke([]);
  };
  const told = (key: string | undefined): ((meta: TaskMeta) => void) | undefined => {
    const source = key === undefined ? undefined : sources.get(key);
    return source === undefined ? undefined : (meta) => run(source, meta);
  };
  return {
    onThreadStart: simple(keys.onThreadStart),
    onThreadStop: simple(keys.onThreadStop),
    onThreadPark: simple(keys.onThreadPark),
    onThreadUnpark: simple(keys.onThreadUnpark),
    onTaskSpawn: told(keys.onTaskSpawn),
    onBeforeTaskPoll: told(keys.onBeforeTaskPoll),
    onAfterTaskPoll: told(keys.onAfterTaskPoll),
    onTaskTerminate: told(keys.onTaskTerminate),
    unhandledFailure: judge(sources.get(keys.unhandledFailure ?? "")),
  };
}

/** A policy for failures as this thread can call it: calling a sendable function alone would run nothing. */
export function callablePolicy(policy: UnhandledFailure): UnhandledFailure {
  return judge(policyOf(policy)) ?? policy;
}

function policyOf(policy: UnhandledFailure): SendFunction | undefined {
  return typeof policy === "function" ? keyOf(policy) : undefined;
}

function judge(source: SendFunction | undefined): ThreadHooks["unhandledFailure"] {
  if (source === undefined) return undefined;
  return (error, { id, name }) => void source.invoke([error, { id, name }]);
}

function run(source: SendFunction, meta: TaskMeta): void {
  source.invoke([{ id: meta.id, name: meta.name }]);
}

function requiredKey(name: string, hook: (() => void) | undefined): string | undefined {
  if (hook === undefined) return undefined;
  const source = keyOf(hook);
  if (source !== undefined) return source.key;
  throw new RuntimeError(
    "ERR_INVALID_ARG",
    `${name} runs on the threads that the runtime starts, and a function cannot be sent there: ` +
      "give it a sendable one, sendable(import.meta.url, function name() { ... })",
  );
}

/** What a sendable function stands for; undefined for any other function. Calling a sendable runs nothing. */
function keyOf(hook: ((...args: never[]) => unknown) | undefined): SendFunction | undefined {
  if (hook === undefined || !(LAZY in hook)) return undefined;
  const made = (hook as () => unknown)();
  return made instanceof SendFuture ? made.function : undefined;
}
