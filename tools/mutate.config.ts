// Vitest for `mutate-shared.mjs`: the house's preset with one source file changed as the environment says.
import type { ViteUserConfig } from "vitest/config";
import preset from "../vitest.config.ts";

const mutant = JSON.parse(process.env["TREADLE_MUTANT"] ?? "null") as {
  file: string;
  edits: [string, string][];
} | null;

const config: ViteUserConfig = {
  ...preset,
  // The report goes to stdout.
  test: { ...preset.test, outputFile: {} },
  plugins: [
    {
      name: "mutant",
      enforce: "pre",
      transform(code: string, id: string): string | undefined {
        if (mutant === null || !id.endsWith(`/${mutant.file}`)) return undefined;
        return mutant.edits.reduce((text, [from, to]) => text.replace(from, () => to), code);
      },
    },
  ],
};

export default config;
