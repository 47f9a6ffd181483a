/** The errors that a command answers with, in the words of Redis. */

/** Ends a command; its message is the reply. */
export class ReplyError extends Error {
  override readonly name: string = "ReplyError";
}

export function wrongType(): ReplyError {
  return new ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value");
}

export function wrongArguments(command: string): ReplyError {
  return new ReplyError(`ERR wrong number of arguments for '${command}' command`);
}

export function unknownSubcommand(given: string, command: string): ReplyError {
  return new ReplyError(`ERR unknown subcommand '${given}'. Try ${command.toUpperCase()} HELP.`);
}

export function syntaxError(): ReplyError {
  return new ReplyError("ERR syntax error");
}

export function notAnInteger(): ReplyError {
  return new ReplyError("ERR value is not an integer or out of range");
}

export function notPositive(): ReplyError {
  return new ReplyError("ERR value is out of range, must be positive");
}

export function notAFloat(): ReplyError {
  return new ReplyError("ERR value is not a valid float");
}

/** The longest time to live, in ms: beyond, the moment would not fit into 64 bits. */
export const MAX_TTL = 9_223_370_000_000_000_000;

export function invalidExpire(command: string): ReplyError {
  return new ReplyError(`ERR invalid expire time in '${command}' command`);
}
