// A TypeDoc plugin: finds what `{@link Name}` means in another package. TypeScript tells TypeDoc what a link names, but not
// directly behind `@throws`, where it takes the braces for a type.
import { ReflectionKind } from "typedoc";

export function load(app) {
  app.converter.addUnknownSymbolResolver((reference, reflection) => {
    const path = reference.symbolReference?.path;
    if (reference.moduleSource !== undefined || path?.length !== 1) return undefined;
    const target = reflection.project
      .getReflectionsByKind(ReflectionKind.SomeExport)
      .find(({ name, parent }) => name === path[0].path && parent?.kindOf(ReflectionKind.Module));
    return target && { target, caption: target.name };
  });
}
