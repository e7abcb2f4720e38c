/**
 * What is known of encoded files beyond one request: their tables, what was learnt when they were read, and
 * what small ones decode to. By path and strong entity tag, so that it is never that of another version; within
 * budgets of octets. Knows nothing of how it is found out.
 */
import { LRUCache } from 'lru-cache';
import type { BlteLayout } from '../blte/reader.js';
import { VerifiedChunks } from '../blte/verified.js';
import { HEAD_ROOM, type MessageBuffer } from '../http/message-buffer.js';
import type { Resource, ResourcePath } from './source.js';

/**
 * The budget of tables, in octets: those of two files with as many chunks as are taken by default (262,144 of 24
 * octets), or of some 6,200 files of 64 chunks.
 */
export const LAYOUT_BUDGET = 16_777_216;

/**
 * That of contents: seven of 1 MiB. They only wait for the next who opens their file, and have it apart from tables,
 * which are small and needed each time.
 */
export const CONTENT_BUDGET = 8_388_608;

/** What an entry costs beside its octets: the objects around it. */
const ENTRY_OVERHEAD = 1024;

/** What is known of one version of a file. */
export class Known {
  readonly layout: BlteLayout;
  /** Octets of the content; `undefined`: nobody has come to its end. */
  size: number | undefined;
  /** Whether somebody is collecting all of it. */
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
    return ENTRY_OVERHEAD + table + (this.verified?.memory ?? 0);
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

/** What is held, in octets. */
export interface LayoutsMemory {
  readonly tables: number;
  readonly contents: number;
}

export class Layouts {
  readonly #known: LRUCache<string, Known>;
  readonly #contents: LRUCache<string, MessageBuffer>;
  readonly #contentBudget: number;
  /** Those that had to go, for as long as somebody reads by them: who comes meanwhile has no table of its own. */
  readonly #used = new Map<string, WeakRef<Known>>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (this.#used.get(key)?.deref() === undefined) this.#used.delete(key);
  });

  /**
   * @param budget octets of tables
   * @param contentBudget octets of contents
   */
  constructor(budget: number = LAYOUT_BUDGET, contentBudget: number = CONTENT_BUDGET) {
    this.#contentBudget = contentBudget;
    this.#known = new LRUCache({
      maxSize: budget,
      sizeCalculation: (known, key) => known.octets + keyCost(key.length),
      dispose: (known, key, reason) => {
        if (reason === 'evict') this.#noteUsed(key, known);
      },
    });
    this.#contents = new LRUCache({
      maxSize: contentBudget,
      sizeCalculation: ({ content }, key) => contentCost(key.length) + content.length,
    });
  }

  get memory(): LayoutsMemory {
    const { calculatedSize: tables } = this.#known;
    return { tables, contents: this.#contents.calculatedSize };
  }

  /** What is known of a version of the file at `path`. */
  find(path: ResourcePath, etag: string | undefined): Known | undefined {
    if (!isStrong(etag)) return undefined;
    const key = versionOf(path, etag);
    return this.#known.get(key) ?? this.#revived(key);
  }

  /** Keeps what is known, where the version has a name that is its own. */
  keep(path: ResourcePath, etag: string | undefined, known: Known): void {
    if (!isStrong(etag)) return;
    this.#keep(detached(versionOf(path, etag)), known);
  }

  #revived(key: string): Known | undefined {
    const known = this.#used.get(key)?.deref();
    if (known === undefined) return undefined;
    this.#used.delete(key);
    this.#keep(detached(key), known);
    return known;
  }

  #keep(key: string, known: Known): void {
    // What is set over itself is not measured again.
    this.#known.delete(key);
    this.#known.set(key, known);
    // What is larger than the budget is not taken at all.
    if (!this.#known.has(key)) this.#noteUsed(key, known);
  }

  #noteUsed(key: string, known: Known): void {
    this.#used.set(key, new WeakRef(known));
    this.#gone.register(known, key);
  }

  /** Octets of the largest content that can be kept of that version; what is larger is not worth collecting. */
  room(path: ResourcePath, etag: string | undefined): number {
    if (!isStrong(etag)) return 0;
    return Math.max(0, this.#contentBudget - contentCost(keyLength(path, etag)));
  }

  /** Keeps all of the content for the next who opens the file. */
  keepContent(path: ResourcePath, etag: string | undefined, content: MessageBuffer): void {
    if (isStrong(etag)) this.#contents.set(detached(versionOf(path, etag)), content);
  }

  /** Gives all of the content away, where it is there: whoever has it counts it from here on. */
  takeContent(path: ResourcePath, etag: string | undefined): MessageBuffer | undefined {
    if (!isStrong(etag) || this.#contents.size === 0) return undefined;
    const key = versionOf(path, etag);
    const content = this.#contents.get(key);
    this.#contents.delete(key);
    return content;
  }
}

/** RFC 9110 §8.8.1: two versions never share it. */
export function isStrong(etag: string | undefined): etag is string {
  return etag?.startsWith('"') === true;
}

/** A version of a file. Paths have no NUL in them. */
export function versionOf(path: ResourcePath, etag: string): string {
  return `${path}\0${etag}`;
}

function keyLength(path: ResourcePath, etag: string): number {
  return path.length + 1 + etag.length;
}

/** A copy: a path is a slice of the head it came in, and as a key would keep all of that alive. */
function detached(key: string): string {
  return Buffer.from(key).toString();
}

function keyCost(length: number): number {
  return 2 * length;
}

/** Beside the content itself. */
function contentCost(length: number): number {
  return ENTRY_OVERHEAD + HEAD_ROOM + keyCost(length);
}
