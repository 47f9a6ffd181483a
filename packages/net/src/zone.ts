/** Zones of IPv6 addresses: the interface that a link-local address is meant for, by number or by name. */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { invalidArg } from "@treadle/core";

const MAX_U32 = 0xffff_ffff;

/**
 * The number of the interface that a zone names.
 *
 * @throws {@link RuntimeError} `ERR_INVALID_ARG` when it names none.
 */
export function scopeOf(zone: string): number {
  const number = /^\d+$/.test(zone) ? Number(zone) : indexOf(zone);
  if (number !== undefined && number <= MAX_U32) return number;
  const rule = "must be the number or the name of an interface of this machine";
  throw invalidArg("the zone of the address", zone, rule);
}

/** A field of 32 bits, or the error that it is none. */
export function checkU32(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= MAX_U32) return value;
  throw invalidArg(name, value, `must be a whole number from 0 to ${MAX_U32}`);
}

function indexOf(name: string): number | undefined {
  return /^[^/\0]*[^./\0][^/\0]*$/.test(name)
    ? (fromSystem(name) ?? fromAddresses(name))
    : undefined;
}

/** Linux has the number of each interface in a file. */
function fromSystem(name: string): number | undefined {
  try {
    const index = Number.parseInt(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8"), 10);
    return index > 0 ? index : undefined;
  } catch {
    return undefined;
  }
}

/** Elsewhere the link-local address of an interface has it. */
function fromAddresses(name: string): number | undefined {
  const interfaces = networkInterfaces();
  const addresses = Object.hasOwn(interfaces, name) ? (interfaces[name] ?? []) : [];
  for (const each of addresses) {
    if (each.family === "IPv6" && each.scopeid > 0) return each.scopeid;
  }
  return undefined;
}
