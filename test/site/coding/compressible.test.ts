/** Which types are compressed, held against mime-db where it has an opinion. */
import { createRequire } from 'node:module';
import t from 'tap';
import { isCompressible } from '../../../lib/site/coding/compressible.js';
import { contentType } from '../../../lib/source/content-type.js';

interface Known {
  readonly compressible?: boolean;
  readonly extensions?: readonly string[];
}

const database: Record<string, Known> = createRequire(import.meta.url)('mime-db');

/** What may hold anything: archives, disk images, pictures with a compression of their own. */
const ANYTHING = /octet-stream|x-virtualbox|photoshop|vnd\.ms-dds/;

t.test('as mime-db has it', async (t) => {
  let count = 0;
  for (const [type, { compressible, extensions }] of Object.entries(database)) {
    if (compressible === undefined || extensions === undefined || ANYTHING.test(type)) continue;
    count++;
    t.equal(isCompressible(type), compressible, type);
  }
  t.ok(count > 100);
});

t.test('by name, with what stands behind the type', async (t) => {
  for (const name of [
    'a.html',
    'a.css',
    'a.js',
    'a.mjs',
    'a.json',
    'a.map',
    'a.svg',
    'a.xml',
    'a.wasm',
    'a.md',
    'a.csv',
    'a.txt',
    'a.ttf',
    'a.ico',
    'a.webmanifest',
    'a.jsonld',
    'a.atom',
  ]) {
    t.ok(isCompressible(contentType(name)), name);
  }
  for (const name of [
    'a',
    'a.bin',
    'a.png',
    'a.jpg',
    'a.webp',
    'a.avif',
    'a.mp4',
    'a.webm',
    'a.mp3',
    'a.woff',
    'a.woff2',
    'a.zip',
    'a.gz',
    'a.br',
    'a.zst',
    'a.bz2',
    'a.7z',
    'a.tgz',
    'a.pdf',
    'a.docx',
    'a.epub',
    'a.jar',
  ]) {
    t.notOk(isCompressible(contentType(name)), name);
  }
  for (const type of [
    '',
    'text',
    'textual/plain',
    'application/x-texts',
    `${'a+'.repeat(50_000)}b`,
  ]) {
    t.notOk(isCompressible(type));
  }
});
