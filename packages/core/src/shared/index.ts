/** Shared memory for the packages whose files are algorithms on it. */
export { add, compareExchange, exchange, load, notify, store, wait, waitAsync } from "./atomics.ts";
