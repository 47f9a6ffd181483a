// Connect, one byte to and fro, close: what a connection costs.
import { servers, serversSay } from "../lib/net.mjs";
import { tokioSkips } from "../lib/tokio.mjs";

export const scenario = {
  name: "accept",
  title: "accept, echo one byte, close",
  about:
    "One connection after the other; the load closes each with a reset, so that no ports run out.",
  says: serversSay,
  skips: tokioSkips,
  ops: 1,
  measured: true,
  metrics: {
    wall: { title: "time per connection", unit: "ns" },
    cpu: { title: "server CPU per connection", unit: "ns" },
  },
  goals: [],
  variants: servers(["accept", "1000"]),
};
