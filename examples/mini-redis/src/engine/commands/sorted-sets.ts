/** Commands on sorted sets. */
import type { ByteString } from "../../resp/byte-string.ts";
import { formatScore, parseFloatStrict } from "../../resp/numbers.ts";
import type { Request } from "../../resp/request.ts";
import type { Client } from "../client.ts";
import { type Command, command, ONE_KEY } from "../command.ts";
import { notAFloat, ReplyError, syntaxError } from "../errors.ts";
import { type Scored, SortedSet } from "../sorted-set.ts";
import { added, countArgument, integerArgument, rangeOf, sortedSetAt } from "../values.ts";

/** Words between the key and the scores of a ZADD. */
interface AddOptions {
  nx: boolean;
  xx: boolean;
  gt: boolean;
  lt: boolean;
  ch: boolean;
  incr: boolean;
}

const ADD_WORDS: readonly (keyof AddOptions)[] = ["nx", "xx", "gt", "lt", "ch", "incr"];

function zadd({ database, out }: Client, request: Request): void {
  const options: AddOptions = {
    nx: false,
    xx: false,
    gt: false,
    lt: false,
    ch: false,
    incr: false,
  };
  const first = readAddOptions(request, options);
  const scores = scoresFrom(request, first);
  const key = request.bytesOf(1);
  const found = sortedSetAt(database, key);
  if (found === undefined && options.xx) {
    if (options.incr) out.nil();
    else out.integer(0);
    return;
  }
  const set = found ?? new SortedSet();
  const before = set.size;
  let changed = 0;
  let last: number | undefined;
  for (let index = 0; index < scores.length; index++) {
    const member = request.bytesOf(first + 1 + index * 2);
    const old = set.score(member);
    const score = scoreFor(old, scores[index] as number, options);
    if (score !== undefined && old !== undefined && score !== old) changed++;
    if (score !== undefined) set.set(member, score);
    last = score;
  }
  if (found === undefined && set.size > 0) added(database, key, set);
  const news = set.size - before;
  if (!options.incr) out.integer(options.ch ? news + changed : news);
  else if (last === undefined) out.nil();
  else out.score(last);
}

function readAddOptions(request: Request, options: AddOptions): number {
  let index = 2;
  for (; index < request.count; index++) {
    const word = ADD_WORDS.find((one) => request.is(index, one));
    if (word === undefined) break;
    options[word] = true;
  }
  checkAddOptions(options, request.count - index);
  return index;
}

function checkAddOptions(options: AddOptions, rest: number): void {
  if (rest === 0 || rest % 2 !== 0) throw syntaxError();
  if (options.nx && options.xx) {
    throw new ReplyError("ERR XX and NX options at the same time are not compatible");
  }
  if (Number(options.gt) + Number(options.lt) + Number(options.nx) > 1) {
    throw new ReplyError("ERR GT, LT, and/or NX options at the same time are not compatible");
  }
  if (options.incr && rest > 2) {
    throw new ReplyError("ERR INCR option supports a single increment-element pair");
  }
}

/** All scores are read before anything is changed. */
function scoresFrom(request: Request, first: number): number[] {
  const scores: number[] = [];
  for (let index = first; index < request.count; index += 2) {
    scores.push(scoreArgument(request, index));
  }
  return scores;
}

function scoreArgument(request: Request, index: number): number {
  const whole = request.integer(index);
  if (Number.isSafeInteger(whole)) return whole;
  const score = parseFloatStrict(request.bytesOf(index));
  if (Number.isNaN(score)) throw notAFloat();
  return score;
}

/** The member's score from now on; undefined when the options leave it as it is. */
function scoreFor(
  old: number | undefined,
  given: number,
  { nx, xx, gt, lt, incr }: AddOptions,
): number | undefined {
  if (old === undefined) return xx ? undefined : given;
  if (nx) return undefined;
  const score = incr ? old + given : given;
  if (Number.isNaN(score)) throw new ReplyError("ERR resulting score is not a number (NaN)");
  return (gt && score <= old) || (lt && score >= old) ? undefined : score;
}

/** Words behind the bounds of a ZRANGE. */
interface RangeOptions {
  byScore: boolean;
  rev: boolean;
  withScores: boolean;
  offset: number;
  /** Below 0: all. */
  limit: number;
  hasLimit: boolean;
}

