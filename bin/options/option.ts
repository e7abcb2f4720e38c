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
  /** Other names, the one of a letter first. */
  readonly alias?: string | readonly string[];
  readonly kind: Kind;
  /** The heading it stands under in the help. */
  readonly group: string;
  readonly text: string;
  /** As it would be given; a flag that is on by default is turned off by `--no-NAME`. */
  readonly default?: string;
  /** What stands for its value where options are listed; for `FILE` shells complete names of files. */
  readonly value?: string;
  /** What a choice is between. */
  readonly choices?: readonly string[];
  /** One letter that turns a flag off which is on by default. */
  readonly offAlias?: string;
  /** Its value is shown nowhere: not by `--print-config`, not in what is said of a mistake. */
  readonly secret?: true;
  /** An option that takes its place: where that is given, only the command line can name this one. */
  readonly unless?: string;
  /** A variable of the environment that others know, asked after {@link variableOf}'s. */
  readonly variable?: string;
  /** It makes the command print something and end: it is asked for on the command line alone. */
  readonly once?: true;
  /** What it means without a value. */
  readonly alone?: string;
  /** Whether it may be given several times; all of them count. */
  readonly repeatable?: true;
}

/** The variable of the environment that stands for an option: `SLUICE_MAX_AGE` for `max-age`. */
export function variableOf(name: string): string {
  return `SLUICE_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** All names of an option but the first, those of one letter in front. */
export function aliasesOf({ alias = [] }: Option): readonly string[] {
  return [alias].flat();
}

/** Whether a flag is on where nothing is said. */
export function isOnByDefault({ kind, default: preset }: Option): boolean {
  return kind === 'flag' && preset === 'true';
}
