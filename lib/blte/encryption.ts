/**
 * Encrypted chunks (mode E): which key they name, and their content encrypted and decrypted in place. Knows
 * neither where keys are from nor what is encrypted.
 *
 *     body = 8 name 4*4iv / 8*8iv algorithm ciphertext     ; the name is a u64, little-endian
 */
import { salsa20 } from '@noble/ciphers/salsa.js';
import type { Place } from './error.js';
import { type KeyRing, MissingKeyError } from './keys.js';
import { TURN, type Turns } from './turns.js';

const NAME_LENGTH = 8;
const NONCE_LENGTH = 8;
const IV_AT = 1 + NAME_LENGTH + 1;
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
  if (key === undefined) {
    const turned = Buffer.from(name, 'hex').reverse().toString('hex').toUpperCase();
    const isTurned = keys?.find(turned) !== undefined;
    const way = isTurned
      ? `${turned} is, the same octets the other way round`
      : 'give it with the keys';
    const said = `it is encrypted with the key ${name}, not known here; ${way}`;
    throw place.error(said, new MissingKeyError(name));
  }
  await salsa(key, nonce, ciphertext, turns);
  place.key = name;
  return ciphertext;
}

/** What a chunk is encrypted with. */
export interface Secret {
  readonly key: Uint8Array;
  /** Of the key: 16 hexadecimal digits, as a KeyRing has it. */
  readonly name: string;
  /** 4 or 8 octets. */
  readonly iv: Uint8Array;
}

/** The body of a mode E chunk. @param index of the chunk among its like; `text` is copied */
export async function encrypt(
  text: Uint8Array,
  { key, name, iv }: Secret,
  index: number,
  turns: Turns,
): Promise<Buffer> {
  const textAt = IV_AT + iv.length + 1;
  const body = Buffer.allocUnsafeSlow(textAt + text.length);
  body[0] = NAME_LENGTH;
  body.writeBigUInt64LE(BigInt(`0x${name}`), 1);
  body[IV_AT - 1] = iv.length;
  body.set(iv, IV_AT);
  body[textAt - 1] = SALSA20;
  body.set(text, textAt);
  await salsa(key, nonceOf(iv, index), body.subarray(textAt), turns);
  return body;
}

/** Encrypts or decrypts in place: both are the same. */
async function salsa(
  key: Uint8Array,
  nonce: Uint8Array,
  octets: Uint8Array,
  turns: Turns,
): Promise<void> {
  for (let at = 0; at < octets.length; at += TURN) {
    const part = octets.subarray(at, at + TURN);
    salsa20(key, nonce, part, part, at / BLOCK);
    const pause = turns.spend(part.length);
    if (pause !== undefined) await pause;
  }
}

/** The chunk's place among its like is in the nonce, so that no two have the same key stream. */
function nonceOf(iv: Uint8Array, index: number): Buffer {
  const nonce = Buffer.alloc(NONCE_LENGTH);
  nonce.set(iv);
  nonce.writeUInt32LE((nonce.readUInt32LE(0) ^ index) >>> 0, 0);
  return nonce;
}

function openEnvelope(body: Buffer, place: Place): Envelope {
  const nameLength = body[0];
  if (nameLength !== NAME_LENGTH) {
    throw place.error(`the name of its key has ${nameLength ?? 'no'} octets instead of 8`);
  }
  const ivLength = body[IV_AT - 1];
  if (ivLength !== 4 && ivLength !== 8) {
    throw place.error(`its initialization vector has ${ivLength ?? 'no'} octets instead of 4 or 8`);
  }
  const algorithm = body[IV_AT + ivLength];
  if (algorithm === undefined) throw place.error('it ends before its algorithm');
  if (algorithm === ARC4) throw place.error('it is encrypted with ARC4, which is not supported');
  if (algorithm !== SALSA20) {
    const number = `0x${algorithm.toString(16).padStart(2, '0')}`;
    throw place.error(`it is encrypted with the unknown algorithm ${number}`);
  }
  return {
    name: keyName(body.readBigUInt64LE(1)),
    nonce: nonceOf(body.subarray(IV_AT, IV_AT + ivLength), place.chunk),
    ciphertext: body.subarray(IV_AT + ivLength + 1),
  };
}

/** The name of a key as people write it. */
export function keyName(name: bigint): string {
  return name.toString(16).padStart(16, '0').toUpperCase();
}
