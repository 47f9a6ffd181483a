/**
 * TypeScript on threads: a module that the main thread could load, a thread must be able to load too.
 *
 * Node strips types by itself from 22.18 on, on all threads. tsx does not reach all threads: on Node 20 its `--import`
 * registers nothing in a worker. So where the program runs under tsx, or where
 * Node cannot strip types and the module's project has tsx (tests under vitest on Node 20), the thread registers it itself.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { isMainThread } from "node:worker_threads";

interface TsxApi {
  register(): unknown;
}

let registered: Promise<void> | null = null;

/** Whether a URL names a TypeScript file. */
export function isTypeScript(url: string): boolean {
  return /\.[cm]?tsx?(\?.*)?$/.test(url);
}

/** Sees to it that this thread can load a module, if anything can. */
export async function prepareToImport(url: string): Promise<void> {
  if (isMainThread || !isTypeScript(url)) return;
  const strips = (process.features as { typescript?: unknown }).typescript;
  if (strips && !underTsx()) return;
  registered ??= registerTsx(url);
  await registered;
}

function underTsx(): boolean {
  return [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].some((option) =>
    /\btsx\b/.test(option),
  );
}

/** Registers tsx, as the project of this module finds it; without it, importing says what is missing. */
async function registerTsx(url: string): Promise<void> {
  let path: string;
  try {
    path = createRequire(url).resolve("tsx/esm/api");
  } catch {
    registered = null;
    return;
  }
  // What `require` finds is the CommonJS build, which cannot register from here; the other one lies beside it.
  const api = pathToFileURL(path.replace(/\.cjs$/, ".mjs")).href;
  ((await import(/* @vite-ignore */ /* webpackIgnore: true */ api)) as TsxApi).register();
}
