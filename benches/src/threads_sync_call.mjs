// An async function of another thread called synchronously, with 64 characters, on two processors.
import { syncCall } from "../lib/sync-call.mjs";

export const scenario = syncCall(64, 200, {
  name: "threads_sync_call",
  title: "an async function called synchronously, 64 characters there and back, on two processors",
  about:
    "Synchronous code calls an async function on another thread and blocks until it has the value, one call after the other.",
  cpus: "0,1",
});
