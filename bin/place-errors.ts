/**
 * Why a place can't be listened at, with who named it: whoever set HOST years ago does not look for a
 * `--host`. Loaded only once that happened.
 */
import type { Choices } from './choices.js';

/** What the system says beside its code. */
interface ListenError extends NodeJS.ErrnoException {
  readonly port?: number;
  readonly address?: string;
  readonly hostname?: string;
}

/** The error to show: the one that was given, where it is about no place. */
export function placeError(given: unknown, choices: Choices): unknown {
  const error = given as ListenError;
  const message = messageOf(error, choices);
  return message === undefined ? given : new Error(message, { cause: error });
}

function messageOf({ code, port, ...error }: ListenError, choices: Choices): string | undefined {
  if ((code === 'EADDRINUSE' || code === 'EACCES') && port !== undefined) {
    const option = optionOf(choices, 'port', `${port}`);
    return code === 'EADDRINUSE'
      ? `port ${port} is in use; ${wayOut(choices, option, 'take another')}, or 0 for a free one`
      : `port ${port} may not be used by this user; ${wayOut(choices, option, 'take one above 1023')}`;
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    const address = error.address ?? error.hostname ?? '';
    const option = optionOf(choices, 'host', address);
    const way = wayOut(choices, option, 'name one it has');
    return `this machine has no address ${address}; ${way}, such as 127.0.0.1`;
  }
  return undefined;
}

/** Which option named it. The place of metrics tells of itself. */
function optionOf(choices: Choices, kind: 'port' | 'host', text: string): string {
  const places = [choices.get('listen')?.value ?? []].flat().map(String);
  return places.some((place) => place.includes(text)) ? 'listen' : kind;
}

function wayOut(choices: Choices, option: string, take: string): string {
  const { origin } = choices.get(option) ?? { origin: 'none' };
  const isElsewhere = origin !== 'none' && origin !== 'default' && !origin.startsWith('--');
  return isElsewhere ? `${origin} names it: ${take}` : `${take} with --${option}`;
}
