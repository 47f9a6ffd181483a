/** Which signal: a name and its number, one object each. */
import { constants } from "node:os";
import { invalidArg } from "@treadle/core";
import { binding } from "@treadle/io";

const known = new Map<number, SignalKind>();
const names = new Map<number, string>();
for (const [name, signum] of Object.entries(constants.signals)) {
  // Of several names of one signal the first is the usual one.
  if (!names.has(signum)) names.set(signum, name);
}

/**
 * A kind of signal.
 *
 * @remarks There is one object for each signal, so kinds can be compared with `===` and be keys of a Map. A kind can name
 * a signal that `signal()` then refuses.
 * @example
 * ```ts
 * import { SignalKind } from "treadle";
 *
 * SignalKind.interrupt() === SignalKind.fromName("SIGINT"); // => true
 * SignalKind.interrupt().name; // => "SIGINT"
 * ```
 */
export class SignalKind {
  private readonly signum: number;

  private constructor(signum: number) {
    this.signum = signum;
  }

  /**
   * The kind with a number of the system's.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` for what is no whole number of 32 bits.
   */
  static fromRaw(signum: number): SignalKind {
    if (typeof signum !== "number" || (signum | 0) !== signum) {
      throw invalidArg("the number of a signal", signum, "must be a whole number of 32 bits");
    }
    let kind = known.get(signum);
    if (kind === undefined) {
      kind = new SignalKind(signum);
      known.set(signum, kind);
    }
    return kind;
  }

  /**
   * The kind with a name of Node's, as "SIGTERM".
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` for a name that this platform does not know.
   */
  static fromName(name: NodeJS.Signals): SignalKind {
    const signum = Object.hasOwn(constants.signals, name) ? constants.signals[name] : undefined;
    if (signum === undefined) {
      throw invalidArg(
        "the name of a signal",
        name,
        `must be one of ${process.platform}, as "SIGTERM"`,
      );
    }
    return SignalKind.fromRaw(signum);
  }

  /**
   * The real-time signal `SIGRTMIN + n`; loads the native addon, which knows where they begin.
   *
   * @throws {@link RuntimeError} `ERR_INVALID_ARG` where there is no such signal; `ERR_IO_UNAVAILABLE` without the addon.
   */
  static realTime(n: number): SignalKind {
    const first = binding().sigrtmin();
    const count = first < 0 ? 0 : binding().sigrtmax() - first + 1;
    if (!Number.isInteger(n) || n < 0 || n >= count) {
      const rule =
        count === 0 ? `has no values on ${process.platform}` : `must be from 0 to ${count - 1}`;
      throw invalidArg("n of SignalKind.realTime()", n, rule);
    }
    return SignalKind.fromRaw(first + n);
  }

  /** SIGALRM: a timer of the system's has expired. */
  static alarm(): SignalKind {
    return SignalKind.fromName("SIGALRM");
  }

  /** SIGCHLD: a child process has changed its state. */
  static child(): SignalKind {
    return SignalKind.fromName("SIGCHLD");
  }

  /** SIGHUP: the terminal is gone; by custom, a daemon reads its configuration again. */
  static hangup(): SignalKind {
    return SignalKind.fromName("SIGHUP");
  }

  /** SIGINFO, on BSD and macOS: the terminal asks for a status. */
  static info(): SignalKind {
    return SignalKind.fromName("SIGINFO" as NodeJS.Signals);
  }

  /** SIGINT: Ctrl-C. */
  static interrupt(): SignalKind {
    return SignalKind.fromName("SIGINT");
  }

  /** SIGIO: a descriptor is ready. */
  static io(): SignalKind {
    return SignalKind.fromName("SIGIO");
  }

  /** SIGPIPE: a write to what nobody reads; Node ignores it. */
  static pipe(): SignalKind {
    return SignalKind.fromName("SIGPIPE");
  }

  /** SIGQUIT: Ctrl-\. */
  static quit(): SignalKind {
    return SignalKind.fromName("SIGQUIT");
  }

  /** SIGTERM: asked to end. */
  static terminate(): SignalKind {
    return SignalKind.fromName("SIGTERM");
  }

  /** SIGUSR1: starts Node's inspector, unless it is taken over, see {@link SignalOptions}. */
  static userDefined1(): SignalKind {
    return SignalKind.fromName("SIGUSR1");
  }

  /** SIGUSR2: free for programs. */
  static userDefined2(): SignalKind {
    return SignalKind.fromName("SIGUSR2");
  }

  /** SIGWINCH: the terminal's size has changed. */
  static windowChange(): SignalKind {
    return SignalKind.fromName("SIGWINCH");
  }

  /** The number that the system knows it by. */
  asRawValue(): number {
    return this.signum;
  }

  /** The name, as "SIGTERM"; the number where it has none. */
  get name(): string {
    return names.get(this.signum) ?? `signal ${this.signum}`;
  }

  /** As {@link SignalKind.name}. */
  toString(): string {
    return this.name;
  }
}

/** The kind that an argument names. */
export function kindOf(kind: SignalKind | NodeJS.Signals | number): SignalKind {
  if (kind instanceof SignalKind) return kind;
  if (typeof kind === "number") return SignalKind.fromRaw(kind);
  if (typeof kind === "string") return SignalKind.fromName(kind);
  throw invalidArg(
    "kind of signal()",
    kind,
    "must be a SignalKind, a name or a number of a signal",
  );
}
