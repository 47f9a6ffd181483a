// The other side of synckit's call.
import { runAsWorker } from "synckit";

runAsWorker(async (value) => value);
