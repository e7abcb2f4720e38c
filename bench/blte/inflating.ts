/** Decoding beside Node's own zlib over the same chunks, in one process on one processor. */
import { hash } from 'node:crypto';
import zlib from 'node:zlib';
import { decodeBlte, openBlte, writeHeader } from '../../lib/blte/index.js';
import { VerifiedChunks } from '../../lib/blte/verified.js';
import { answerCalls } from '../support/child.js';
import { chunk } from './files.js';

export interface InflateLoad {
  readonly size: number;
  readonly chunkSize: number;
  readonly rounds: number;
}

/** Seconds of processor time for each round. */
export interface Inflated {
  readonly zlib: readonly number[];
  readonly blte: readonly number[];
  /** Decoding chunks that were found right before. */
  readonly again: readonly number[];
  /** What decoding has to do beside: the checksums. */
  readonly md5: readonly number[];
  /** Octets of the encoded chunks. */
  readonly encoded: number;
}

async function timed(action: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function inflate({ size, chunkSize, rounds }: InflateLoad): Promise<Inflated> {
  const chunks = Array.from({ length: Math.ceil(size / chunkSize) }, (_, index) =>
    chunk(index * chunkSize, Math.min(chunkSize, size - index * chunkSize), 'Z'),
  );
  const header = writeHeader(
    chunks.map((bytes, index) => ({
      encodedSize: bytes.length,
      decodedSize: Math.min(chunkSize, size - index * chunkSize),
      md5: hash('md5', bytes, 'buffer'),
    })),
  );
  const file = Buffer.concat([header, ...chunks]);
  const verified = new VerifiedChunks(chunks.length);
  const readAt = (first: number, last: number): Buffer[] => [file.subarray(first, last + 1)];
  const reader = await openBlte(readAt, file.length, { verified });
  const results = {
    zlib: [] as number[],
    blte: [] as number[],
    again: [] as number[],
    md5: [] as number[],
  };
  for (let round = 0; round <= rounds; round++) {
    const figures = {
      zlib: await timed(() => {
        let octets = 0;
        for (const bytes of chunks) octets += zlib.inflateSync(bytes.subarray(1)).length;
        check(octets, size);
      }),
      blte: await timed(async () => {
        let octets = 0;
        for await (const piece of decodeBlte([header, ...chunks])) octets += piece.length;
        check(octets, size);
      }),
      again: await timed(async () => {
        let octets = 0;
        for await (const piece of reader.read() as AsyncIterable<Buffer>) octets += piece.length;
        check(octets, size);
      }),
      md5: await timed(() => {
        for (const bytes of chunks) hash('md5', bytes, 'buffer');
      }),
    };
    // The first warms up.
    if (round === 0) continue;
    for (const name of ['zlib', 'blte', 'again', 'md5'] as const) results[name].push(figures[name]);
  }
  return { ...results, encoded: chunks.reduce((sum, { length }) => sum + length, 0) };
}

function check(octets: number, size: number): void {
  if (octets !== size) throw new Error(`${octets} octets instead of ${size}`);
}

answerCalls({ inflate });
