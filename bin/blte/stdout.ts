/** What is written to stdout: all of it is there, or the command fails. */
import { once } from 'node:events';
import { trouble } from './trouble.js';

/** What a program ends with whose output nobody reads any more: as if by SIGPIPE. */
const NOBODY_READS = 141;

/**
 * Writes all of it.
 * @returns the exit code: 0, or 141 where nobody reads any more
 * @throws Trouble (rejects with it) where it can't be written, and what `pieces` throws
 */
export async function toStdout(
  pieces: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): Promise<number> {
  const { stdout } = process;
  let failure: Error | undefined;
  stdout.on('error', (error) => {
    failure = error;
  });
  try {
    for await (const piece of pieces) {
      if (!stdout.write(piece)) await once(stdout, 'drain');
      if (failure !== undefined) break;
    }
    // What failed last is told behind this.
    await new Promise<void>((resolve) => {
      stdout.write('', () => resolve());
    });
  } catch (error) {
    // `once` fails with what the stream fails with.
    if (failure === undefined) throw error;
  }
  if (failure === undefined) return 0;
  if ((failure as NodeJS.ErrnoException).code === 'EPIPE') return NOBODY_READS;
  throw trouble('stdout', failure, 'written');
}
