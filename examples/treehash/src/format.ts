/** Numbers for people. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Stands where a text was cut. */
const CUT = "…";

/** `12345678` as `12,345,678`. */
export function count(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `n` things: `1 file`, `2 files`. */
export function things(n: number, name: string): string {
  return `${count(n)} ${name}${n === 1 ? "" : "s"}`;
}

/** Bytes in decimal units with three digits: `1.23 MB`. */
export function bytes(n: number): string {
  let unit = 0;
  let value = n;
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000;
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** Milliseconds as seconds: `0.512 s`, `12.3 s`, `4:05`, `1:02:03`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 9.9995) return `${seconds.toFixed(3)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  return clock(seconds);
}

/** Seconds as a clock shows them: `0:07`, `4:05`, `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const pad = (n: number): string => n.toString().padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/** Part of a whole: `42 %`. */
export function percent(part: number): string {
  return `${Math.floor(part * 100)} %`;
}

/** Columns of a terminal that a text takes at most: characters beyond the common scripts count as two. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

/** The end of a text, cut at its front to `columns`. */
export function fitEnd(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  if (columns < 1) return "";
  const characters = [...text];
  let left = columns - 1;
  let from = characters.length;
  while (from > 0) {
    left -= columnsOf(characters[from - 1] as string);
    if (left < 0) break;
    from--;
  }
  return `${CUT}${characters.slice(from).join("")}`;
}

function columnsOf(character: string): number {
  return character === CUT || (character.codePointAt(0) as number) < 0x1100 ? 1 : 2;
}