function zrange({ database, out }: Client, request: Request): void {
  const options = rangeOptions(request);
  const bounds = options.byScore ? scoreBounds(request, options.rev) : undefined;
  const first = bounds === undefined ? integerArgument(request, 2) : 0;
  const last = bounds === undefined ? integerArgument(request, 3) : -1;
  const set = sortedSetAt(database, request.bytesOf(1)) ?? new SortedSet();
  const found =
    bounds === undefined ? byRank(set, first, last, options.rev) : byScore(set, bounds, options);
  out.array(options.withScores ? found.length * 2 : found.length);
  for (const { member, score } of found) {
    out.bulk(member);
    if (options.withScores) out.score(score);
  }
}

function rangeOptions(request: Request): RangeOptions {
  const options: RangeOptions = {
    byScore: false,
    rev: false,
    withScores: false,
    offset: 0,
    limit: -1,
    hasLimit: false,
  };
  for (let index = 4; index < request.count; index++) {
    if (request.is(index, "byscore")) options.byScore = true;
    else if (request.is(index, "rev")) options.rev = true;
    else if (request.is(index, "withscores")) options.withScores = true;
    else if (request.is(index, "limit") && index + 2 < request.count) {
      options.hasLimit = true;
      options.offset = integerArgument(request, ++index);
      options.limit = integerArgument(request, ++index);
    } else throw syntaxError();
  }
  if (options.hasLimit && !options.byScore) {
    throw new ReplyError(
      "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
    );
  }
  return options;
}

function byRank(set: SortedSet, first: number, last: number, rev: boolean): Scored[] {
  const { start, stop } = rangeOf(first, last, set.size);
  if (!rev) return set.slice(start, stop);
  return set.slice(set.size - 1 - stop, set.size - 1 - start).reverse();
}

/** A bound of a range of scores. */
interface Bound {
  readonly score: number;
  /** Written with "(". */
  readonly isOpen: boolean;
}

interface Bounds {
  readonly min: Bound;
  readonly max: Bound;
}

function scoreBounds(request: Request, rev: boolean): Bounds {
  const min = bound(request.bytesOf(rev ? 3 : 2));
  const max = bound(request.bytesOf(rev ? 2 : 3));
  return { min, max };
}

function bound(text: ByteString): Bound {
  const isOpen = text.startsWith("(");
  const score = parseFloatStrict(isOpen ? text.slice(1) : text);
  if (Number.isNaN(score)) throw new ReplyError("ERR min or max is not a float");
  return { score, isOpen };
}

function byScore(set: SortedSet, { min, max }: Bounds, options: RangeOptions): Scored[] {
  const start = set.countBelow(min.score, min.isOpen);
  const stop = set.countBelow(max.score, !max.isOpen) - 1;
  const { rev, offset, limit } = options;
  if (start > stop || offset < 0) return [];
  const count = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  if (!rev) return set.slice(start + offset, Math.min(stop, start + offset + count - 1));
  return set.slice(Math.max(start, stop - offset - count + 1), stop - offset).reverse();
}

function zscore({ database, out }: Client, request: Request): void {
  const score = sortedSetAt(database, request.bytesOf(1))?.score(request.bytesOf(2));
  if (score === undefined) out.nil();
  else out.score(score);
}

function zcard({ database, out }: Client, request: Request): void {
  out.integer(sortedSetAt(database, request.bytesOf(1))?.size ?? 0);
}

function zrem({ database, out }: Client, request: Request): void {
  const key = request.bytesOf(1);
  const set = sortedSetAt(database, key);
  let count = 0;
  for (let index = 2; set !== undefined && index < request.count; index++) {
    if (set.delete(request.bytesOf(index))) count++;
  }
  if (set?.size === 0) database.delete(key);
  out.integer(count);
}

function zpopmin({ database, out }: Client, request: Request): void {
  if (request.count > 3) throw syntaxError();
  const wanted = request.count === 3 ? countArgument(request, 2) : 1;
  const key = request.bytesOf(1);
  const set = sortedSetAt(database, key) ?? new SortedSet();
  const found = wanted === 0 ? [] : set.slice(0, wanted - 1);
  out.array(found.length * 2);
  for (const { member, score } of found) {
    set.delete(member);
    out.bulk(member);
    out.bulk(formatScore(score));
  }
  if (found.length > 0 && set.size === 0) database.delete(key);
}

export const SORTED_SET_COMMANDS: readonly Command[] = [
  command("zadd", -4, "write denyoom fast", ONE_KEY, zadd),
  command("zrange", -4, "readonly", ONE_KEY, zrange),
  command("zscore", 3, "readonly fast", ONE_KEY, zscore),
  command("zcard", 2, "readonly fast", ONE_KEY, zcard),
  command("zrem", -3, "write fast", ONE_KEY, zrem),
  command("zpopmin", -2, "write fast", ONE_KEY, zpopmin),
];
