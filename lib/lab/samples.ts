// Why: the demo site needs files worth streaming, and 70 MiB of them do not belong in a package.
// So they are made on the spot, the same octets on every machine.
// Refuses to know: HTTP, the server, the terminal. It writes a folder and says what it wrote.

import { createCipheriv, createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** One generated file, as `manifest.json` lists it. */
export interface SampleFile {
  /** File name inside the samples folder. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** SHA-256 of the whole file, 64 lower-case hex digits. */
  readonly sha256: string;
}

/** What `manifest.json` holds. */
export interface SamplesManifest {
  /** Number of the recipe that the files were made by; another number means: make them again. */
  readonly recipe: number;
  readonly files: readonly SampleFile[];
}

/** How far one file is. */
export interface SamplesProgress {
  readonly name: string;
  /** Bytes written so far. Equal to `size` exactly once, when the file has its final name. */
  readonly written: number;
  /** Bytes that the finished file has. */
  readonly size: number;
}

/** Options of `ensureSamples`. */
export interface EnsureSamplesOptions {
  /** Told about each chunk of each file that has to be written; never about files already there. */
  readonly onProgress?: (progress: SamplesProgress) => void;
}

/** What `ensureSamples` found and did. */
export interface SamplesReport {
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly manifest: SamplesManifest;
  /** The files written by this call, in order; empty when all were there. */
  readonly generated: readonly SampleFile[];
}

/** The samples could not be written. The message names the thing, the reason and the way out. */
export class SamplesError extends Error {
  override readonly name: string = 'SamplesError';
  /** The system's code, such as `ENOSPC`, where there is one. */
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

interface Recipe {
  readonly name: string;
  readonly size: number;
  readonly chunks: () => Iterable<Buffer>;
}

/** Raise it whenever any file's octets change. */
const RECIPE = 1;

const MANIFEST = 'manifest.json';
const KIB = 1024;
const MIB = 1024 * KIB;
const CHUNK_BYTES = 256 * KIB;

const LARGE_BYTES = 64 * MIB;

const SAMPLE_RATE = 22_050;
const TONE_SECONDS = 180;
const TONE_LOWEST_HZ = 220;
/** 12 semitones of 5 beats of 1 second: one octave a minute. */
const BEATS_PER_SEMITONE = 5;
const WAV_HEAD_BYTES = 44;
const BYTES_PER_BEAT = SAMPLE_RATE * 2;

const LINE_BYTES = 64;

/** AES-CTR over zeros: its keystream, so nothing can compress it and any machine can repeat it. */
function* largeChunks(): Generator<Buffer> {
  const key = createHash('sha256').update('sluice: large.bin').digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK_BYTES);
  for (let made = 0; made < LARGE_BYTES; made += CHUNK_BYTES) yield cipher.update(zeros);
}

function wavHead(dataBytes: number): Buffer {
  const head = Buffer.alloc(WAV_HEAD_BYTES);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(WAV_HEAD_BYTES - 8 + dataBytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22); // one channel
  head.writeUInt32LE(SAMPLE_RATE, 24);
  head.writeUInt32LE(SAMPLE_RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(dataBytes, 40);
  return head;
}

/** One second of a plucked note; it starts and ends at silence, so beats join without a click. */
function beat(hertz: number): Buffer {
  const pcm = Buffer.alloc(BYTES_PER_BEAT);
  for (let i = 0; i < SAMPLE_RATE; i += 1) {
    const t = i / SAMPLE_RATE;
    const turn = 2 * Math.PI * hertz * t;
    const attack = Math.min(1, t / 0.012);
    const release = Math.min(1, (1 - t) / 0.05);
    const wave = Math.sin(turn) + 0.3 * Math.sin(2 * turn) + 0.12 * Math.sin(3 * turn);
    pcm.writeInt16LE(Math.round(9000 * attack * release * Math.exp(-2.2 * t) * wave), i * 2);
  }
  return pcm;
}

function* toneChunks(): Generator<Buffer> {
  yield wavHead(TONE_SECONDS * BYTES_PER_BEAT);
  for (let second = 0; second < TONE_SECONDS; second += BEATS_PER_SEMITONE) {
    const pcm = beat(TONE_LOWEST_HZ * 2 ** (second / BEATS_PER_SEMITONE / 12));
    for (let i = 0; i < BEATS_PER_SEMITONE; i += 1) yield pcm;
  }
}

const SMALL_TEXT = `
This file is made to be cut. Every line is 64 octets long, line feed included, and begins with the
offset of its own first octet, so any piece of it tells you where it was taken from. Ask for
bytes=128-191 and you get the third line and nothing else. Both ends count: the last position is
inside the range, so bytes=0-0 is one octet and not none.

A range without a last position runs to the end. A range without a first one is a suffix: bytes=-64
is the last line, and bytes=-999999 is simply the whole file, because a suffix longer than the file
stops at its beginning. A range that begins past the end cannot be satisfied, and the answer is 416
with the true size in Content-Range, so that the next question can be a better one.

Several ranges come back as one message of several parts. Each part carries its own Content-Range,
and a boundary line that occurs nowhere else keeps the parts from running into each other.

A range is an optional wish. A server that knows nothing of ranges sends the whole file with 200,
and a client has to live with either answer. What makes a range safe is a validator: send the ETag
of the piece you hold in If-Range, and you get the missing rest only if the file is still the same.
If it changed, the whole new file comes instead, and two versions never meet in one copy.

Why all this trouble for a file of a few thousand octets? None, here. It is read whole and sent in
one write. But the same rules hold for a film of forty gigabytes on a train that enters a tunnel:
the player asks for a minute in the middle, the download goes on where it broke, and the server
holds no more than a few chunks of it, whatever the size on disk.

End of the text. If the line above this one begins with the number you expected, the range was
right.
`;

function smallText(): Buffer {
  const width = LINE_BYTES - 8;
  const lines: string[] = [];
  for (const paragraph of SMALL_TEXT.trim().split('\n\n')) {
    let line = '';
    for (const word of paragraph.split(/\s+/)) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === '' ? word : `${line} ${word}`;
      }
    }
    lines.push(line, '');
  }
  lines.pop();
  const numbered = lines.map((line, i) => {
    const offset = String(i * LINE_BYTES).padStart(5, '0');
    return `${`${offset}  ${line}`.padEnd(LINE_BYTES - 1)}\n`;
  });
  return Buffer.from(numbered.join(''), 'latin1');
}

