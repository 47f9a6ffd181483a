// examples/mini-redis under redis-benchmark, beside the same server on node:net and Redis itself.
import { COMMANDS, DEPTHS, noRedisBenchmark, noRedisServer, redisServers } from "../lib/redis.mjs";

const each = COMMANDS.flatMap((command) => DEPTHS.map((depth) => ({ command, depth })));

export const scenario = {
  name: "mini_redis",
  title: "examples/mini-redis under redis-benchmark, 50 clients, per request",
  about:
    "redis-benchmark sends SET and GET from the other processor, one request at a time on each connection and 16 at a time." +
    " With one at a time the client is as busy as the server, so that the CPU of the server says more than the time.",
  says: {
    treadle: "the example, a task for each connection",
    native: "the same commands and parser on `node:net`",
    redis: "redis-server, written in C, nothing kept on disk",
  },
  skip: noRedisBenchmark,
  skips: noRedisServer,
  settings: { idleWarmupMs: 500, budgetMs: 4000 },
  ops: 1,
  measured: true,
  samples: 2,
  rounds: 2,
  metrics: Object.fromEntries(
    each.flatMap(({ command, depth }) => {
      const name = `${command.toUpperCase()}, ${depth} at a time`;
      return [
        [`${command}${depth}`, { title: `${name}: time`, unit: "ns" }],
        [`${command}${depth}cpu`, { title: `${name}: server CPU`, unit: "ns" }],
      ];
    }),
  ),
  goals: each.flatMap(({ command, depth }) => [
    { metric: `${command}${depth}`, against: "native", faster: 2 },
    { metric: `${command}${depth}cpu`, against: "native", faster: 2, info: true },
  ]),
  variants: redisServers,
};
