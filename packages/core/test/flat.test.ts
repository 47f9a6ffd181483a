/** Objects made without the constructors of their classes. */
import { expect, test } from "vitest";
import { flat } from "../src/index.ts";

class Base {
  protected readonly first: number;
  constructor(first: number) {
    this.first = first;
  }
}

class Derived extends Base {
  readonly second: string;
  constructor(first: number, second: string) {
    super(first);
    this.second = second;
  }
  both(): string {
    return `${this.first} ${this.second}`;
  }
}

test("an object made flat is one of the class and its parents, and no constructor of theirs ran", () => {
  const FlatDerived = flat<Derived, { first: number; second: string }, [number, string]>(
    Derived,
    function (first, second) {
      this.first = first + 1;
      this.second = second;
    },
  );
  const made = new FlatDerived(1, "a");
  expect(made).toBeInstanceOf(Derived);
  expect(made).toBeInstanceOf(Base);
  expect(made.constructor).toBe(Derived);
  expect(made.both()).toBe("2 a");
  expect(new Derived(1, "a").both()).toBe("1 a");
});