const SMALL = smallText();

const RECIPES: readonly Recipe[] = [
  { name: 'large.bin', size: LARGE_BYTES, chunks: largeChunks },
  { name: 'tone.wav', size: WAV_HEAD_BYTES + TONE_SECONDS * BYTES_PER_BEAT, chunks: toneChunks },
  { name: 'small.txt', size: SMALL.length, chunks: () => [SMALL] },
];

const TOTAL_BYTES = RECIPES.reduce((sum, recipe) => sum + recipe.size, 0);

const REASONS: Readonly<Record<string, readonly [reason: string, wayOut: string]>> = {
  EACCES: ['permission denied', 'make the folder writable for this user, or name another folder'],
  EPERM: ['permission denied', 'make the folder writable for this user, or name another folder'],
  EROFS: ['the file system is read-only', 'name a folder on a writable one'],
  ENOSPC: ['the disk is full', `free ${Math.ceil(TOTAL_BYTES / MIB)} MiB, or name another folder`],
  EDQUOT: ['the disk quota is used up', 'free some space, or name another folder'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'name another folder'],
  ENOENT: ['no such folder, and none can be made there', 'name another folder'],
  EEXIST: ['something that is not a folder has its name', 'move it away, or name another folder'],
  EISDIR: ['a folder has its name', 'move that folder away'],
  ENOTEMPTY: ['a folder has its name', 'move that folder away'],
  EMFILE: ['too many files are open', 'raise the limit (ulimit -n), and try again'],
};

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function explain(doing: string, error: unknown): SamplesError {
  const code = codeOf(error);
  const known = code === undefined ? undefined : REASONS[code];
  const [reason, wayOut] = known ?? [
    error instanceof Error ? error.message : String(error),
    'name another folder',
  ];
  const suffix = known === undefined ? '' : ` (${code})`;
  return new SamplesError(`cannot ${doing}: ${reason}${suffix}; ${wayOut}`, code, error);
}

function isSampleFile(value: unknown): value is SampleFile {
  if (typeof value !== 'object' || value === null) return false;
  const file = value as Record<string, unknown>;
  return (
    typeof file.name === 'string' &&
    Number.isSafeInteger(file.size) &&
    typeof file.sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(file.sha256)
  );
}

/** The files that the manifest vouches for; none when it is absent, cut short or of other make. */
async function vouchedFor(folder: string): Promise<readonly SampleFile[]> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null) return [];
    const { recipe, files } = manifest as Record<string, unknown>;
    return recipe === RECIPE && Array.isArray(files) ? files.filter(isSampleFile) : [];
  } catch {
    return [];
  }
}

