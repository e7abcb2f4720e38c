/**
 * zlib streams of known size, inflated into memory of the caller's choice: small ones at once, large ones in
 * the thread pool. What is longer, shorter or followed by more than it says is an error. Knows no chunks.
 */
import zlib from 'node:zlib';

/**
 * Up to here, encoded and decoded, at once: 0.2 ms for 64 KiB, 0.8 for 256, less than going to the thread pool and back
 * takes while that is busy.
 */
export const INFLATE_AT_ONCE = 262_144;

/**
 * How many are inflated in the thread pool at a time, by all decoders: others wait without memory for their
 * content. Node's pool has four threads, which also read files.
 */
const MOST_IN_POOL = 3;

/** zlib has at least so many octets of output. */
const LEAST_CHUNK = 64;

/**
 * Inflate as Node has it inside. By itself it writes into memory that is made anew for each chunk of output, and
 * left to the garbage collector: 20 readers of chunks of 256 KiB hold 11 MiB so, not 47. And it is closed after
 * each stream, though one that is written to by its handle can be used again, which saves a tenth of the time.
 */
interface Engine extends zlib.Inflate {
  _handle?: Handle | null;
  /** Octets of output that are left, and of input. */
  _writeState?: Uint32Array;
  _outBuffer?: unknown;
  _chunkSize?: unknown;
}

interface Handle {
  writeSync?(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void;
}

/** Inflates streams one after the other, each at once. */
class Reused {
  #engine: Engine | undefined;

  /** @throws Error that says what is wrong */
  inflate(input: Buffer, size: number, memory: Buffer): Buffer {
    const engine = this.#engine ?? newEngine();
    this.#engine = undefined;
    const handle = engine._handle as Required<Handle>;
    handle.writeSync(zlib.constants.Z_FINISH, input, 0, input.length, memory, 0, size + 1);
    if (engine.errored != null) throw engine.errored;
    const [room = 0, behind = 0] = engine._writeState as Uint32Array;
    engine.reset();
    this.#engine = engine;
    if (room === 0) throw tooLong(size);
    return checked(memory.subarray(0, size + 1 - room), size, behind);
  }
}

const reused = new Reused();

function newEngine(): Engine {
  // By default its window is as large as its first stream says, and refuses what needs a larger one after that.
  const engine: Engine = zlib.createInflate({ chunkSize: LEAST_CHUNK, windowBits: 15 });
  // Where it fails that is seen at once, and told in a later turn again.
  engine.on('error', () => {});
  return engine;
}

let takesOurs: boolean | undefined;

/** Whether this Node's zlib can be told where to write; otherwise it writes where it wants. */
function canWriteToOurs(): boolean {
  takesOurs ??= tryOurs();
  return takesOurs;
}

function tryOurs(): boolean {
  const engine = newEngine();
  const { _handle, _writeState, _outBuffer, _chunkSize } = engine;
  const isKnown =
    typeof _handle?.writeSync === 'function' &&
    _writeState instanceof Uint32Array &&
    Buffer.isBuffer(_outBuffer) &&
    _outBuffer.length === LEAST_CHUNK &&
    _chunkSize === LEAST_CHUNK;
  engine.close();
  if (!isKnown) return false;
  try {
    const content = Buffer.from('as it was');
    const found = reused.inflate(zlib.deflateSync(content), content.length, Buffer.alloc(16));
    return found.equals(content);
  } catch {
    return false;
  }
}

/**
 * The content of a zlib stream, which has `size` octets.
 * @param room gives memory where it may be written: an octet more than `size`, to see what is too long. That
 *   and `input` are in use until the promise is settled
 * @throws Error that says what is wrong (or rejects with it)
 */
export function inflate(
  input: Buffer,
  size: number,
  room: (octets: number) => Buffer,
): Buffer | Promise<Buffer> {
  // What grew by more than zlib makes it is made to be slow: a quarter of a MiB of empty blocks takes 25 ms.
  const isSmall = size <= INFLATE_AT_ONCE && input.length <= size + (size >> 6) + 64;
  return isSmall && canWriteToOurs()
    ? reused.inflate(input, size, room(size + 1))
    : inTurn(input, size, room);
}

let inflating = 0;
const waiting: (() => void)[] = [];

async function inTurn(
  input: Buffer,
  size: number,
  room: (octets: number) => Buffer,
): Promise<Buffer> {
  if (inflating === MOST_IN_POOL) await new Promise<void>((resolve) => waiting.push(resolve));
  else inflating++;
  try {
    return await inPool(engineFor(size, room), input, size);
  } finally {
    // The place goes to who has waited longest.
    const next = waiting.shift();
    if (next === undefined) inflating--;
    else next();
  }
}

function engineFor(size: number, room: (octets: number) => Buffer): zlib.Inflate {
  const maxOutputLength = Math.max(1, size);
  if (!canWriteToOurs()) {
    return zlib.createInflate({ chunkSize: Math.max(LEAST_CHUNK, size + 1), maxOutputLength });
  }
  const memory = room(size + 1);
  const engine: Engine = zlib.createInflate({ chunkSize: LEAST_CHUNK, maxOutputLength });
  engine._outBuffer = memory;
  engine._chunkSize = size + 1;
  return engine;
}

function inPool(engine: zlib.Inflate, input: Buffer, size: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    engine.on('data', (piece: Buffer) => {
      length += piece.length;
      if (length > size) engine.destroy(tooLong(size));
      else pieces.push(piece);
    });
    engine.on('error', reject);
    engine.on('end', () => {
      try {
        const [first = Buffer.alloc(0)] = pieces;
        const content = pieces.length > 1 ? Buffer.concat(pieces) : first;
        resolve(checked(content, size, input.length - engine.bytesWritten));
      } catch (error) {
        reject(error);
      }
    });
    engine.end(input);
  });
}

/** @param behind octets of input that follow the stream */
function checked(content: Buffer, size: number, behind: number): Buffer {
  if (content.length !== size) {
    throw new Error(`it has ${content.length} octets instead of ${size}`);
  }
  if (behind > 0) throw new Error(`${behind} octets follow its end`);
  return content;
}

function tooLong(size: number): Error {
  return new Error(`it has more than ${size} octets`);
}
