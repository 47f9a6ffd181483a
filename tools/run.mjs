// `node tools/run.mjs [node options] script [arguments]`: set-up if need be, then the script as if it had been called itself,
// in the folder where the user stands.
import { resolve } from "node:path";
import { root, run, setup } from "./setup.mjs";

const at = process.argv.findIndex((argument, index) => index > 1 && !argument.startsWith("-"));
const options = process.argv.slice(2, at);
const [script, ...rest] = process.argv.slice(at);

await setup();
process.exitCode = await run(process.execPath, [...options, resolve(root, script), ...rest], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
