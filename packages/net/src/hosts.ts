/** The hosts file of the system, which can be read while the thread is blocked. */
import { readFileSync } from "node:fs";
import { parseIp } from "./ip.ts";

const FILE =
  process.platform === "win32"
    ? `${process.env["SystemRoot"] ?? "C:\\Windows"}\\System32\\drivers\\etc\\hosts`
    : "/etc/hosts";

/** The addresses that a text in the format of the hosts file gives a name, in its order. */
export function addressesIn(text: string, name: string): string[] {
  const found: string[] = [];
  const wanted = name.toLowerCase();
  for (const line of text.split("\n")) {
    const [ip = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!names.some((each) => each.toLowerCase() === wanted)) continue;
    if (parseIp(ip) !== undefined && !found.includes(ip)) found.push(ip);
  }
  return found;
}

/** The addresses of a name that need no name server; "localhost" always has some. */
export function knownAddresses(name: string): string[] {
  const found = addressesIn(hostsFile(), name);
  if (found.length > 0 || name.toLowerCase() !== "localhost") return found;
  return ["127.0.0.1", "::1"];
}

function hostsFile(): string {
  try {
    return readFileSync(FILE, "utf8");
  } catch {
    return "";
  }
}
