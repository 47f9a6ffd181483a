// The smallest task with an argument and a result that depends on it; the sum of all results shows that none was lost.

export const oddOf = (i) => 2 * i + 1;

export function* work(i) {
  return oddOf(i);
}

/** What the tasks 0, 1, ... `count` - 1 return together. */
export const sumOf = (count) => count * count;
