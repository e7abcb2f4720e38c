/**
 * Keys of encrypted chunks from the places that a command line names, put together: a file, and texts. Says
 * which places contradict each other, and shows no key.
 */
import { KeyRing } from '../lib/blte/keys.js';
import { readKeys } from '../lib/source/decoding-keys.js';

/** Some keys, and where they are from. */
interface Place {
  readonly name: string;
  readonly ring: KeyRing;
}

/**
 * The keys of all places. The same key in several is no mistake.
 * @param where the texts are from, for messages
 * @throws Error with a message for people: what is wrong, where, and no key
 */
export function joinKeys(
  file: string | undefined,
  texts: readonly string[],
  where: string,
): KeyRing {
  const ofFile = readKeys(file);
  const places: Place[] = [
    ...(file === undefined || ofFile === undefined ? [] : [{ name: file, ring: ofFile }]),
    ...texts.map((text) => ({ name: where, ring: KeyRing.parse(text, where) })),
  ];
  const known = new Map<string, { place: string; key: string }>();
  for (const { name: place, ring } of places) {
    for (const name of ring.names) {
      const key = Buffer.from(ring.find(name) as Uint8Array).toString('hex');
      const before = known.get(name);
      if (before === undefined) known.set(name, { place, key });
      else if (before.key !== key) {
        const both = before.place === place ? place : `${before.place} and ${place}`;
        throw new Error(`${both}: two different keys are called ${name}; leave one out`);
      }
    }
  }
  return KeyRing.parse([...known].map(([name, { key }]) => `${name} ${key}`).join('\n'));
}
