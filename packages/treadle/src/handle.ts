/** The handle: access to a runtime from anywhere, without keeping it. */
import {
  type Async,
  currentRuntime,
  type Future,
  type IntoFuture,
  Slot,
  tryCurrentRuntime,
} from "@treadle/core";
import type { Interest, Registration } from "@treadle/io";
import type { RuntimeMetrics } from "@treadle/metrics";
import { type CurrentThread, EnterGuard } from "@treadle/scheduler";
import {
  type JoinHandle,
  type SendFuture,
  type SpawnBlockingOptions,
  spawnBlockingOn,
  spawnOn,
} from "@treadle/task";
import { blockOn } from "./block-on.ts";
import type { RuntimeFlavor } from "./config.ts";
import { notBuilt } from "./errors.ts";
import { ioModule } from "./subsystems.ts";

/** A reference to a runtime: spawns on it, enters it, reads its metrics. */
export class Handle {
  private readonly scheduler: CurrentThread;
  private readonly reader: RuntimeMetrics;
  /** The name given to the Builder. */
  readonly name: string | undefined;
  private readonly flavor: RuntimeFlavor;

  /** @internal */
  constructor(
    scheduler: CurrentThread,
    name: string | undefined,
    metrics: RuntimeMetrics,
    flavor: RuntimeFlavor,
  ) {
    this.scheduler = scheduler;
    this.name = name;
    this.reader = metrics;
    this.flavor = flavor;
  }

  /**
   * The handle of the runtime that is entered, or whose task runs now.
   *
   * @throws {@link RuntimeError} `ERR_NO_RUNTIME` outside any runtime.
   */
  static current(): Handle {
    return handleSlot.of(currentRuntime("Handle.current()")) as Handle;
  }

  /** The handle of the current runtime, or undefined outside any. */
  static tryCurrent(): Handle | undefined {
    const runtime = tryCurrentRuntime();
    return runtime === null ? undefined : handleSlot.of(runtime);
  }

  /** The runtime's number, unique in this process. */
  get id(): number {
    return this.scheduler.id;
  }

  /** Which scheduler the runtime has. */
  runtimeFlavor(): RuntimeFlavor {
    return this.flavor;
  }

  /** Spawns a task on the runtime, see {@link spawn}; from outside it goes through the inject queue. */
  spawn<T>(f: IntoFuture<T>): JoinHandle<T>;
  spawn<A extends unknown[], T>(f: (...args: A) => Future<T> | Async<T>, ...args: A): JoinHandle<T>;
  spawn<T>(f: IntoFuture<T>, ...args: unknown[]): JoinHandle<T> {
    return spawnOn(this.scheduler, f, args);
  }

  /** Runs a call of a sendable function on the blocking pool, see {@link spawnBlocking}. */
  spawnBlocking<T>(f: SendFuture<T>, options?: SpawnBlockingOptions): JoinHandle<T> {
    return spawnBlockingOn(this.scheduler, f, options);
  }

  /**
   * Blocks this thread until `f` is done, driving the runtime meanwhile; see `Runtime.blockOn`.
   *
   * @remarks On one thread nobody else could drive the runtime, so this does, unlike Tokio's.
   */
  blockOn<T>(f: IntoFuture<T>): T {
    return blockOn(this.scheduler, f);
  }

  /** Makes the runtime current until the guard is released. */
  enter(): EnterGuard {
    return new EnterGuard(this.scheduler);
  }

  /**
   * Registers a non-blocking file descriptor with the runtime; see {@link Registration}.
   *
   * @throws {@link IoError} as the system refuses it; {@link RuntimeError} `ERR_IO_DISABLED`, `ERR_IO_SHUTDOWN`,
   * `ERR_IO_UNAVAILABLE`.
   */
  addSource(fd: number, interest: Interest): Registration {
    return ioModule().ioDriverOf(this.scheduler).addSource(fd, interest);
  }

  /** What the runtime counts. */
  metrics(): RuntimeMetrics {
    return this.reader;
  }

  /** What every pending task waits for. */
  dump(): never {
    throw notBuilt("Handle.dump()", "use metrics() for counts");
  }
}

/** Where a runtime keeps its handle. */
export const handleSlot: Slot<Handle> = new Slot<Handle>("handle");
