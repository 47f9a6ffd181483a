// An async function of another thread called synchronously, with 64 characters, all threads on one processor.
import { syncCall } from "../lib/sync-call.mjs";

export const scenario = syncCall(64, 200, {
  name: "threads_sync_call_pinned",
  title:
    "an async function called synchronously, 64 characters there and back, all threads on one processor",
  about:
    "Synchronous code calls an async function on another thread and blocks until it has the value, one call after the other.",
  cpus: "0",
});
