/**
 * What there is to know of a BLTE file without decoding it: its header, and the mode of each chunk, of which no
 * more than the first octets are read. Knows not how it is shown.
 */
import { MODE } from '../../lib/blte/chunk.js';
import { readHeader } from '../../lib/blte/content.js';
import { keyName } from '../../lib/blte/encryption.js';
import { Place } from '../../lib/blte/error.js';
import { ByteFeed } from '../../lib/blte/feed.js';
import { PREFIX } from '../../lib/blte/header.js';
import { type BlteLimits, resolveLimits } from '../../lib/blte/limits.js';
import type { BlteTable } from '../../lib/blte/table.js';
import type { Input } from './input.js';

/** A file that was looked at. */
export interface Inspection {
  readonly name: string;
  /** `undefined`: the form without a table. */
  readonly table: BlteTable | undefined;
  /** The mode of each chunk; 0 for those that are not there. */
  readonly modes: Uint8Array;
  /** How many chunks are encrypted with each key, by its name. */
  readonly keys: ReadonlyMap<string, number>;
  /** Octets that the file has. */
  readonly encodedSize: number;
}

/** Mode, and in encrypted chunks the name of the key with its length. */
const HEAD = 10;

/** What a disk gives at least. */
const PAGE = 4096;

/** Octets that are skipped at a time. */
const SKIPPED = 262_144;

/** Chunks that are looked at until others have their turn. */
const TURN = 1024;

/** @throws BlteError (rejects with it) where there is no header, or one beyond the limits */
export async function inspection(input: Input, given: Partial<BlteLimits>): Promise<Inspection> {
  const feed = new ByteFeed(input.content());
  try {
    const limits = resolveLimits(given);
    const header = await readHeader(feed, limits);
    const table = header.kind === 'table' ? header : undefined;
    const heads =
      input.size === undefined
        ? new StreamedHeads(feed, header.headerSize)
        : new StoredHeads(input, input.size);
    const modes = new Uint8Array(table?.count ?? 1);
    const keys = new Map<string, number>();
    const head = Buffer.alloc(HEAD);
    const chunks = table ?? [{ index: 0, offset: PREFIX, encodedSize: Infinity }];
    for (const { index, offset, encodedSize } of chunks) {
      const got = await heads.read(head.subarray(0, Math.min(HEAD, encodedSize)), offset);
      if (got > 0) modes[index] = head[0] as number;
      if (head[0] === MODE.encrypted && got === HEAD && head[1] === 8) {
        const name = keyName(head.readBigUInt64LE(2));
        keys.set(name, (keys.get(name) ?? 0) + 1);
      }
      if (index % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
    }
    const encodedSize = await heads.end();
    if (table === undefined && modes[0] === MODE.plain) checkSize(encodedSize - PREFIX - 1, limits);
    return { name: input.name, table, modes, keys, encodedSize };
  } finally {
    await feed.close();
  }
}

/** Of the form without a table, which says no size: as readers do. */
function checkSize(size: number, { maxSize }: BlteLimits): void {
  if (size <= maxSize) return;
  const place = new Place(0, PREFIX);
  place.enter(MODE.plain);
  throw place.beyond('maxSize', `it has ${size} octets, ${maxSize} are the most (maxSize)`);
}

/** The first octets of chunks, asked for in order. */
interface Heads {
  /** @returns how many octets there were */
  read(head: Buffer, offset: number): Promise<number>;
  /** How long the file is. */
  end(): Promise<number>;
}

/** Of a file: a page at a time, with more than one where chunks are small, and nothing between them. */
class StoredHeads implements Heads {
  readonly #input: Input;
  readonly #size: number;
  readonly #page = Buffer.alloc(PAGE);
  #from = 0;
  #filled = 0;

  constructor(input: Input, size: number) {
    this.#input = input;
    this.#size = size;
  }

  async read(head: Buffer, offset: number): Promise<number> {
    if (offset + head.length > this.#from + this.#filled) {
      this.#filled = this.#input.readAt(this.#page, offset);
      this.#from = offset;
    }
    const at = offset - this.#from;
    return this.#page.copy(head, 0, at, Math.min(this.#filled, at + head.length));
  }

  async end(): Promise<number> {
    return this.#size;
  }
}

/** Of a pipe: what is between them is read, and let go. */
class StreamedHeads implements Heads {
  readonly #feed: ByteFeed;
  readonly #scratch = Buffer.allocUnsafeSlow(SKIPPED);
  #at: number;

  constructor(feed: ByteFeed, at: number) {
    this.#feed = feed;
    this.#at = at;
  }

  async read(head: Buffer, offset: number): Promise<number> {
    while (this.#at < offset) {
      const most = Math.min(SKIPPED, offset - this.#at);
      const got = await this.#feed.fill(this.#scratch.subarray(0, most));
      this.#at += got;
      if (got < most) return 0;
    }
    const got = await this.#feed.fill(head);
    this.#at += got;
    return got;
  }

  async end(): Promise<number> {
    for (let piece = await this.#feed.some(); piece !== undefined; ) {
      this.#at += piece.length;
      piece = await this.#feed.some();
    }
    return this.#at;
  }
}
