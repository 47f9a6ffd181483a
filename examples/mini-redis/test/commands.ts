/** Random commands for comparisons: few keys and members, so that they meet, and every kind of mistake. */
import fc from "fast-check";

const key = fc.constantFrom("a", "b", "c");
const word = fc.constantFrom("x", "y", "z", "", "10", "-3", "3.5");
const member = fc.constantFrom("m1", "m2", "m3", "m4", "m5", "m6");
const whole = fc.oneof(
  fc.integer({ min: -5, max: 5 }).map(String),
  fc.constantFrom(
    "9223372036854775807",
    "-9223372036854775808",
    "9007199254740993",
    "x",
    "1.5",
    "",
  ),
);
const index = fc.oneof(fc.integer({ min: -7, max: 7 }).map(String), fc.constantFrom("x", "100"));
/** Halves, which every way of writing numbers shows alike. */
const score = fc.oneof(
  fc.integer({ min: -6, max: 6 }).map((half) => String(half / 2)),
  fc.constantFrom("inf", "-inf", "nan", "x"),
);
const bound = fc.oneof(
  score,
  score.map((text) => `(${text}`),
);

type Words = fc.Arbitrary<readonly string[]>;

function words(...parts: (string | fc.Arbitrary<string> | Words)[]): Words {
  const arbitraries = parts.map((part) =>
    typeof part === "string"
      ? fc.constant([part])
      : (part as fc.Arbitrary<string | readonly string[]>).map((value) =>
          typeof value === "string" ? [value] : value,
        ),
  );
  return fc.tuple(...arbitraries).map((lists) => lists.flat());
}

const some = (one: fc.Arbitrary<string>, max = 3): Words =>
  fc.array(one, { minLength: 1, maxLength: max });
const option = (...all: string[]): Words =>
  fc.subarray(all, { maxLength: Math.min(2, all.length) });

export const COMMANDS_BY_TYPE: Readonly<Record<string, readonly Words[]>> = {
  strings: [
    words("GET", key),
    words("SET", key, word, option("NX", "XX", "GET", "KEEPTTL", "EX", "100", "PX", "0")),
    words("SETNX", key, word),
    words("SETEX", key, whole, word),
    words("GETSET", key, word),
    words("GETDEL", key),
    words("APPEND", key, word),
    words("STRLEN", key),
    words("MGET", some(key)),
    words("MSET", some(key, 4)),
    words(fc.constantFrom("INCR", "DECR"), key),
    words(fc.constantFrom("INCRBY", "DECRBY"), key, whole),
  ],
  keys: [
    words("DEL", some(key)),
    words("EXISTS", some(key)),
    words("TYPE", key),
    words("DBSIZE"),
    words(
      "EXPIRE",
      key,
      fc.constantFrom("100", "200", "-1", "0", "x"),
      option("NX", "XX", "GT", "LT", "QQ"),
    ),
    words("TTL", key),
    words("PERSIST", key),
    words("KEYS", fc.constantFrom("*", "a", "[ab]", "[^a]", "?", "\\a")),
    words("SCAN", fc.constantFrom("0", "x"), option("MATCH", "*", "COUNT", "100", "TYPE", "list")),
    words("SELECT", fc.constantFrom("0", "1", "16", "x")),
    words("FLUSHDB"),
  ],
  lists: [
    words(fc.constantFrom("LPUSH", "RPUSH"), key, some(member)),
    words(fc.constantFrom("LPOP", "RPOP"), key),
    words(fc.constantFrom("LPOP", "RPOP"), key, index),
    words("LRANGE", key, index, index),
    words("LINDEX", key, index),
    words("LLEN", key),
  ],
  sets: [
    words("SADD", key, some(member)),
    words("SREM", key, some(member)),
    words("SMEMBERS", key),
    words("SCARD", key),
    words("SISMEMBER", key, member),
    words("SPOP", key, fc.constantFrom("0", "-1", "100", "x")),
  ],
  hashes: [
    words("HSET", key, some(member, 4)),
    words("HMSET", key, member, word),
    words("HGET", key, member),
    words("HMGET", key, some(member)),
    words("HEXISTS", key, member),
    words("HDEL", key, some(member)),
    words("HGETALL", key),
    words("HLEN", key),
  ],
  "sorted sets": [
    words("ZADD", key, option("NX", "XX", "GT", "LT", "CH", "INCR"), score, member),
    words("ZADD", key, score, member, score, member),
    words("ZADD", key, score),
    words("ZRANGE", key, index, index, option("WITHSCORES", "REV")),
    words("ZRANGE", key, bound, bound, "BYSCORE", option("WITHSCORES", "REV")),
    words(
      "ZRANGE",
      key,
      bound,
      bound,
      "BYSCORE",
      "LIMIT",
      index,
      index,
      option("WITHSCORES", "REV"),
    ),
    words("ZRANGE", key, index, index, "LIMIT", "0", "1"),
    words("ZSCORE", key, member),
    words("ZCARD", key),
    words("ZREM", key, some(member)),
    words("ZPOPMIN", key),
    words("ZPOPMIN", key, index),
  ],
  connection: [
    words("PING", option("x", "y")),
    words("ECHO", word),
    words("SUBSCRIBE", some(key)),
    words("UNSUBSCRIBE", fc.constantFrom([], ["a"], ["a", "b"])),
    words("PSUBSCRIBE", some(key)),
    words("PUNSUBSCRIBE", fc.constantFrom([], ["a"])),
    words("PUBLISH", key, word),
    words("CLIENT", fc.constantFrom("SETNAME", "GETNAME", "FOO"), option("name", "a b")),
    words("HELLO", fc.constantFrom("2", "4", "x")),
    words("RESET"),
    words("CONFIG", fc.constantFrom("GET", "FOO"), option("save")),
    words("FOO", option("x", "y")),
    words("get"),
    words("AUTH", "x"),
  ],
};

/** Any command of these types. */
export function anyCommand(...types: string[]): Words {
  return fc.oneof(...types.flatMap((type) => COMMANDS_BY_TYPE[type] as readonly Words[]));
}
