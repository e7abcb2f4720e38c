/** Limits that errors name as programs set them, named by the options that people set. Knows no error by its class. */
import type { BlteLimits } from '../lib/blte/limits.js';

/** Which option sets a limit. */
export type LimitOptions = Readonly<Partial<Record<keyof BlteLimits, string>>>;

/** What an error says; a limit that has an option is called by that. */
export function messageOf(error: Error, options: LimitOptions): string {
  const { message } = error;
  // It may have come from another process, as data.
  const { limit } = error as { limit?: unknown };
  if (typeof limit !== 'string' || !Object.hasOwn(options, limit)) return message;
  // The last one: what stands before it may be the name of a file.
  const at = message.lastIndexOf(limit);
  if (at === -1) return message;
  const option = options[limit as keyof BlteLimits];
  return `${message.slice(0, at)}--${option}${message.slice(at + limit.length)}`;
}
