/**
 * What every Source keeps to (lib/source/source.ts), held against one: for new sources, and for new decorators
 * over old ones. Tells what is broken as texts, so that it can itself be tested with broken sources.
 */
import { addAbortSignal, type Readable } from 'node:stream';
import { isEntityTag } from '../../lib/http/etag.js';
import {
  type Extent,
  type Opened,
  type Resource,
  type ResourcePath,
  SMALL_EXTENT,
  type Source,
} from '../../lib/source/source.js';

/** What the source under test holds; nothing else is in its root. */
export interface Holdings {
  /** By path. */
  readonly files: Readonly<Record<string, Buffer>>;
  /** Paths of folders. */
  readonly folders?: readonly string[];
}

/** A stream that gives nothing and does not end is broken after this long; milliseconds. */
const PATIENCE = 10_000;

/** How many chunks a consumer that says what it has taken is behind. */
const BEHIND = 2;

/**
 * What the source does that no source may; empty where it keeps to all of it.
 * @param source it is closed at the end
 */
export async function breaches(source: Source, holdings: Holdings): Promise<string[]> {
  const found: string[] = [];
  const run = async (what: string, check: () => Promise<string | undefined>): Promise<void> => {
    try {
      const breach = await check();
      if (breach !== undefined) found.push(`${what}: ${breach}`);
    } catch (error) {
      found.push(`${what}: ${(error as Error).message}`);
    }
  };
  const { files, folders = [] } = holdings;
  await run('/nothing-here', async () => {
    const opened = await source.open('/nothing-here' as ResourcePath);
    return opened === null ? undefined : 'something is where nothing is';
  });
  for (const folder of folders) await run(folder, () => collection(source, folder, holdings));
  for (const [path, bytes] of Object.entries(files)) {
    for (const [what, check] of Object.entries(CHECKS)) {
      await run(`${path}, ${what}`, () => check(() => openFile(source, path), bytes));
    }
  }
  await run('close', async () => {
    await source.close();
    return undefined;
  });
  return found;
}

type Check = (open: () => Promise<Resource>, bytes: Buffer) => Promise<string | undefined>;

const CHECKS: Readonly<Record<string, Check>> = {
  'what it says of itself': async (open, bytes) => {
    const resource = await open();
    const { size, modified, etag, type } = resource;
    resource.close();
    if (size !== undefined && size !== bytes.length) return `its size is ${size}`;
    if (resource.bytes !== undefined && !bytes.equals(resource.bytes)) return 'other bytes';
    if (modified !== undefined && !Number.isFinite(modified)) return `modified is ${modified}`;
    if (etag !== undefined && !isEntityTag(etag)) return `${etag} is no entity tag`;
    return type === '' ? 'it has no type' : undefined;
  },

  'all of it': async (open, bytes) => {
    const resource = await open();
    const first = await chunksOf(resource.read());
    // What tells no size is read once.
    const again = resource.size === undefined ? [bytes] : await chunksOf(resource.read());
    resource.close();
    // Both only now: chunks are the consumer's to keep.
    return compare(Buffer.concat(first), bytes) ?? compare(Buffer.concat(again), bytes);
  },

  extents: async (open, bytes) => {
    const resource = await open();
    for (const extent of extentsOf(resource, bytes)) {
      const breach = compare(
        Buffer.concat(await chunksOf(resource.read(extent))),
        cut(bytes, extent),
      );
      if (breach !== undefined) return `${text(extent)}: ${breach}`;
    }
    resource.close();
    return undefined;
  },

  'chunks that are taken later': async (open, bytes) => {
    const resource = await open();
    for (const extent of extentsOf(resource, bytes)) {
      const breach = compare(await taking(resource, extent), cut(bytes, extent));
      if (breach !== undefined) return `${text(extent)}: ${breach}`;
    }
    resource.close();
    return undefined;
  },

  'read on after a stream was given up': async (open, bytes) => {
    const resource = await open();
    if (resource.size === undefined || bytes.length === 0) {
      resource.close();
      return undefined;
    }
    const last = bytes.length - 1;
    const kept: Buffer[] = [];
    let at = 0;
    while (at <= last) {
      // One that is given up before it gave anything, and one in its middle.
      resource.read({ first: at, last }).destroy();
      const chunk = await firstChunk(resource.read({ first: at, last }, { taken: () => 0 }));
      kept.push(chunk);
      at += chunk.length;
      // Not at the ends of chunks only.
      if (at <= last && chunk.length > 1) {
        kept.push(kept.pop()?.subarray(0, -1) as Buffer);
        at--;
      }
    }
    resource.close();
    return compare(Buffer.concat(kept), bytes);
  },

  'small extents': async (open, bytes) => {
    for (const extent of extentsOf(await opened(open), bytes)) {
      if (extent.last - extent.first >= SMALL_EXTENT) continue;
      const resource = await open();
      const message = await resource.readBytes?.(extent);
      resource.close();
      const breach = message && compare(message.content, cut(bytes, extent));
      message?.written();
      if (breach !== undefined) return `${text(extent)}: ${breach}`;
    }
    return undefined;
  },

  'closed while it is read': async (open, bytes) => {
    const [resource, other] = [await open(), await open()];
    const stream = resource.read();
    const early = chunksOf(stream).catch((error: Error) => error);
    await new Promise((resolve) => setImmediate(resolve));
    resource.close();
    resource.close();
    const got = await early;
    if (got instanceof Error) {
      if (got.name === 'AbortError') return 'the stream hangs';
    } else {
      const octets = Buffer.concat(got);
      if (!octets.equals(bytes.subarray(0, octets.length))) return 'it goes on with other octets';
    }
    const others = Buffer.concat(await chunksOf(other.read()));
    other.close();
    return compare(others, bytes);
  },

  'opened twice in a moment': async (open, bytes) => {
    const resources = [await open(), await open()];
    for (const resource of resources) {
      const breach = compare(Buffer.concat(await chunksOf(resource.read())), bytes);
      if (breach !== undefined) return breach;
      resource.close();
    }
    return undefined;
  },
};

