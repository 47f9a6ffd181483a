// A TypeDoc plugin. It finds what `{@link Name}` means in another package: TypeScript tells TypeDoc what a link names, but not
// directly behind `@throws`, where it takes the braces for a type. And it calls a page by its heading, not by its file.
import { Converter, ReflectionKind } from "typedoc";

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    const heading = /^# (.+)$/m.exec(page.content.map(({ text }) => text).join(""));
    if (heading !== null) page.name = heading[1];
  });
  app.converter.addUnknownSymbolResolver((reference, reflection) => {
    const path = reference.symbolReference?.path;
    if (reference.moduleSource !== undefined || path?.length !== 1) return undefined;
    const target = reflection.project
      .getReflectionsByKind(ReflectionKind.SomeExport)
      .find(({ name, parent }) => name === path[0].path && parent?.kindOf(ReflectionKind.Module));
    return target && { target, caption: target.name };
  });
}
