/**
 * From the options about decoding to what files are served with. Keys are tried here, so that what is wrong is
 * told once and by its option, before there are any workers.
 */
import { KeyRing } from '../lib/blte/keys.js';
import { resolveLimits } from '../lib/blte/limits.js';
import type { ServeDirectoryOptions } from '../lib/compose.js';
import type { DecodedFormat, Verify } from '../lib/source/decoding-choices.js';
import { joinKeys } from './key-places.js';
import { messageOf } from './limit-names.js';
import { DECODING_LIMITS } from './options/decoding.js';
import { UsageError } from './options/option.js';

/** What these options are, as given. */
export interface DecodingValues {
  /** `undefined`: nothing is decoded. */
  readonly format: DecodedFormat | undefined;
  readonly keyFile: string | undefined;
  readonly keys: readonly string[];
  readonly verify: Verify;
  readonly maxSize: number;
  readonly maxChunkSize: number;
  readonly maxChunks: number;
}

type DecodingOptions = Pick<
  ServeDirectoryOptions,
  'decode' | 'keyFile' | 'keys' | 'verify' | 'decodeLimits'
>;

/** @throws UsageError naming the option, what is wrong and the way out; no message has a key in it */
export function decodingOptions(given: DecodingValues): DecodingOptions {
  const { format, keyFile, keys, verify, maxSize, maxChunkSize, maxChunks } = given;
  const decodeLimits = { maxSize, maxChunkSize, maxChunks };
  try {
    resolveLimits(decodeLimits);
  } catch (error) {
    throw new UsageError(messageOf(error as Error, DECODING_LIMITS));
  }
  // Keys that nobody asked to decode with may be those of another command.
  if (format !== undefined) {
    tried(() => keys.map((key) => KeyRing.parse(key, KEY)));
    tried(() => joinKeys(keyFile, keys, KEY), '--keys (or SLUICE_KEYS): ');
  }
  return {
    ...(format === undefined ? {} : { decode: format }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(keys.length > 0 ? { keys } : {}),
    verify,
    decodeLimits,
  };
}

const KEY = '--key (or SLUICE_KEY)';

function tried(check: () => unknown, before = ''): void {
  try {
    check();
  } catch (error) {
    throw new UsageError(before + (error as Error).message);
  }
}
