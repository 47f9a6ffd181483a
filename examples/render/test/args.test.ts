import { describe, expect, it } from "vitest";
import { parseCommand } from "../src/args.ts";

const options = (...args: string[]) => {
  const command = parseCommand(args);
  if (command.kind !== "run") throw new Error(JSON.stringify(command));
  return command.options;
};

describe("the command line of render", () => {
  it("has a default for everything", () => {
    expect(options()).toMatchObject({
      job: { scene: "mandelbrot", width: 960, height: 540, samples: 16, seed: 1 },
      output: "mandelbrot.png",
      tile: 32,
      quiet: false,
    });
  });

  it("takes a scene, a size and a number of threads", () => {
    const { job, threads, output } = options("spheres", "-s", "30x20", "-t", "3", "-o", "a.png");
    expect([job.scene, job.width, job.height, threads, output]).toEqual([
      "spheres",
      30,
      20,
      3,
      "a.png",
    ]);
  });

  it.each([
    [["moon"], "there is no scene 'moon'"],
    [["spheres", "mandelbrot"], "'mandelbrot' is too many"],
    [["--size", "0x10"], "not '0x10'"],
    [["--size", "10"], "not '10'"],
    [["--threads", "0"], "not '0'"],
    [["--tile", "two"], "not 'two'"],
    [["--colour"], "unknown option '--colour'"],
    [["--output", ""], "needs the name of a file"],
  ])("refuses %j and says why", (args, text) => {
    const command = parseCommand(args);
    expect(command.kind).toBe("wrong");
    expect(command.kind === "wrong" && command.message).toContain(text);
  });
});
