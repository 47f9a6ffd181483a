/** IP addresses as texts and as words of 32 bits. */

/** The word of an IPv4 address; undefined when the text is none. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let word = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    word = (word << 8) | Number(part);
  }
  return word;
}

/** The text of an IPv4 address. */
export function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** Four words of an IPv6 address. */
export type Ipv6Words = readonly [number, number, number, number];

/** The words of an IPv6 address, without a zone; undefined when the text is none. */
export function parseIpv6(text: string): Ipv6Words | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0] as string, halves.length === 1);
  if (halves.length === 1) return head?.length === 8 ? wordsOf(head) : undefined;
  const tail = groupsOf(halves[1] as string, true);
  if (head === undefined || tail === undefined || head.length + tail.length > 7) return undefined;
  const middle = new Array<number>(8 - head.length - tail.length).fill(0);
  return wordsOf([...head, ...middle, ...tail]);
}

/** The number of an IP address; undefined when the text is none. */
export function parseIp(text: string): number | Ipv6Words | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** The groups of one side of "::"; the last may be an IPv4 address. */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [at, part] of parts.entries()) {
    if (last && at === parts.length - 1 && part.includes(".")) {
      const word = parseIpv4(part);
      if (word === undefined) return undefined;
      groups.push(word >>> 16, word & 0xffff);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups.length <= 8 ? groups : undefined;
}

function wordsOf(groups: readonly number[]): Ipv6Words {
  const word = (at: number): number =>
    ((groups[2 * at] as number) << 16) | (groups[2 * at + 1] as number);
  return [word(0), word(1), word(2), word(3)];
}

/** The text of an IPv6 address, as RFC 5952 wants it. */
export function formatIpv6(words: Ipv6Words): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${formatIpv4(words[3])}`;
  }
  const [start, length] = longestZeros(groups);
  const texts = groups.map((group) => group.toString(16));
  if (length < 2) return texts.join(":");
  return `${texts.slice(0, start).join(":")}::${texts.slice(start + length).join(":")}`;
}

function longestZeros(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  let start = 0;
  for (let at = 0; at <= groups.length; at++) {
    if (groups[at] === 0) continue;
    if (at - start > best[1]) best = [start, at - start];
    start = at + 1;
  }
  return best;
}
