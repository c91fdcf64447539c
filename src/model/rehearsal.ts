/** What carrying a plan out against a copy of the organisation in memory showed. */
export interface Rehearsal {
  /** `proved`: everything went as planned and forecast, and nothing was left to do. */
  readonly verdict: 'proved' | 'differs';
  /** Operations of the plan. */
  readonly operations: number;
  /** Held operations, which were carried out as if the plan were approved. */
  readonly held: number;
  /** Calls to the target, its reads among them. */
  readonly calls: { readonly forecast: number; readonly made: number };
  /** Minutes on the copy's own clock, at the configured quota. */
  readonly minutes: { readonly forecast: number; readonly taken: number };
  /** Operations that a second plan still holds. */
  readonly left: number;
  /** What was not as planned or forecast, one sentence each. */
  readonly differences: readonly string[];
}
