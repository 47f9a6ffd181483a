/** The feature flags of a runtime, as types: what is off is a type error to use. */

/** What a runtime may have. */
export interface Features {
  readonly time?: true;
  readonly io?: true;
  readonly signal?: true;
}

/** A runtime that was built with timers. */
export interface WithTime {
  readonly features: { readonly time: true };
}

/** A runtime that was built with signals. */
export interface WithSignal {
  readonly features: { readonly signal: true };
}

/** Nothing enabled: what a new Builder has. */
export type NoFeatures = Record<never, never>;

/** Everything that this version has. */
export interface AllFeatures extends Features {
  readonly time: true;
  readonly io: true;
  readonly signal: true;
}
