/** Keys of encrypted chunks, from a file, the command line and the environment. No message has one in it. */
import fs from 'node:fs';
import { KeyRing } from '../../lib/blte/keys.js';
import { KEYS_VARIABLE } from './options.js';
import { Trouble, trouble } from './trouble.js';

/** The largest file of keys that is read, in octets: some 20,000 of them. */
const MOST_OCTETS = 1_048_576;

/** All keys. @throws Trouble that names the place of what is wrong, and none of its content */
export function readKeys(file: string | undefined, texts: readonly string[]): KeyRing {
  const places: [text: string, where: string][] = texts.map((text) => [text, '--key']);
  if (file !== undefined) places.push([textOf(file), file]);
  const variable = process.env[KEYS_VARIABLE];
  if (variable !== undefined) places.push([variable, KEYS_VARIABLE]);
  const lines = places.flatMap(([text, where]) => {
    const ring = parsed(text, where);
    return ring.names.map((name) => `${name} ${hex(ring.find(name) as Uint8Array)}`);
  });
  // The same key in two places is no mistake.
  return parsed([...new Set(lines)].join('\n'), 'the keys of all places');
}

function parsed(text: string, where: string): KeyRing {
  try {
    return KeyRing.parse(text, where);
  } catch (error) {
    throw new Trouble((error as Error).message);
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function textOf(file: string): string {
  try {
    const { size } = fs.statSync(file);
    if (size > MOST_OCTETS) {
      throw new Trouble(`the key file ${file} has ${size} octets; ${MOST_OCTETS} are the most`);
    }
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw trouble(`the key file ${file}`, error, 'read');
  }
}
