/**
 * What is known of encoded files beyond one request: their tables, and what was learnt when they were read.
 * By path and strong entity tag, so that it is never that of another version; within a budget of octets. Knows
 * nothing of how it is found out.
 */
import { LRUCache } from 'lru-cache';
import type { BlteLayout } from '../blte/reader.js';
import { VerifiedChunks } from '../blte/verified.js';
import type { MessageBuffer } from '../http/message-buffer.js';
import type { Resource, ResourcePath } from './source.js';

/**
 * The budget, in octets: the tables of two files with as many chunks as are taken by default (262,144 of 24 octets),
 * or of some 10,000 files of 64 chunks.
 */
export const LAYOUT_BUDGET = 16_777_216;

/** What an entry costs beside its octets: the objects around it. */
const ENTRY_OVERHEAD = 1024;

/** What is known of one version of a file. */
export class Known {
  readonly layout: BlteLayout;
  /** Octets of the content; `undefined`: nobody has come to its end. */
  size: number | undefined;
  /** All of the content, until it is given to who keeps it. */
  decoded: MessageBuffer | undefined;
  /** Whether somebody is collecting that. */
  isCollected = false;
  /** Chunks that need not be checked again, where that is remembered. */
  readonly verified: VerifiedChunks | undefined;
  /** The encoded file, where it is in memory as a whole: those who send it at the same time share it. */
  #encoded: WeakRef<Resource> | undefined;

  /** @param remembers whether it is of one version, of which right chunks are remembered */
  constructor(layout: BlteLayout, remembers = false) {
    this.layout = layout;
    this.size = layout.size;
    if (remembers && layout.kind === 'table') this.verified = new VerifiedChunks(layout.count);
  }

  /** Octets that it has in memory. */
  get octets(): number {
    const table = this.layout.kind === 'table' ? this.layout.memory : 0;
    return (
      ENTRY_OVERHEAD + table + (this.verified?.memory ?? 0) + (this.decoded?.content.length ?? 0)
    );
  }

  /** One of all that hold the same octets in memory. */
  shared(encoded: Resource): Resource {
    if (encoded.bytes === undefined) return encoded;
    const known = this.#encoded?.deref();
    if (known !== undefined) return known;
    this.#encoded = new WeakRef(encoded);
    return encoded;
  }
}

export class Layouts {
  readonly #known: LRUCache<string, Known>;

  /** @param budget octets */
  constructor(budget: number = LAYOUT_BUDGET) {
    this.#known = new LRUCache({
      maxSize: budget,
      sizeCalculation: (known, key) => known.octets + 2 * key.length,
    });
  }

  /** Octets that are held. */
  get octets(): number {
    return this.#known.calculatedSize;
  }

  /** What is known of a version of the file at `path`. */
  find(path: ResourcePath, etag: string | undefined): Known | undefined {
    return isStrong(etag) ? this.#known.get(keyOf(path, etag)) : undefined;
  }

  /** Keeps what is known, where the version has a name that is its own. */
  keep(path: ResourcePath, etag: string | undefined, known: Known): void {
    // A copy: a path is a slice of the head it came in, and as a key would keep all of that alive.
    if (isStrong(etag)) this.#known.set(Buffer.from(keyOf(path, etag)).toString(), known);
  }
}

/** RFC 9110 §8.8.1: two versions never share it. */
export function isStrong(etag: string | undefined): etag is string {
  return etag?.startsWith('"') === true;
}

/** Paths have no NUL in them. */
function keyOf(path: ResourcePath, etag: string): string {
  return `${path}\0${etag}`;
}
