/** What the report is told of targets; who decides whether they are met is not its business. */

/** A target and what became of it. */
export interface Verdict {
  readonly title: string;
  /** In words, such as `≥ 1.15 × nginx`. */
  readonly target: string;
  /** In words, with its spread; `undefined`: not measured. */
  readonly measured: string | undefined;
  readonly met: boolean | undefined;
}
