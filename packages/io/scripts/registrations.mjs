// Registers and deregisters again and again, closes and opens meanwhile, and lets events come for what is gone: nothing may be
// left, neither descriptors nor memory nor waits, and every fresh registration must still hear of its own events.
//
//   node scripts/registrations.mjs [times]       npm run test:registrations: a million
import { readdirSync } from "node:fs";
import { Descriptor, Interest, IoDriver, sys } from "../dist/index.js";

const times = Number(process.argv[2] ?? 1_000_000);
const descriptors = () => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);
const idlePark = { park() {}, unpark() {} };
const driver = new IoDriver({ onReady() {}, idlePark });

function turn() {
  driver.beforePark(false);
  driver.afterPark(true);
}

/** A registration by hand, one that is watched from its first wait on, and one that never is. */
function once(i) {
  const [reader, writer] = sys.pipe();
  const source = driver.addSource(reader, Interest.READABLE);
  const owner = {};
  const descriptor = new Descriptor(writer, owner, driver);
  if (i % 2 === 0) descriptor.watch(2);
  sys.write(writer, Buffer.from("x"));
  if (i % 3 === 0) turn();
  if (i % 1_000 === 0) {
    turn();
    if (source.tryIo(Interest.READABLE, () => sys.read(reader, Buffer.alloc(1))) !== 1) {
      throw new Error(`registration ${i} was not told of its event`);
    }
  }
  source.deregister();
  descriptor.close();
  sys.close(reader);
}

once(0);
const before = descriptors();
const rounds = Math.ceil(times / 2);
for (let i = 1; i <= rounds; i++) once(i);
turn();
const left = descriptors() - before;
const open = driver.fdRegisteredCount() - driver.fdDeregisteredCount();
process.stdout.write(
  `${2 * rounds} registrations, ${open} left, ${left} descriptors left, ${driver.waiting} waits left\n`,
);
process.exitCode = open === 0 && left === 0 && driver.waiting === 0 ? 0 : 1;
driver.shutdown();
