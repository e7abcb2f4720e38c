/**
 * A raw LZ4 block, written: greedy, one look back per place. The format wants the last five octets to be
 * literals, and the last match to begin twelve before the end.
 *
 *     sequence = token literalLength* literal* [ distance matchLength* ]   ; the last one has no match
 */
import { TURN } from '../turns.js';

const SHORTEST = 4;
const LAST_LITERALS = 5;
const MATCH_BEGINS = 12;
const FARTHEST = 65_535;
/** 64 KiB of places, by a hash of the four octets there. */
const HASH_BITS = 14;

/** Octets that a block has at most. */
export function lz4Bound(octets: number): number {
  return octets + Math.floor(octets / 255) + 16;
}

/**
 * Compresses, in steps of some octets with a pause wanted after each.
 * @param output of {@link lz4Bound} octets
 * @returns how many octets the block has
 */
export function* lz4Compress(input: Uint8Array, output: Buffer): Generator<void, number> {
  const seen = new Int32Array(1 << HASH_BITS).fill(-1);
  const lastMatch = input.length - MATCH_BEGINS;
  const end = input.length - LAST_LITERALS;
  let literals = 0;
  let filled = 0;
  let pause = TURN;
  for (let at = 0; at <= lastMatch; ) {
    if (at >= pause) {
      yield;
      pause = at + TURN;
    }
    const four = fourAt(input, at);
    const slot = Math.imul(four, 0x9e37_79b1) >>> (32 - HASH_BITS);
    const before = seen[slot] as number;
    seen[slot] = at;
    if (before < 0 || at - before > FARTHEST || fourAt(input, before) !== four) {
      at++;
      continue;
    }
    let length = SHORTEST;
    while (at + length < end && input[before + length] === input[at + length]) length++;
    filled = writeLiterals(output, filled, input.subarray(literals, at), length - SHORTEST);
    filled = output.writeUInt16LE(at - before, filled);
    filled = writeRest(output, filled, length - SHORTEST);
    at += length;
    literals = at;
  }
  return writeLiterals(output, filled, input.subarray(literals), 0);
}

function fourAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** Token and literals. @returns where to go on */
function writeLiterals(output: Buffer, at: number, literals: Uint8Array, match: number): number {
  output[at] = (Math.min(15, literals.length) << 4) | Math.min(15, match);
  const from = writeRest(output, at + 1, literals.length);
  output.set(literals, from);
  return from + literals.length;
}

/** What of a length has no room in the token. */
function writeRest(output: Buffer, at: number, length: number): number {
  if (length < 15) return at;
  const full = Math.floor((length - 15) / 255);
  output.fill(255, at, at + full);
  output[at + full] = (length - 15) % 255;
  return at + full + 1;
}
