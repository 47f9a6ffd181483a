// 64 connections that send 64 bytes each and wait for them to come back: what a message costs the server.
import { servers, serversSay } from "../lib/net.mjs";
import { tokioSkips } from "../lib/tokio.mjs";

export const scenario = {
  name: "echo_64",
  title: "TCP echo, 64 connections, 64 bytes",
  about:
    "The load is a C program on the other processor; CPU is that of the server's process, all threads, the kernel's part" +
    " included, which is nearly all of it in C. uWebSockets.js is not among the variants: it is not on the npm registry.",
  says: serversSay,
  skips: tokioSkips,
  ops: 1,
  measured: true,
  metrics: {
    cpu: { title: "server CPU per message", unit: "ns" },
    wall: { title: "time per message", unit: "ns" },
    p50: { title: "round trip p50", unit: "ns" },
    p99: { title: "round trip p99", unit: "ns" },
  },
  goals: [
    { metric: "cpu", against: "bare", atMost: 1.1 },
    { metric: "cpu", of: "treadle-blocking", against: "bare", atMost: 1.03 },
    { metric: "cpu", against: "native", atMost: 0.55 },
  ],
  variants: servers(["echo", "64", "64", "1000"]),
};
