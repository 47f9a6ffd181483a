/** What a command is, and the table in which it is found. */
import { hashOfWord, type Request } from "../resp/request.ts";
import type { Client } from "./client.ts";

/** A command; `COMMAND` shows all but `run`. */
export interface Command {
  /** Lower case; "config|get" for the second word of a command of two words. */
  readonly name: string;
  /** How many arguments, the name included; -3 for three or more. */
  readonly arity: number;
  /** Words for clients: "readonly", "write", "fast", "pubsub". */
  readonly flags: readonly string[];
  /** Which arguments are keys: first, last (-1 is the last argument), step. */
  readonly keys: readonly [first: number, last: number, step: number];
  /** The second words of a command of two words. */
  readonly seconds: CommandTable | null;
  /** Writes one reply, or throws a `ReplyError`. */
  readonly run: (client: Client, request: Request) => void;
}

/** A row of the command table. */
export function command(
  name: string,
  arity: number,
  flags: string,
  keys: readonly [number, number, number],
  run: (client: Client, request: Request) => void,
): Command {
  return { name, arity, flags: flags.split(" "), keys, seconds: null, run };
}

/** A row of two words: `run` is for a request of the first word alone, where there may be one. */
export function family(
  name: string,
  flags: string,
  seconds: readonly Command[],
  run?: (client: Client, request: Request) => void,
): Command {
  const arity = run === undefined ? -2 : -1;
  const first = command(name, arity, flags, NO_KEYS, run ?? (() => {}));
  return { ...first, seconds: new CommandTable(seconds) };
}

/** No keys. */
export const NO_KEYS = [0, 0, 0] as const;
/** The first argument is the key. */
export const ONE_KEY = [1, 1, 1] as const;
/** All arguments are keys. */
export const ALL_KEYS = [1, -1, 1] as const;

const SLOTS = 1024;

/** Finds commands by the bytes of a request, without making a string of them. */
export class CommandTable {
  readonly all: readonly Command[];
  private readonly slots: (Command | null)[];
  private readonly words: string[];

  constructor(commands: readonly Command[]) {
    this.all = commands;
    this.slots = new Array<Command | null>(SLOTS).fill(null);
    this.words = new Array<string>(SLOTS).fill("");
    for (const one of commands) {
      const word = one.name.slice(one.name.indexOf("|") + 1);
      const slot = this.freeSlot(word);
      this.slots[slot] = one;
      this.words[slot] = word;
    }
  }

  private freeSlot(word: string): number {
    let slot = slotOf(hashOfWord(word));
    while (this.slots[slot] !== null) slot = (slot + 1) & (SLOTS - 1);
    return slot;
  }

  /** The command that an argument names, in whatever case. */
  find(request: Request, index: number): Command | null {
    let slot = slotOf(request.hash(index));
    for (;;) {
      const found = this.slots[slot] as Command | null;
      if (found === null || request.is(index, this.words[slot] as string)) return found;
      slot = (slot + 1) & (SLOTS - 1);
    }
  }
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 10)) & (SLOTS - 1);
}
