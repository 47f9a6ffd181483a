import { SocketAddress } from "node:net";
import { SocketAddr } from "@treadle/net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
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
