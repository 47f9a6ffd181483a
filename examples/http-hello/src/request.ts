/** As much of HTTP/1.1 as a greeting needs: where a request ends, whether it is one, and what it is answered. */

/** A request and its answer. */
export interface Handled {
  /** Bytes of the request, its body included. */
  readonly size: number;
  /** Whether the client may go on. */
  readonly keepAlive: boolean;
  readonly reply: string;
}

const HEAD_END = "\r\n\r\n";
const REQUEST_LINE = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/;
const HEADER = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/;
const TEXT = "Hello from Treadle\n";

/** The request that begins at `start`; undefined when it has not come whole, for which there must be room. */
export function nextRequest(
  bytes: Buffer,
  start: number,
  end: number,
  isFull: boolean,
): Handled | undefined {
  const found = bytes.indexOf(HEAD_END, start, "latin1");
  if (found < 0 || found + HEAD_END.length > end) {
    if (isFull) return refused("431 Request Header Fields Too Large");
    return beginsWell(bytes, start, end) ? undefined : refused("400 Bad Request");
  }
  const [first = "", ...lines] = bytes.toString("latin1", start, found).split("\r\n");
  const line = REQUEST_LINE.exec(first);
  const headers = headersOf(lines);
  // Without chunks the length of a body is what Content-Length says.
  if (headers?.has("transfer-encoding")) return refused("501 Not Implemented");
  const length = headers?.get("content-length") ?? "0";
  const isRight = line !== null && headers !== undefined && /^\d{1,9}$/.test(length);
  if (!isRight || (line[3] === "1" && !headers.has("host"))) return refused("400 Bad Request");
  const size = found + HEAD_END.length - start + Number(length);
  if (start + size > end) return isFull ? refused("413 Content Too Large") : undefined;
  const keepAlive = wantsMore(line[3] === "0", headers.get("connection")?.toLowerCase());
  return { size, keepAlive, reply: greeting(line[1] === "HEAD", keepAlive) };
}

function wantsMore(isOld: boolean, wish: string | undefined): boolean {
  return isOld ? wish === "keep-alive" : wish !== "close";
}

/** By their names in lower case; undefined when one is malformed. */
function headersOf(lines: readonly string[]): Map<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const each of lines) {
    const header = HEADER.exec(each);
    if (header === null) return undefined;
    headers.set((header[1] as string).toLowerCase(), header[2] as string);
  }
  return headers;
}

/** Whether what has come may become a request. */
function beginsWell(bytes: Buffer, start: number, end: number): boolean {
  const lineEnd = bytes.indexOf("\n", start);
  if (lineEnd < 0 || lineEnd >= end) return true;
  return REQUEST_LINE.test(bytes.toString("latin1", start, lineEnd - 1));
}

function greeting(isHead: boolean, keepAlive: boolean): string {
  return (
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" +
    `Content-Length: ${TEXT.length}\r\nConnection: ${keepAlive ? "keep-alive" : "close"}\r\n\r\n` +
    (isHead ? "" : TEXT)
  );
}

function refused(status: string): Handled {
  const reply = `HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
  return { size: 0, keepAlive: false, reply };
}
