/** Small extents of large files: read in one go, of one version, and nothing stays open. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { BlockPool } from '../../lib/source/block-pool.js';
import { StreamedFile } from '../../lib/source/file-resource.js';
import { OpenFiles } from '../../lib/source/open-file.js';
import { PromptReads } from '../../lib/source/prompt.js';
import { Scratch } from '../../lib/source/scratch.js';
import { SMALL_EXTENT, SourceError } from '../../lib/source/source.js';
import { pause, RawClient, request, requestBytes } from '../helpers/client.js';
import { age, MIB, pattern } from '../helpers/files.js';
import { random } from '../helpers/random.js';
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

interface OpenedFile {
  readonly file: StreamedFile;
  readonly name: string;
  readonly descriptor: number;
  readonly scratch: Scratch;
}

function open(t: Test, atOnce: boolean, scratch = new Scratch()): OpenedFile {
  const name = path.join(t.testdir({ 'large.bin': CONTENT }), 'large.bin');
  const descriptor = fs.openSync(name, 'r');
  const pool = new BlockPool(MIB, 32_768);
  const opened = new OpenFiles(pool).add(descriptor, fs.fstatSync(descriptor), Date.now());
  const means = { pool, prompt: new Always(atOnce), scratch };
  const file = new StreamedFile(opened, Date.now(), 'x/y', means);
  return { file, name, descriptor, scratch };
}

/** Reads what is no longer there, with memory of `scratch`. */
async function cut(t: Test, atOnce: boolean, scratch: Scratch): Promise<void> {
  const { file, name } = open(t, atOnce, scratch);
  fs.truncateSync(name, 10);
  await file.readBytes({ first: 5, last: 20 });
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
      t.ok(CONTENT.subarray(first, last + 1).equals((await read).content));
      t.notOk(isOpen(descriptor), 'closed');
    }

    const shorter = open(t, atOnce);
    fs.truncateSync(shorter.name, 10);
    await t.rejects(async () => shorter.file.readBytes({ first: 5, last: 20 }), {
      name: 'SourceError',
      kind: 'busy',
    });
    t.notOk(isOpen(shorter.descriptor), 'closed all the same');

    const memory = shorter.scratch.take(SMALL_EXTENT);
    memory.written();
    await t.rejects(async () => cut(t, atOnce, shorter.scratch));
    t.equal(shorter.scratch.take(SMALL_EXTENT).content.buffer, memory.content.buffer, 'given back');

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

t.test('memory that is used again: each of many clients gets its own octets', async (t) => {
  const root = t.testdir({ 'large.bin': CONTENT });
  const { port } = await serve(t, root);
  const numbers = random(7);
  await Promise.all(
    Array.from({ length: 5 }, async (_, client) => {
      const size = SMALL_EXTENT - client;
      const firsts = Array.from({ length: 250 }, () => numbers.below(CONTENT.length - size));
      const raw = new RawClient(port, { paused: true });
      // All at once, so that answers wait for a client that reads late.
      for (const first of firsts) {
        raw.send(requestBytes('/large.bin', [`Range: bytes=${first}-${first + size - 1}`]));
      }
      raw.send(requestBytes('/large.bin', ['Range: bytes=0-0', 'Connection: close']));
      await pause(client * 20);
      raw.resume();
      const answers = await raw.responses();
      t.equal(answers.length, firsts.length + 1);
      for (const [i, first] of firsts.entries()) {
        const expected = CONTENT.subarray(first, first + size);
        if (!answers[i]?.body.equals(expected)) t.fail(`octets from ${first} on to ${client}`);
      }
      raw.destroy();
    }),
  );
});
