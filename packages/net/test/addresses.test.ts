import { SocketAddress } from "node:net";
import { networkInterfaces } from "node:os";
import { lookupHost, SocketAddr } from "@treadle/net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ipOfHost } from "../src/host.ts";
import { addressesIn } from "../src/hosts.ts";
import { formatIpv4, formatIpv6, type Ipv6Words, parseIpv4, parseIpv6 } from "../src/ip.ts";

const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
/** Words with runs of zeros, which is where the texts differ. */
const part = fc.oneof(fc.constant(0), fc.nat(0xffff), word);
const v6: fc.Arbitrary<Ipv6Words> = fc.tuple(part, part, part, part);

describe("IP addresses", () => {
  test("IPv4 texts are read as they are written", () => {
    fc.assert(fc.property(word, (ip) => parseIpv4(formatIpv4(ip)) === ip));
    expect(formatIpv4(0x7f000001)).toBe("127.0.0.1");
  });

  test("IPv6 texts are read as they are written, and as Node writes them", () => {
    fc.assert(
      fc.property(v6, (ip) => {
        const text = formatIpv6(ip);
        expect(parseIpv6(text)?.map((each) => each | 0)).toEqual(ip.map((each) => each | 0));
        const long = ip.map((each) => (each >>> 0).toString(16).padStart(8, "0")).join("");
        const { address } = new SocketAddress({
          family: "ipv6",
          address: (long.match(/.{4}/g) as string[]).join(":"),
        });
        if (!address.includes(".")) expect(text).toBe(address);
      }),
    );
  });

  test("what is no address is told apart", () => {
    const none = ["", "1.2.3", "1.2.3.256", "1.2.3.04", "1.2.3.4.5", "a.b.c.d", " 1.2.3.4"];
    for (const text of none) expect(parseIpv4(text)).toBe(undefined);
    const no6 = ["", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::"];
    for (const text of [...no6, "1:2:3:4:5:6:7::8", "::1.2.3", "1.2.3.4::"]) {
      expect(parseIpv6(text), text).toBe(undefined);
    }
    expect(parseIpv6("::ffff:1.2.3.4")).toEqual([0, 0, 0xffff, 0x01020304]);
  });
});

describe("a SocketAddr", () => {
  test("is read from its text, zone included", () => {
    for (const text of ["127.0.0.1:80", "[::1]:65535", "[fe80::1%3]:0"]) {
      expect(String(SocketAddr.parse(text))).toBe(text);
    }
    expect(SocketAddr.parse("[fe80::1%3]:0").scopeId).toBe(3);
  });

  test("refuses what is none", () => {
    const wrong = [
      "localhost:1",
      "::1:80",
      "127.0.0.1",
      "127.0.0.1:70000",
      "[127.0.0.1]:80",
      ":80",
    ];
    for (const text of wrong) {
      expect(() => SocketAddr.parse(text), text).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG" }),
      );
    }
    for (const port of [-1, 65_536, 1.5, Number.NaN]) {
      expect(() => new SocketAddr("::", port)).toThrow("must be a whole number from 0 to 65535");
    }
  });

  test("goes through the system's words and back", () => {
    for (const text of ["1.2.3.4:5", "[1:2:3:4:5:6:7:8]:9", "[fe80::ff%7]:1"]) {
      const address = SocketAddr.parse(text);
      address.toWords();
      expect(SocketAddr.fromWords()?.equals(address)).toBe(true);
    }
  });

  test("is equal to another of the same parts only", () => {
    const address = new SocketAddr("::1", 80);
    expect(address.equals(new SocketAddr("0:0::1", 80))).toBe(true);
    for (const other of [address.withPort(81), new SocketAddr("::1", 80, { scopeId: 1 })]) {
      expect(address.equals(other)).toBe(false);
    }
  });
});

/** What was thrown, as "CODE: text". */
const refusal = (f: () => unknown): string => {
  try {
    return `taken: ${String(f())}`;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  }
};
const numbers = "host must be four numbers from 0 to 255 without leading zeros";
const ipv6 = 'host must be an IPv6 address, like "::1"';
const zone = "the zone of the address must be the number or the name of an interface";

