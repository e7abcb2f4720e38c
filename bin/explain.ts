/** Errors for people: the thing, the reason, the way out. Of places to listen at: place-errors.ts. */
import { ConfigError } from './config/config-error.js';
import { printable } from './printable.js';

/** What is shown of an error: one line, but for a file with several mistakes. */
export function explain(error: unknown): string {
  // Names of files and folders, and what stands in them, may be anybody's.
  return error instanceof ConfigError ? error.message : printable((error as Error).message);
}
