import {
  type Async,
  type Awaitable,
  fn,
  join,
  lookupHost,
  sleep,
  TcpListener,
  TcpStream,
  UdpSocket,
  UnixAddr,
  UnixListener,
} from "treadle";
import { describe, expect, test } from "vitest";
import { ioRuntime } from "./support/io.ts";
import { bytesOf, inBoth, tcpStreams } from "./support/net.ts";
import { thrownBy } from "./support/runtimes.ts";

/** What a future fails with. */
const caught = fn(function* caught(future: Awaitable<unknown>): Async<unknown> {
  try {
    yield* future;
  } catch (error) {
    return error;
  }
  return undefined;
});

describe("addresses", () => {
  test("are tried in their order until one answers", () =>
    inBoth(function* (): Async<void> {
      const gone = yield* TcpListener.bind("127.0.0.1:0");
      const nobody = gone.localAddr();
      gone.close();
      using listener = yield* TcpListener.bind(["127.0.0.1:0"]);
      const { port } = listener.localAddr();
      using stream = yield* TcpStream.connect([nobody, { host: "127.0.0.1", port }]);
      expect(stream.peerAddr().port).toBe(port);
      // The second is taken, so the third is bound.
      using other = yield* TcpListener.bind([`127.0.0.1:${port}`, "127.0.0.1:0"]);
      expect(other.localAddr().port).not.toBe(port);
    }));

  test("without a host mean all of this machine when binding, IPv4 and IPv6, and this machine when connecting", () =>
    inBoth(function* (): Async<void> {
      using listener = yield* TcpListener.bind(0);
      const { port, ip } = listener.localAddr();
      expect(ip).toBe("::");
      for (const to of [port, { port }, `127.0.0.1:${port}`, `[::1]:${port}`]) {
        const [client, [server]] = yield* join(TcpStream.connect(to), listener.accept());
        client.close();
        server.close();
      }
      using only = yield* TcpListener.bind({ host: "::", port: 0 }, { ipv6Only: true });
      const refused = yield* caught(TcpStream.connect(`127.0.0.1:${only.localAddr().port}`));
      expect(refused).toMatchObject({ code: "ECONNREFUSED" });
    }));

  test("that are none are refused at the call", () => {
    const rt = ioRuntime();
    using _ = rt.enter();
    const wrong: unknown[] = ["nohost", ":80", "host:", "host:99999", "::1:80", -1, 1.5, null, {}];
    for (const each of [...wrong, { host: "", port: 1 }, { host: 5, port: 1 }, "[::1%none]:1"]) {
      expect(
        thrownBy(() => TcpStream.connect(each as string)),
        String(each),
      ).toMatchObject({
        code: "ERR_INVALID_ARG",
      });
    }
    expect(thrownBy(() => new UnixAddr("a\0b")).code).toBe("ERR_INVALID_ARG");
    expect(thrownBy(() => UnixListener.bind("")).code).toBe("ERR_INVALID_ARG");
    expect(thrownBy(() => UnixListener.bind("x".repeat(108))).message).toContain("at most");
    for (const backlog of [-1, 0.5, Number.NaN]) {
      expect(thrownBy(() => TcpListener.bind(0, { backlog })).code).toBe("ERR_INVALID_ARG");
    }
    rt.shutdownBackground();
  });

  test("with a name that only node:dns knows fail at once inside blockOn, and are asked for otherwise", async () => {
    const rt = ioRuntime();
    const name = "treadle.invalid:80";
    expect(thrownBy(() => rt.blockOn(lookupHost(name))).code).toBe("ERR_LOOKUP_BLOCKED");
    await expect(rt.run(TcpStream.connect(name))).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
      hostname: "treadle.invalid",
    });
    expect(thrownBy(() => rt.blockOn(lookupHost([]))).code).toBe("ERR_NO_ADDRESS");
    await rt.shutdownTimeout(1_000);
  });
});

test("several listeners share a port if all of them ask for it, and the system spreads the connections", () =>
  inBoth(function* (): Async<void> {
    using first = yield* TcpListener.bind("127.0.0.1:0", { reusePort: true });
    const address = first.localAddr();
    expect(yield* caught(TcpListener.bind(address))).toMatchObject({ code: "EADDRINUSE" });
    using second = yield* TcpListener.bind(address, { reusePort: true });
    const clients: TcpStream[] = [];
    for (let i = 0; i < 64; i++) clients.push(yield* TcpStream.connect(address));
    for (const listener of [first, second]) {
      const [stream] = yield* listener.accept();
      stream.close();
    }
    for (const client of clients) client.close();
  }));

test("a message to a multicast group comes to who has joined it, until they leave", () =>
  inBoth(function* (): Async<void> {
    using receiver = yield* UdpSocket.bind("0.0.0.0:0", { reuseAddr: true });
    using sender = yield* UdpSocket.bind("127.0.0.1:0");
    sender.setMulticastInterfaceV4("127.0.0.1");
    receiver.joinMulticastV4("239.255.77.77", "127.0.0.1");
    expect(thrownBy(() => receiver.joinMulticastV4("239.255.77.77", "127.0.0.1"))).toMatchObject({
      code: "EADDRINUSE",
      address: "239.255.77.77",
    });
    const to = `239.255.77.77:${receiver.localAddr().port}`;
    yield* sender.sendTo(bytesOf("all"), to);
    expect((yield* receiver.recvFrom(new Uint8Array(8)))[0]).toBe(3);
    receiver.leaveMulticastV4("239.255.77.77", "127.0.0.1");
    expect(thrownBy(() => receiver.joinMulticastV6("::1"))).toBeInstanceOf(Error);
    expect(thrownBy(() => receiver.joinMulticastV4("::1")).code).toBe("ERR_INVALID_ARG");
  }));

test("a connection is kept alive with the times that were given, rounded up to seconds", () =>
  inBoth(function* (): Async<void> {
    const [client, server] = yield* tcpStreams();
    client.setKeepalive({ time: 1_500, interval: 700, retries: 3 });
    expect([client.keepalive(), client.takeError()]).toEqual([true, null]);
    client.setKeepalive(false);
    expect(client.keepalive()).toBe(false);
    client.setTtl(9);
    expect(client.ttl()).toBe(9);
    for (const wrong of [-1, Number.NaN]) {
      expect(thrownBy(() => client.setKeepalive({ time: wrong })).code).toBe("ERR_INVALID_ARG");
      expect(thrownBy(() => client.setLinger(wrong)).code).toBe("ERR_INVALID_ARG");
    }
    client.close();
    server.close();
    yield* sleep(0);
  }));

test("a buffer that is none, or was given away, is refused: it would read as the end of the stream", () =>
  inBoth(function* (): Async<void> {
    const [a, b] = yield* tcpStreams();
    const gone = new Uint8Array(8);
    structuredClone(gone, { transfer: [gone.buffer] });
    for (const buffer of [undefined, null, "text", gone] as never[]) {
      expect(() => a.read(buffer)).toThrow(expect.objectContaining({ code: "ERR_INVALID_ARG" }));
      expect(() => a.writeAll(buffer)).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_ARG" }),
      );
    }
    expect(yield* a.read(new Uint8Array(0))).toBe(0);
    a.close();
    b.close();
  }));
