/**
 * Encrypted chunks (mode E): which key they name, and their content decrypted in place. Knows neither
 * where keys are from nor what is encrypted.
 *
 *     body = 8 name 4*4iv / 8*8iv algorithm ciphertext     ; the name is a u64, little-endian
 */
import { salsa20 } from '@noble/ciphers/salsa.js';
import type { Place } from './error.js';
import type { KeyRing } from './keys.js';
import { TURN, type Turns } from './turns.js';

const NAME_LENGTH = 8;
const NONCE_LENGTH = 8;
const SALSA20 = 0x53;
const ARC4 = 0x41;
/** Salsa20 makes its stream in blocks of so many octets. */
const BLOCK = 64;

/** What stands before the ciphertext. */
interface Envelope {
  readonly name: string;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
}

/**
 * Decrypts a chunk; `body` is what follows its mode, and is written over.
 * @throws BlteError where that can't be done, with the name of a key that is missing
 */
export async function decrypt(
  body: Buffer,
  place: Place,
  keys: KeyRing | undefined,
  turns: Turns,
): Promise<Buffer> {
  const { name, nonce, ciphertext } = openEnvelope(body, place);
  const key = keys?.find(name);
  if (key === undefined) throw place.error(`it is encrypted with the key ${name}, not known here`);
  for (let at = 0; at < ciphertext.length; at += TURN) {
    const part = ciphertext.subarray(at, at + TURN);
    salsa20(key, nonce, part, part, at / BLOCK);
    const pause = turns.spend(part.length);
    if (pause !== undefined) await pause;
  }
  return ciphertext;
}

function openEnvelope(body: Buffer, place: Place): Envelope {
  const nameLength = body[0];
  if (nameLength !== NAME_LENGTH) {
    throw place.error(`the name of its key has ${nameLength ?? 'no'} octets instead of 8`);
  }
  const ivAt = 1 + NAME_LENGTH + 1;
  const ivLength = body[ivAt - 1];
  if (ivLength !== 4 && ivLength !== 8) {
    throw place.error(`its initialization vector has ${ivLength ?? 'no'} octets instead of 4 or 8`);
  }
  const algorithm = body[ivAt + ivLength];
  if (algorithm === undefined) throw place.error('it ends before its algorithm');
  if (algorithm === ARC4) throw place.error('it is encrypted with ARC4, which is not supported');
  if (algorithm !== SALSA20) {
    const number = `0x${algorithm.toString(16).padStart(2, '0')}`;
    throw place.error(`it is encrypted with the unknown algorithm ${number}`);
  }
  // The chunk's place among its like is in the nonce, so that no two have the same key stream.
  const nonce = Buffer.alloc(NONCE_LENGTH);
  body.copy(nonce, 0, ivAt, ivAt + ivLength);
  nonce.writeUInt32LE((nonce.readUInt32LE(0) ^ place.chunk) >>> 0, 0);
  return {
    name: body.readBigUInt64LE(1).toString(16).padStart(16, '0').toUpperCase(),
    nonce,
    ciphertext: body.subarray(ivAt + ivLength + 1),
  };
}
