/**
 * Objects of a class with parents, made in one go.
 *
 * To make one, V8 calls the constructors up to the root of the classes, where the object is allocated; with three of them it
 * inlines none, and the calls cost more than the object. A function that fills in all fields by itself is inlined, with
 * the allocation, into whoever makes the object. It is worth it where a program makes millions: a fifth of the time to spawn,
 * run and join a task (`npm run bench -- --filter task_spawn_many`).
 */

/**
 * A constructor of `type`'s objects that runs no constructor of `type` or its parents: `fill` writes every field that they would.
 *
 * The class's own constructor stays, for its subclasses; a test compares the fields of both.
 */
export function flat<T, F, A extends unknown[]>(
  type: { readonly prototype: T },
  fill: (this: F, ...args: A) => void,
): new (
  ...args: A
) => T {
  fill.prototype = type.prototype;
  return fill as unknown as new (
    ...args: A
  ) => T;
}
