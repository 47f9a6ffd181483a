// The one table of who may import whom: a package imports only from floors below its own.

/** What each package may import of the others, by folder name; "*" stands for all packages. */
const floors = {
  // 0
  core: [],
  // 1
  task: ["core"],
  sync: ["core"],
  time: ["core"],
  io: ["core"],
  metrics: ["core"],
  // 2
  net: ["core", "task", "io"],
  signal: ["core", "io"],
  blocking: ["core", "task", "metrics"],
  // 3
  fs: ["core", "io", "blocking"],
  scheduler: ["core", "task", "metrics"],
  // 4
  treadle: [
    "core",
    "task",
    "sync",
    "time",
    "io",
    "metrics",
    "net",
    "signal",
    "blocking",
    "fs",
    "scheduler",
  ],
  // Beside the house: loom checks the floors, console watches a whole runtime.
  loom: ["core"],
  console: ["*"],
};

/** The files whose algorithms run on shared memory; extend deliberately. */
const sharedMemoryFiles = [
  "state",
  "queue",
  "inject",
  "shared",
  "hand-off",
  "idle",
  "park",
  "atomics-park",
  "counters",
  "worker",
  "worker-metrics",
  "shutdown",
  "registry",
  "scheduled-io",
  "entry",
  "multi-thread",
];

const floorRules = Object.entries(floors)
  .filter(([, below]) => !below.includes("*"))
  .map(([name, below]) => ({
    name: `floor-${name}`,
    comment: `${name} may import ${below.length > 0 ? below.join(", ") : "no other package"}.`,
    severity: "error",
    from: { path: `^packages/${name}/`, pathNot: "^packages/[^/]+/test/model/" },
    to: { path: "^packages/", pathNot: `^packages/(${[name, ...below].join("|")})/` },
  }));

/** Model tests use loom beside what their package may import. */
const modelTestRules = Object.entries(floors)
  .filter(([, below]) => !below.includes("*"))
  .map(([name, below]) => ({
    name: `model-tests-${name}`,
    comment: `The model tests of ${name} may import loom, ${[name, ...below].join(", ")}.`,
    severity: "error",
    from: { path: `^packages/${name}/test/model/` },
    to: { path: "^packages/", pathNot: `^packages/(${["loom", name, ...below].join("|")})/` },
  }));

export default {
  forbidden: [
    ...floorRules,
    ...modelTestRules,
    {
      name: "unknown-package",
      comment: "Every package has its floor in this file.",
      severity: "error",
      from: { path: "^packages/", pathNot: `^packages/(${Object.keys(floors).join("|")})/` },
      to: {},
    },
    {
      name: "only-by-name",
      comment: "Another package is imported by its name, never by a path.",
      severity: "error",
      from: { path: "^(packages/[^/]+|examples/[^/]+|benches)/" },
      to: { path: "^packages/", pathNot: "^$1/", dependencyTypes: ["local"] },
    },
    {
      name: "only-through-exports",
      comment: "Another package is entered only through the entries that its `exports` name.",
      severity: "error",
      from: { path: "^(packages/[^/]+|examples/[^/]+|benches)/" },
      to: {
        path: "^packages/[^/]+/",
        pathNot: ["^$1/", "^packages/[^/]+/(src|dist)/(shared/)?index\\.(ts|js)$"],
      },
    },
    {
      name: "not-upwards",
      comment:
        "No package knows the examples, the benches or the docs; its tests may use the test tools.",
      severity: "error",
      from: { path: "^packages/" },
      to: {
        path: "^(examples|benches|docs|tools)/",
        pathNot: ["^tools/(conforms|test-[a-z-]+)\\.ts$"],
      },
    },
    {
      name: "test-tools-in-tests",
      comment: "What a package ships does not use the test tools.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { path: "^tools/" },
    },
    {
      name: "shared-memory-door",
      comment: "@treadle/core/shared is for files that hold an algorithm on shared memory.",
      severity: "error",
      from: {
        path: "^packages/[^/]+/src/",
        pathNot: [
          "^packages/(core|loom)/",
          `/(${sharedMemoryFiles.join("|")})\\.ts$`,
          `/(${sharedMemoryFiles.join("|")})/[^/]+\\.ts$`,
        ],
      },
      to: { path: "^packages/core/(src|dist)/shared/" },
    },
    {
      name: "no-circular",
      comment: "Imports at run time form no ring.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "declared",
      comment: "What a workspace imports stands in its own package.json (tests: or in the root's).",
      severity: "error",
      from: { path: "^(packages|examples)/[^/]+/src/|^benches/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev", "unknown"] },
    },
    {
      name: "resolvable",
      comment: "Every import leads somewhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "/dist/"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@treadle/source", "import", "node", "types", "default"],
      extensions: [".ts", ".mjs", ".js", ".json"],
    },
  },
};
