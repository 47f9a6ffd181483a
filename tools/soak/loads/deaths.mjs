// A worker that dies now and then, in the middle of what the others do.
import { sendable, sleep } from "treadle";

export const die = sendable(import.meta.url, function* die(ms) {
  yield* sleep(ms);
  process.exit(3);
});