async function isThere(folder: string, recipe: Recipe): Promise<boolean> {
  try {
    const stats = await stat(join(folder, recipe.name));
    return stats.isFile() && stats.size === recipe.size;
  } catch {
    return false;
  }
}

const partName = (name: string): string => `.${name}.${process.pid}.part`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Not `mkdir` with `recursive`: Node 20 spins for ever where the system refuses with ENOENT. */
async function makeFolder(folder: string): Promise<void> {
  const make = async (): Promise<unknown> => {
    try {
      await mkdir(folder);
      return undefined;
    } catch (error) {
      const isThere = await stat(folder).then(
        (stats) => stats.isDirectory(),
        () => false,
      );
      return isThere ? undefined : error;
    }
  };
  let failure = await make();
  const parent = dirname(folder);
  if (codeOf(failure) === 'ENOENT' && parent !== folder) {
    await makeFolder(parent);
    failure = await make();
  }
  if (failure !== undefined) throw failure;
}

/** A run that was killed leaves its unfinished file; it goes when nobody writes it any more. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = /^\.[a-z]+\.[a-z]+\.(\d{1,10})\.part$/.exec(name)?.[1];
    if (pid === undefined) continue;
    if (Number(pid) !== process.pid && isAlive(Number(pid))) continue;
    await rm(join(folder, name), { force: true });
  }
}

/** Runs `write` on a temporary name, then renames: the final name never shows half a file. */
async function inOneStep(
  folder: string,
  name: string,
  write: (part: string) => Promise<void>,
): Promise<void> {
  const part = join(folder, partName(name));
  try {
    await write(part);
    await rename(part, join(folder, name));
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw explain(`write ${join(folder, name)}`, error);
  }
}

async function generate(
  folder: string,
  recipe: Recipe,
  onProgress: (progress: SamplesProgress) => void,
): Promise<SampleFile> {
  const { name, size } = recipe;
  const hash = createHash('sha256');
  let written = 0;
  await inOneStep(folder, name, (part) =>
    pipeline(
      recipe.chunks,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
          written += chunk.length;
          if (written < size) onProgress({ name, written, size });
        }
      },
      createWriteStream(part, { flags: 'wx' }),
    ),
  );
  onProgress({ name, written: size, size });
  return { name, size, sha256: hash.digest('hex') };
}

/**
 * Makes sure that `folder` holds the sample files of the demo site: `large.bin` (64 MiB that
 * nothing compresses), `tone.wav` (3 minutes, one octave a minute), `small.txt` (lines numbered by
 * byte offset), and `manifest.json`, which is written last and vouches for them.
 *
 * Files that the manifest vouches for and that have the right size in bytes are left alone, so a
 * second call costs a few system calls. An interrupted run is repaired by the next one. Memory
 * stays constant: the files are streamed. Within one process, one call per folder at a time.
 *
 * @throws {SamplesError} when the folder can't be made or a file can't be written; files already
 * finished stay.
 */
export async function ensureSamples(
  folder: string,
  options: EnsureSamplesOptions = {},
): Promise<SamplesReport> {
  const home = resolve(folder);
  const onProgress = options.onProgress ?? (() => {});

  const vouched = await vouchedFor(home);
  const files: SampleFile[] = [];
  const generated: SampleFile[] = [];
  const missing = new Set<Recipe>();
  for (const recipe of RECIPES) {
    const known = vouched.some((file) => file.name === recipe.name && file.size === recipe.size);
    if (!known || !(await isThere(home, recipe))) missing.add(recipe);
  }

  if (missing.size > 0) {
    try {
      await makeFolder(home);
      await removeLeftovers(home);
      await rm(join(home, MANIFEST), { force: true });
    } catch (error) {
      throw explain(`prepare the samples folder ${home}`, error);
    }
  }

  for (const recipe of RECIPES) {
    const known = vouched.find((file) => file.name === recipe.name);
    if (known !== undefined && !missing.has(recipe)) {
      files.push(known);
      continue;
    }
    const made = await generate(home, recipe, onProgress);
    files.push(made);
    generated.push(made);
  }

  const manifest: SamplesManifest = { recipe: RECIPE, files };
  if (generated.length > 0) {
    await inOneStep(home, MANIFEST, (part) =>
      writeFile(part, `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx' }),
    );
  }
  return { folder: home, manifest, generated };
}
