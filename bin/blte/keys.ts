/** Keys of encrypted chunks, from the options and the variables that serving has, too. */
import type { KeyRing } from '../../lib/blte/keys.js';
import { joinKeys } from '../key-places.js';
import { KEY_VARIABLE, KEYS_VARIABLE } from './options.js';
import { Trouble } from './trouble.js';

/**
 * All keys. What the command line says of an option takes the place of its variable.
 * @throws Trouble that names the place of what is wrong, and none of its content
 */
export function keysOf(
  file: string | undefined,
  texts: readonly string[] | undefined,
  environment: NodeJS.ProcessEnv,
): KeyRing {
  // An empty variable is none.
  const named = file ?? (environment[KEYS_VARIABLE] || undefined);
  const variable = environment[KEY_VARIABLE] || undefined;
  const keys = texts ?? (variable === undefined ? [] : [variable]);
  const place = file === undefined ? `${KEYS_VARIABLE}: ` : '';
  try {
    return joinKeys(named, keys, texts === undefined ? KEY_VARIABLE : '--key');
  } catch (error) {
    const { message } = error as Error;
    throw new Trouble(message.startsWith('the key file') ? place + message : message);
  }
}
