/** Waiting for Ctrl-C. */
import { type Awaitable, Leaf, type Poll } from "@treadle/core";
import { SignalKind } from "./signal-kind.ts";
import { type SignalStream, signal } from "./signal-stream.ts";

/** The future of {@link ctrlC}: NEW until its first poll, then it has a stream until it answers or is dropped. */
class CtrlC extends Leaf<void> {
  private stream: SignalStream | null = null;
  private wait: Awaitable<void> | null = null;

  protected override poll(): Poll<void> {
    if (this.wait === null) {
      this.stream = signal(SignalKind.interrupt());
      this.wait = this.stream.recv();
    }
    const answer = this.wait.next();
    if (answer.done) this.drop();
    return answer;
  }

  protected override drop(): void {
    this.wait?.return?.();
    this.stream?.close();
    this.wait = null;
    this.stream = null;
  }
}

/**
 * Waits for Ctrl-C (SIGINT) once, from the first poll on.
 *
 * @remarks When it is ready or dropped and nobody else listens, Ctrl-C ends the process again: pressing it a second time
 * stops a program whose clean-up hangs. To take every Ctrl-C keep one `signal("SIGINT")` instead. **Cancel safety**: safe.
 * **Errors**, when polled: as {@link signal}.
 * @example
 * ```ts
 * import { Builder, ctrlC, select, sleep } from "treadle";
 *
 * const runtime = Builder.newCurrentThread().enableAll().build();
 * runtime.blockOn(function* () {
 *   const first = yield* select({ stopped: ctrlC(), done: sleep(1) });
 *   return first.key;
 * }); // => "done"
 * ```
 */
export function ctrlC(): Awaitable<void> {
  return new CtrlC();
}
