/**
 * The rules of a site as data, named and shaped as serve-handler documents them for `serve.json`. They can be
 * sent to another process; what is made of them can't. Knows neither files nor patterns.
 */
import type { RedirectStatus } from '../redirect.js';

/** Rules for the addresses of a site. Sources are patterns: docs/serve-json.md says of what. */
export interface RulesConfig {
  /** True, or for which paths: pages go by their names without `.html`. False. */
  readonly cleanUrls?: boolean | readonly string[];
  /** True: pages and folders get a slash at their end; false: they lose it. */
  readonly trailingSlash?: boolean;
  readonly rewrites?: readonly Rewrite[];
  readonly redirects?: readonly Redirect[];
  readonly headers?: readonly HeaderRule[];
  /** False, or which folders may be listed. */
  readonly directoryListing?: boolean | readonly string[];
  /** What is left out of listings: names, or paths. */
  readonly unlisted?: readonly string[];
  /** Whether a folder that holds one file only shows it. False. */
  readonly renderSingle?: boolean;
}

/** What answers in place of what is not there. */
export interface Rewrite {
  readonly source: string;
  /** A path of this site, with segments of the source such as `:id`. */
  readonly destination: string;
}

/** Where clients are sent. */
export interface Redirect {
  readonly source: string;
  /** A path of this site or an http or https URL, with segments of the source such as `:id`. */
  readonly destination: string;
  /** 301. */
  readonly type?: RedirectStatus;
}

/** Fields for some files. */
export interface HeaderRule {
  readonly source: string;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
}

/** A rule that can't be used; its message says what would be. */
export class RuleError extends Error {
  /** Where in the rules: property names and indexes. */
  readonly path: readonly (string | number)[];

  constructor(path: readonly (string | number)[], message: string) {
    super(message);
    this.name = 'RuleError';
    this.path = path;
  }
}

/** Most characters of a source or a destination. */
export const LONGEST_TEXT = 1024;

/** Most rules in a list, and most patterns. */
export const MOST_RULES = 1000;
