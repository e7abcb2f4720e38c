/** What an option of the command is: one row of the table that makes help, checks and documents. */

/** An argument that can't be used; its message says what would be. */
export class UsageError extends Error {}

/** What values an option takes. Sizes may end in k, m or g (powers of 1024), rates in /s as well. */
export type Kind =
  | 'size'
  | 'rate'
  | 'seconds'
  | 'count'
  | 'port'
  | 'workers'
  | 'text'
  | 'flag'
  | 'choice';

/** An option. */
export interface Option {
  readonly name: string;
  readonly alias?: string;
  /** The environment variable that is asked where the option is not given. */
  readonly variable?: string;
  /** Whether it may be given more than once. */
  readonly repeatable?: boolean;
  readonly kind: Kind;
  /** The heading it stands under in the help. */
  readonly group: string;
  readonly text: string;
  /** As it would be given; a flag that is on by default is turned off by `--no-NAME`. */
  readonly default?: string;
  /** What a choice is between. */
  readonly choices?: readonly string[];
}
