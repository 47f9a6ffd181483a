/** All commands. */
import type { Command } from "../command.ts";
import { CONNECTION_COMMANDS } from "./connection.ts";
import { HASH_COMMANDS } from "./hashes.ts";
import { KEY_COMMANDS } from "./keys.ts";
import { LIST_COMMANDS } from "./lists.ts";
import { PUB_SUB_COMMANDS } from "./pub-sub.ts";
import { SERVER_COMMANDS } from "./server.ts";
import { SET_COMMANDS } from "./sets.ts";
import { SORTED_SET_COMMANDS } from "./sorted-sets.ts";
import { STRING_COMMANDS } from "./strings.ts";

export const COMMANDS: readonly Command[] = [
  ...CONNECTION_COMMANDS,
  ...STRING_COMMANDS,
  ...KEY_COMMANDS,
  ...LIST_COMMANDS,
  ...SET_COMMANDS,
  ...HASH_COMMANDS,
  ...SORTED_SET_COMMANDS,
  ...PUB_SUB_COMMANDS,
  ...SERVER_COMMANDS,
];
