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

/** zlib has at least so many octets of output. */
const LEAST_CHUNK = 64;

/**
 * Inflate as Node has it inside. zlib writes to `_outBuffer`, which is else made anew for each chunk of
 * output, and left to the garbage collector: with 20 readers that made some 30 MB of it.
 */
interface Engine extends zlib.Inflate {
  _outBuffer?: unknown;
  _chunkSize?: unknown;
  _processChunk?: (input: Uint8Array, flush: number) => Buffer;
}

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
 * @param room where it may be written: at least an octet more than `size`, to see what is too long. It and
 *   `input` are in use until the promise is settled
 * @throws Error (or rejects with it) that says what is wrong
 */
export function inflate(input: Buffer, size: number, room: Buffer): Buffer | Promise<Buffer> {
  const isOurs = canWriteToOurs();
  const chunkSize = Math.max(LEAST_CHUNK, size + 1);
  const engine: Engine = zlib.createInflate({
    chunkSize: isOurs ? LEAST_CHUNK : chunkSize,
    maxOutputLength: Math.max(1, size),
  });
  if (isOurs) {
    engine._outBuffer = room;
    engine._chunkSize = size + 1;
  }
  const atOnce = size <= INFLATE_AT_ONCE && input.length <= INFLATE_AT_ONCE;
  if (!atOnce || engine._processChunk === undefined) return inPool(engine, input, size);
  let content: Buffer;
  try {
    content = engine._processChunk(input, zlib.constants.Z_FINISH);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLong(size) : error;
  }
  return checked(engine, input, size, content);
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
      const [content = Buffer.alloc(0)] = pieces;
      try {
        const whole = pieces.length > 1 ? Buffer.concat(pieces) : content;
        resolve(checked(engine, input, size, whole));
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
