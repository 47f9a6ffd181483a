// One connection that sends 64 bytes and waits for them to come back: the round trip.
import { servers, serversSay } from "../lib/net.mjs";
import { tokioSkips } from "../lib/tokio.mjs";

export const scenario = {
  name: "echo_1",
  title: "TCP echo, one connection, 64 bytes",
  about:
    "Each message wakes a server that sleeps, on a processor that may have gone to sleep with it.",
  says: serversSay,
  skips: tokioSkips,
  ops: 1,
  measured: true,
  metrics: {
    p50: { title: "round trip p50", unit: "ns" },
    p99: { title: "round trip p99", unit: "ns" },
    cpu: { title: "server CPU per message", unit: "ns" },
  },
  goals: [
    { metric: "p50", against: "native", atMost: 1 },
    { metric: "p99", against: "native", atMost: 1 },
  ],
  variants: servers(["echo", "1", "64", "1000"]),
};