async function collection(
  source: Source,
  folder: string,
  { files, folders = [] }: Holdings,
): Promise<string | undefined> {
  const found = await source.open(folder as ResourcePath);
  if (found?.kind !== 'collection') return 'it is no collection';
  const base = folder === '/' ? '' : folder;
  const listed: string[] = [];
  for await (const entries of found.entries?.() ?? []) {
    for (const { name, kind, size } of entries) {
      const path = `${base}/${name}`;
      listed.push(path);
      const inside = await source.open(path as ResourcePath);
      if (inside?.kind !== kind) return `${name} is listed as ${kind}, and is none`;
      if (inside.kind === 'resource') inside.close();
      if (size !== files[path]?.length) return `${name} is listed with ${size} octets`;
    }
  }
  if (found.entries === undefined) return undefined;
  const held = [...Object.keys(files), ...folders].filter(
    (path) => path !== '/' && path.slice(0, path.lastIndexOf('/')) === base,
  );
  return listed.sort().join() === held.sort().join() ? undefined : `it lists ${listed}`;
}

async function openFile(source: Source, path: string): Promise<Resource> {
  const found: Opened = await source.open(path as ResourcePath, { moment: source });
  if (found?.kind !== 'resource') throw new Error('it is no resource');
  return found;
}

/** What a resource says of itself, when it is closed again. */
async function opened(open: () => Promise<Resource>): Promise<Resource> {
  const resource = await open();
  resource.close();
  return resource;
}

/** Extents to try; none of what tells no size, and is asked for as a whole only. */
function extentsOf({ size }: Resource, bytes: Buffer): Extent[] {
  const last = bytes.length - 1;
  if (size === undefined || last < 0) return [];
  const middle = last >> 1;
  return [
    { first: 0, last },
    { first: 0, last: 0 },
    { first: last, last },
    { first: middle, last: middle },
    { first: Math.min(1, last), last: middle + ((last - middle) >> 1) },
    { first: middle, last },
  ].filter(({ first, last }) => first <= last);
}

function cut(bytes: Buffer, { first, last }: Extent): Buffer {
  return bytes.subarray(first, last + 1);
}

function text({ first, last }: Extent): string {
  return `${first}-${last}`;
}

function compare(given: Uint8Array, expected: Buffer): string | undefined {
  if (given.length !== expected.length) return `${given.length} octets, not ${expected.length}`;
  return expected.equals(given) ? undefined : 'other octets';
}

function patient(stream: Readable): Readable {
  return addAbortSignal(AbortSignal.timeout(PATIENCE), stream);
}

/** All that a stream gives, as it gave it. */
async function chunksOf(stream: Readable): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of patient(stream)) chunks.push(chunk as Buffer);
  return chunks;
}

/** The first chunk of a stream that is given up then; looked at a while later, as a socket would. */
async function firstChunk(stream: Readable): Promise<Buffer> {
  let first: Buffer | undefined;
  for await (const chunk of patient(stream)) {
    first = chunk as Buffer;
    break;
  }
  if (first === undefined || first.length === 0) throw new Error('the stream ends at once');
  await new Promise((resolve) => setImmediate(resolve));
  return first;
}

/** Reads as a slow client would: what it has not taken must stay as it is, also after the end. */
async function taking(resource: Resource, extent: Extent): Promise<Buffer> {
  const held: Buffer[] = [];
  const copies: Buffer[] = [];
  let taken = 0;
  const take = (): void => {
    const chunk = held.shift() as Buffer;
    copies.push(Buffer.from(chunk));
    taken += chunk.length;
  };
  for await (const chunk of patient(resource.read(extent, { taken: () => taken }))) {
    held.push(chunk as Buffer);
    if (held.length > BEHIND) take();
  }
  await new Promise((resolve) => setImmediate(resolve));
  while (held.length > 0) take();
  return Buffer.concat(copies);
}
