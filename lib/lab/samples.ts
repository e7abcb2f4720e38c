// Why: the demo site needs files worth streaming, and 70 MiB of them do not belong in a package.
// So they are made on the spot, the same octets on every machine.
// Refuses to know: HTTP, the server, the terminal. It writes a folder and says what it wrote.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RECIPES, type Recipe } from './sample-recipes.js';

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

/** Raise it whenever any file's octets change. */
const RECIPE = 1;

const MANIFEST = 'manifest.json';
const TOTAL_BYTES = RECIPES.reduce((sum, recipe) => sum + recipe.size, 0);

const REASONS: Readonly<Record<string, readonly [reason: string, wayOut: string]>> = {
  EACCES: ['permission denied', 'make the folder writable for this user, or name another folder'],
  EPERM: ['permission denied', 'make the folder writable for this user, or name another folder'],
  EROFS: ['the file system is read-only', 'name a folder on a writable one'],
  ENOSPC: [
    'the disk is full',
    `free ${Math.ceil(TOTAL_BYTES / 1_048_576)} MiB, or name another folder`,
  ],
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
