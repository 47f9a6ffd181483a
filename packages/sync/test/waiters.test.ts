import fc from "fast-check";
import { expect, test } from "vitest";
import { type Linked, unlink, WaitList } from "../src/waiters.ts";

class Node implements Linked {
  before: Linked | null = null;
  after: Linked | null = null;
  readonly id: number;
  constructor(id: number) {
    this.id = id;
  }
}

const contents = (list: WaitList<Node>): number[] => {
  const ids: number[] = [];
  for (let at: Linked | null = list.after; at !== list; at = (at as Linked).after) {
    expect((at as Linked).after?.before).toBe(at);
    ids.push((at as Node).id);
  }
  return ids;
};

test("a node is unlinked without knowing its list, and once", () => {
  const list = new WaitList<Node>();
  const [a, b] = [new Node(1), new Node(2)];
  list.push(a);
  list.push(b);
  expect([unlink(a), unlink(a)]).toEqual([true, false]);
  expect([list.head(), list.pop(), list.shift(), list.isEmpty()]).toEqual([b, b, null, true]);
});

test("random pushes, takes, unlinks and moves between two lists agree with arrays", () => {
  const command = fc.record({
    do: fc.constantFrom("push", "shift", "pop", "unlink", "append", "takeAll"),
    on: fc.nat(1),
    n: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const lists = [new WaitList<Node>(), new WaitList<Node>()];
      let arrays: number[][] = [[], []];
      const nodes: Node[] = [];
      for (const { do: what, on, n } of commands) {
        const list = lists[on] as WaitList<Node>;
        const array = arrays[on] as number[];
        if (what === "push") {
          nodes.push(new Node(nodes.length));
          list.push(nodes.at(-1) as Node);
          array.push(nodes.length - 1);
        } else if (what === "shift") expect(list.shift()?.id).toBe(array.shift());
        else if (what === "pop") expect(list.pop()?.id).toBe(array.pop());
        else if (what === "unlink" && nodes.length > 0) {
          const id = n % nodes.length;
          expect(unlink(nodes[id] as Node)).toBe(arrays.some((a) => a.includes(id)));
          arrays = arrays.map((a) => a.filter((other) => other !== id));
        } else if (what === "append") {
          list.append(lists[1 - on] as WaitList<Node>);
          array.push(...(arrays[1 - on] as number[]).splice(0));
        } else if (what === "takeAll") lists[on] = list.takeAll();
        expect(lists.map(contents)).toEqual(arrays);
      }
    }),
    { numRuns: 300 },
  );
});