describe("an address that no name server should be asked for", () => {
  test.each([
    ["256.1.1.1:80", numbers],
    ["1.2.3:80", numbers],
    ["1.2.3.4.5:80", numbers],
    ["1.2.3.04:80", numbers],
    ["1.2.3.4.:80", numbers],
    ["1..3.4:80", numbers],
    ["...:80", numbers],
    ["2130706433:80", numbers],
    ["0x7f.1:80", numbers],
    ["0x7F000001:80", numbers],
    ["[zz]:80", ipv6],
    ["[]:80", ipv6],
    ["[127.0.0.1]:80", ipv6],
    ["[localhost]:80", ipv6],
    ["[1:2:3]:80", ipv6],
    ["[::1::]:80", ipv6],
    ["[%1]:80", ipv6],
    ["[fe80::1%]:80", zone],
    ["[fe80::1%1%2]:80", zone],
    ["[fe80::1%no-such-interface]:80", zone],
    ["[fe80::1%..]:80", zone],
    ["[fe80::1%4294967296]:80", zone],
    ["1.2.3.4%1:80", "host must be an IP address or a host name"],
    ["a host:80", "host must be an IP address or a host name"],
    ["localhost\0:80", "host must be an IP address or a host name"],
    ["me@localhost:80", "host must be an IP address or a host name"],
    ["1.2.3.4:99999", "port must be a whole number from 0 to 65535; it was given 99999"],
    ["localhost:123456789", "port must be a whole number from 0 to 65535"],
    ["[::1]:65536", "port must be a whole number from 0 to 65535"],
    ["::1:80", "the address must have its IPv6 address in brackets"],
    ["http://localhost:80", 'the address must be like "host:port" or "[::1]:80"'],
    ["[::1]", 'the address must be like "host:port"'],
    ["[::1]x:80", 'the address must be like "host:port"'],
    ["x[::1]:80", 'the address must be like "host:port"'],
    ["localhost", 'the address must be like "host:port"'],
    ["localhost:", 'the address must be like "host:port"'],
    ["localhost:-1", 'the address must be like "host:port"'],
    ["localhost: 80", 'the address must be like "host:port"'],
    [":80", 'the address must be like "host:port"'],
    ["", 'the address must be like "host:port"'],
  ])("%j is refused at once", (text, why) => {
    const said = refusal(() => lookupHost(text));
    expect(said).toContain(`ERR_INVALID_ARG: ${why}`);
    expect(refusal(() => SocketAddr.parse(text))).toMatch(/^ERR_INVALID_ARG: /);
  });

  test.each([
    ["256.1.1.1", numbers],
    ["zz:80", ipv6],
    ["[zz]", ipv6],
    ["fe80::1%", zone],
    ["", "host must be an IP address or a host name"],
    [5, "host must be an IP address or a host name"],
  ])("nor is it as the host %j", (host, why) => {
    expect(refusal(() => lookupHost({ host: host as string, port: 80 }))).toContain(why);
  });
});

test("what may be a name is taken for one", () => {
  const names = [
    "localhost",
    "a.b-c_d.example.",
    "1.2.3.4.example",
    "3com.com",
    "xn--bcher-kva",
    "0xg",
    "bücher",
  ];
  for (const name of names) expect(ipOfHost(name), name).toBe(undefined);
});

test("a host may have brackets as in a URL", () => {
  expect(ipOfHost("[::1]")).toEqual(ipOfHost("::1"));
});

test("a zone may be the name of an interface", () => {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    for (const each of addresses) {
      if (each.family !== "IPv6" || each.scopeid === 0) continue;
      expect(SocketAddr.parse(`[fe80::1%${name}]:80`).scopeId).toBe(each.scopeid);
    }
  }
});

test.runIf(process.platform === "linux")("also one that has no address of that kind", () => {
  expect(String(SocketAddr.parse("[fe80::1%lo]:80"))).toBe("[fe80::1%1]:80");
});

describe("the parts of a SocketAddr", () => {
  test("must be numbers of 32 bits, and none for IPv4", () => {
    for (const bad of [-1, 2 ** 32, 1.5, Number.NaN, "1" as never]) {
      for (const key of ["scopeId", "flowInfo"]) {
        expect(refusal(() => new SocketAddr("::1", 80, { [key]: bad }))).toContain(
          `ERR_INVALID_ARG: ${key} must be a whole number from 0 to 4294967295`,
        );
      }
    }
    const four = new SocketAddr("1.2.3.4", 80, { scopeId: 3, flowInfo: 4 });
    expect([four.scopeId, four.flowInfo]).toEqual([0, 0]);
    for (const bad of [null, {}, true]) {
      expect(refusal(() => new SocketAddr(bad as never, 80))).toContain(
        "ip must be an IPv4 or IPv6 address",
      );
    }
  });

  test("of 32 bits go through the system's words", () => {
    const address = new SocketAddr("fe80::1", 80, { scopeId: 2 ** 32 - 1, flowInfo: 2 ** 31 });
    address.toWords();
    expect(SocketAddr.fromWords()).toEqual(address);
  });

  test("are read as they are written", () => {
    const u32 = fc.oneof(fc.constant(0), fc.nat(0xffff_ffff));
    const any = fc.oneof(
      fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(65_535), u32),
      fc.tuple(v6.map(formatIpv6), fc.nat(65_535), u32),
    );
    fc.assert(
      fc.property(any, ([ip, port, scopeId]) => {
        const address = new SocketAddr(ip, port, { scopeId });
        expect(SocketAddr.parse(String(address))).toEqual(address);
      }),
    );
  });

  test("of any text are refused, or written so that they are read the same", () => {
    const digits = fc.nat(70_000).map(String);
    const host = fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6().map((ip) => `[${ip}]`),
      fc.tuple(fc.ipV6(), digits).map(([ip, zone]) => `[${ip}%${zone}]`),
      fc.stringMatching(/^[[\].:%0-9a-fx]{0,12}$/),
    );
    const text = fc
      .tuple(host, fc.constantFrom(":", ":", "::", ""), digits)
      .map((all) => all.join(""));
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (given) => {
        const said = refusal(() => SocketAddr.parse(given));
        if (!said.startsWith("taken: ")) {
          seen.refused++;
          expect(said).toMatch(/^ERR_INVALID_ARG: /);
          return;
        }
        seen.taken++;
        const address = SocketAddr.parse(given);
        expect(SocketAddr.parse(String(address))).toEqual(address);
        expect(String(SocketAddr.parse(String(address)))).toBe(String(address));
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(20);
  });
});

test("the hosts file gives a name its addresses in its order, without comments and doubles", () => {
  const text = [
    "127.0.0.1 localhost me # not.me",
    "# 9.9.9.9 me",
    "::1\tlocalhost ME",
    "127.0.0.1 me",
    "nonsense me",
    "10.0.0.1",
  ].join("\n");
  expect(addressesIn(text, "Me")).toEqual(["127.0.0.1", "::1"]);
  expect(addressesIn(text, "not.me")).toEqual([]);
});
