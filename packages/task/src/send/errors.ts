/** What can go wrong with sendable functions and with values on their way to another thread. */
import { describe, ERR_INVALID_ARG, RuntimeError, sendErrorClass } from "@treadle/core";
import { isTypeScript } from "./loader.ts";

/** Code of the error for a value that cannot cross threads; its text names the place inside the value. */
export const ERR_NOT_SEND = "ERR_NOT_SEND";
/** Code of the error for a sendable without a name of its own. */
export const ERR_SENDABLE_NAME = "ERR_SENDABLE_NAME";
/** Code of the error for two sendables of one module with the same name. */
export const ERR_SENDABLE_DUPLICATE = "ERR_SENDABLE_DUPLICATE";
/** Code of the error for a module that another thread could not import. */
export const ERR_SENDABLE_MODULE = "ERR_SENDABLE_MODULE";
/** Code of the error for a module that was imported and defines no such sendable. */
export const ERR_SENDABLE_NOT_FOUND = "ERR_SENDABLE_NOT_FOUND";
/** Code of the error for an object of a kind that the receiving thread does not know. */
export const ERR_SEND_KIND = "ERR_SEND_KIND";

/** A value that cannot cross threads. */
export class NotSendError extends RuntimeError {
  declare readonly code: "ERR_NOT_SEND";
  /** Where it stands: `argument 2 .items[3].callback`. */
  readonly path: string;

  constructor(path: string, what: string, wayOut: string) {
    super(ERR_NOT_SEND, `${path} is ${what}: ${wayOut}`);
    this.path = path;
  }

  override get name(): string {
    return "NotSendError";
  }
}
sendErrorClass(NotSendError, "@treadle/task.NotSendError");

/** Makes the error for a function that has no name of its own. */
export function namelessSendable(f: object): RuntimeError {
  return new RuntimeError(
    ERR_SENDABLE_NAME,
    `sendable() was given ${describe(f)}: other threads find it by its name, so it needs one. ` +
      'Name it (function* hash(...) {...}), or say the name: sendable(import.meta.url, "hash", ...). ' +
      "Minifiers take names away: keep them (esbuild: keepNames), or say them",
  );
}

/** Makes the error for a name that cannot stand in a key. */
export function badSendableName(name: unknown): RuntimeError {
  return new RuntimeError(
    ERR_SENDABLE_NAME,
    `${describe(name)} cannot name a sendable: a name is a string, not empty, without "#"`,
  );
}

/** Makes the error for a second sendable with the same name in one module. */
export function duplicateSendable(url: string, name: string): RuntimeError {
  return new RuntimeError(
    ERR_SENDABLE_DUPLICATE,
    `${url} defines two sendables named ${JSON.stringify(name)}: other threads could not tell them apart. ` +
      "Modules that a bundler puts into one file share their names, and minifiers give short ones: say the name, " +
      'sendable(import.meta.url, "a name of its own", ...)',
  );
}

/** Makes the error for a module that could not be imported. */
export function moduleFailed(url: string, name: string, cause: unknown): RuntimeError {
  return new RuntimeError(
    ERR_SENDABLE_MODULE,
    `the module of the sendable ${name}() could not be imported on this thread: ${url}: ` +
      `${(cause as { message?: unknown } | null)?.message ?? cause}${hintFor(url, cause)}`,
    { cause },
  );
}

/** What Node says of TypeScript that it cannot load. */
const NO_TYPESCRIPT =
  /^ERR_(UNKNOWN_FILE_EXTENSION|(UNSUPPORTED|INVALID)_TYPESCRIPT_SYNTAX|UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING)$/;

/** What helps where a module cannot be loaded. */
function hintFor(url: string, cause: unknown): string {
  const code = String((cause as { code?: unknown } | null)?.code);
  if (NO_TYPESCRIPT.test(code) && isTypeScript(url)) {
    return (
      ". This thread cannot load that TypeScript: run the built JavaScript, or use Node 22.18 or newer and types " +
      "that can be stripped, or install tsx in the project of the module, and it is used"
    );
  }
  return URL.canParse(url) ? "" : ". The first argument of sendable() is import.meta.url";
}

/** Makes the error for a module that has no such sendable. */
export function notFound(url: string, name: string, known: readonly string[]): RuntimeError {
  const has = known.length === 0 ? "it defines none" : `it defines ${known.join(", ")}`;
  return new RuntimeError(
    ERR_SENDABLE_NOT_FOUND,
    `${url} was imported on this thread and defines no sendable named ${JSON.stringify(name)}; ${has}. ` +
      "Call sendable() at the top level of its module, on every thread alike: not in a function, nor under a condition",
  );
}

/** Makes the error for an object whose kind is not registered on this thread. */
export function onlyOnce(kind: string): RuntimeError {
  return new RuntimeError(
    ERR_INVALID_ARG,
    `a ${kind} is given away by being sent, and this value is read by several threads: send it through a channel ` +
      "whose values are received once",
  );
}

/** Makes the error for an object of a kind that this thread does not know. */
export function unknownKind(kind: string): RuntimeError {
  return new RuntimeError(
    ERR_SEND_KIND,
    `an object of kind ${JSON.stringify(kind)} came from another thread, and this thread does not know the kind: ` +
      "import the module that calls sendKind() for it from the module of the sendable",
  );
}
