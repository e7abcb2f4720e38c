/**
 * Names that a file system takes for other names: what hides a file, or says what it is, looks at the
 * name that was asked for. Pure, so that every system's rules are tested on all; what no system can serve,
 * such as a backslash or a colon, lib/site/path.ts refuses before.
 */
import type { ResourcePath } from './source.js';

/** Whether a path has a name in it under which its system would find something else. */
export type NameRule = (path: ResourcePath) => boolean;

/**
 * Windows' rules. Which of them it applies hangs on how a name comes to it; here all hold, always:
 * - dots and blanks at the end are cut off: `.env.` and `.env ` are `.env`
 * - `CON`, `NUL`, `COM1` and the like are devices, in every folder and with every extension
 * - `SECRET~1.TXT` is the short name of a longer one, which may begin with a dot
 * - the rest can't be in a name, or is a wildcard
 */
const WINDOWS: readonly RegExp[] = [
  /[. ](?:\/|$)/,
  /\/(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\xb9\xb2\xb3]) *(?:\.[^/]*)?(?=\/|$)/i,
  /\/[^/.]{1,6}~[0-9]{1,6}(?:\.[^/.]{0,3})?(?=\/|$)/,
  /[\x00-\x1f"*:<>?|\\]/,
];

/** macOS' older file system, HFS+, leaves out these characters: what looks so is a name with a dot before it. */
const MACOS: readonly RegExp[] = [/\/[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]+\./];

/** The rule of a system; `undefined`: every name is what it says. */
export function nameRule(platform: NodeJS.Platform): NameRule | undefined {
  if (platform === 'win32') return matching(WINDOWS);
  if (platform === 'darwin') return matching(MACOS);
  return undefined;
}

function matching(patterns: readonly RegExp[]): NameRule {
  return (path) => path !== '/' && patterns.some((pattern) => pattern.test(path));
}

/**
 * Where on the disk a path leads.
 * @param root with a separator at its end
 * @param separator the system's
 */
export function locate(root: string, path: ResourcePath, separator: string): string {
  const below = path.slice(1);
  return root + (separator === '/' ? below : below.replaceAll('/', separator));
}
