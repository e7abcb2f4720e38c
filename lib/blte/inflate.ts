/**
 * zlib streams of known size, inflated into memory of the caller's choice: small ones at once, large ones in
 * the thread pool. What is longer, shorter or followed by more than it says is an error. Knows no chunks.
 */
import zlib from 'node:zlib';

/**
 * Up to here, encoded and decoded, at once: 0.05 to 0.2 ms, less than going to the thread pool and back
 * takes while that is busy.
 */
export const INFLATE_AT_ONCE = 65_536;

/**
 * How many are inflated in the thread pool at a time, by all decoders: others wait without memory for their
 * content. Node's pool has four threads, which also read files.
 */
const MOST_IN_POOL = 3;

/** zlib has at least so many octets of output. */
const LEAST_CHUNK = 64;

/**
 * Inflate as Node has it inside. zlib writes to `_outBuffer`, which is else made anew for each chunk of
 * output, and left to the garbage collector: 20 readers of chunks of 256 KiB hold 11 MiB, not 47.
 */
interface Engine extends zlib.Inflate {
  _outBuffer?: unknown;
  _chunkSize?: unknown;
  _processChunk?: ProcessChunk;
}

type ProcessChunk = (input: Uint8Array, flush: number) => Buffer;

let takesOurs: boolean | undefined;

/** Whether this Node's zlib can be told where to write; otherwise it writes where it wants. */
function canWriteToOurs(): boolean {
  if (takesOurs === undefined) {
    const engine: Engine = zlib.createInflate({ chunkSize: LEAST_CHUNK });
    const { _outBuffer, _chunkSize, _processChunk } = engine;
    takesOurs =
      Buffer.isBuffer(_outBuffer) &&
      _outBuffer.length === LEAST_CHUNK &&
      _chunkSize === LEAST_CHUNK &&
      typeof _processChunk === 'function';
    engine.close();
  }
  return takesOurs;
}

/**
 * The content of a zlib stream, which has `size` octets.
 * @param room gives memory where it may be written: an octet more than `size`, to see what is too long. That
 *   and `input` are in use until the promise is settled
 * @throws Error (rejects with it) that says what is wrong
 */
export async function inflate(
  input: Buffer,
  size: number,
  room: (octets: number) => Buffer,
): Promise<Buffer> {
  if (size <= INFLATE_AT_ONCE && input.length <= INFLATE_AT_ONCE && canWriteToOurs()) {
    return atOnce(engineFor(size, room), input, size);
  }
  await enterPool();
  try {
    return await inPool(engineFor(size, room), input, size);
  } finally {
    leavePool();
  }
}

function engineFor(size: number, room: (octets: number) => Buffer): Engine {
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

function atOnce(engine: Engine, input: Buffer, size: number): Buffer {
  let content: Buffer;
  try {
    content = (engine._processChunk as ProcessChunk).call(engine, input, zlib.constants.Z_FINISH);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLong(size) : error;
  }
  return checked(engine, input, size, content);
}

let inflating = 0;
const waiting: (() => void)[] = [];

async function enterPool(): Promise<void> {
  if (inflating === MOST_IN_POOL) await new Promise<void>((resolve) => waiting.push(resolve));
  else inflating++;
}

/** Gives the place to who has waited longest. */
function leavePool(): void {
  const next = waiting.shift();
  if (next === undefined) inflating--;
  else next();
}

function inPool(engine: Engine, input: Buffer, size: number): Promise<Buffer> {
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
        resolve(checked(engine, input, size, content));
      } catch (error) {
        reject(error);
      }
    });
    engine.end(input);
  });
}

function checked(engine: Engine, input: Buffer, size: number, content: Buffer): Buffer {
  if (content.length !== size) {
    throw new Error(`it has ${content.length} octets instead of ${size}`);
  }
  const behind = input.length - engine.bytesWritten;
  if (behind > 0) throw new Error(`${behind} octets follow its end`);
  return content;
}

function tooLong(size: number): Error {
  return new Error(`it has more than ${size} octets`);
}
