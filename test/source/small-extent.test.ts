/** Small extents of large files: read in one go, of one version, and nothing stays open. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { BlockPool } from '../../lib/source/block-pool.js';
import { StreamedFile } from '../../lib/source/file-resource.js';
import { OpenFiles } from '../../lib/source/open-file.js';
import { PromptReads } from '../../lib/source/prompt.js';
import { SMALL_EXTENT, SourceError } from '../../lib/source/source.js';
import { request } from '../helpers/client.js';
import { age, MIB, pattern } from '../helpers/files.js';
import { serve } from '../helpers/server.js';

const CONTENT = pattern(MIB + 100_000);

/** Takes everything at once, or nothing. */
class Always extends PromptReads {
  readonly #atOnce: boolean;

  constructor(atOnce: boolean) {
    super();
    this.#atOnce = atOnce;
  }

  override takes(): boolean {
    return this.#atOnce;
  }
}

function open(t: Test, atOnce: boolean): { file: StreamedFile; name: string; descriptor: number } {
  const name = path.join(t.testdir({ 'large.bin': CONTENT }), 'large.bin');
  const descriptor = fs.openSync(name, 'r');
  const pool = new BlockPool(MIB, 32_768);
  const opened = new OpenFiles(pool).add(descriptor, fs.fstatSync(descriptor), Date.now());
  const file = new StreamedFile(opened, Date.now(), 'x/y', pool, new Always(atOnce));
  return { file, name, descriptor };
}

function isOpen(descriptor: number): boolean {
  try {
    fs.fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

for (const atOnce of [true, false]) {
  t.test(atOnce ? 'at once' : 'by the thread pool', async (t) => {
    for (const [first, last] of [
      [0, 0],
      [0, SMALL_EXTENT - 1],
      [CONTENT.length - 5, CONTENT.length - 1],
    ] as const) {
      const { file, descriptor } = open(t, atOnce);
      const read = file.readBytes({ first, last });
      t.equal(read instanceof Promise, !atOnce);
      t.ok(CONTENT.subarray(first, last + 1).equals(await read));
      t.notOk(isOpen(descriptor), 'closed');
    }

    const shorter = open(t, atOnce);
    fs.truncateSync(shorter.name, 10);
    await t.rejects(async () => shorter.file.readBytes({ first: 5, last: 20 }), {
      name: 'SourceError',
      kind: 'busy',
    });
    t.notOk(isOpen(shorter.descriptor), 'closed all the same');

    const overwritten = open(t, atOnce);
    age(overwritten.name);
    await t.rejects(async () => overwritten.file.readBytes({ first: 0, last: 9 }), SourceError);
    t.notOk(isOpen(overwritten.descriptor));

    const closed = open(t, atOnce);
    closed.file.close();
    await t.rejects(async () => closed.file.readBytes({ first: 0, last: 9 }), SourceError);
  });
}

t.test('over the wire, on both sides of the edge', async (t) => {
  const root = t.testdir({ 'large.bin': CONTENT });
  const { port } = await serve(t, root);
  for (const length of [1, SMALL_EXTENT, SMALL_EXTENT + 1]) {
    for (const first of [0, 12_345, CONTENT.length - length]) {
      const range = `Range: bytes=${first}-${first + length - 1}`;
      const response = await request(port, '/large.bin', [range]);
      t.equal(response.status, 206);
      t.ok(response.body.equals(CONTENT.subarray(first, first + length)), range);
    }
  }
});
