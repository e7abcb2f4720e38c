/**
 * A memory cache as a decorator of a Source: resources that are whole in memory are kept within a
 * budget of bytes, least recently used out first. Each hit is checked with the source before it is
 * used, once a moment (lib/source/source.ts), so a changed resource is never served stale; equal misses at the same time are one read.
 */
import { LRUCache } from 'lru-cache';
import { checkNumber } from '../http/check.js';
import { HEAD_ROOM } from '../http/message-buffer.js';
import type { Opened, OpenOptions, Resource, ResourcePath, Source } from '../source/source.js';

/** The budget by default, in octets: 64 MiB. */
export const DEFAULT_CACHE_SIZE = 67_108_864;

/** What an entry costs beside its octets: the objects around it, measured at 2,000 octets of heap. */
const ENTRY_OVERHEAD = 2048;

/** What a cache holds and did; counts since it was made. */
export interface CacheStats {
  /** Octets that count against the budget. */
  readonly size: number;
  readonly entries: number;
  readonly hits: number;
  readonly misses: number;
  /** Entries that went to make room for others. */
  readonly evictions: number;
}

/** A caching source that can say what it holds. */
export interface MemoryCache extends Source {
  enlarge(resource: Resource, octets: number): boolean;
  stats(): CacheStats;
}

/** A source that can say at once whether what it gave still holds. */
export type CheckableSource = Source & Required<Pick<Source, 'isCurrent'>>;

/**
 * Puts a cache before `source`.
 * @param budget octets, at least 1
 * @throws RangeError for a budget below that
 */
export function memoryCache(
  source: CheckableSource,
  budget: number = DEFAULT_CACHE_SIZE,
): MemoryCache {
  return new Cache(source, budget);
}

interface Entry {
  readonly resource: Resource;
  /** Octets for what was made of it. */
  readonly more: number;
  /** When it was last found current. */
  moment: object | undefined;
}

class Cache implements MemoryCache {
  readonly #source: CheckableSource;
  readonly #entries: LRUCache<ResourcePath, Entry>;
  readonly #underWay = new Map<ResourcePath, Promise<Opened>>();
  readonly #paths = new WeakMap<Resource, ResourcePath>();
  readonly #budget: number;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(source: CheckableSource, budget: number) {
    this.#source = source;
    this.#budget = checkNumber('budget', budget, 1);
    this.#entries = new LRUCache({
      maxSize: budget,
      sizeCalculation: entryCost,
      dispose: (_entry, _path, reason) => {
        if (reason === 'evict') this.#evictions++;
      },
    });
  }

  open(path: ResourcePath, options?: OpenOptions): Opened | Promise<Opened> {
    const entry = this.#entries.get(path);
    if (entry !== undefined) {
      const moment = options?.moment;
      if (moment !== undefined && moment === entry.moment) {
        this.#hits++;
        return entry.resource;
      }
      if (this.isCurrent(path, entry.resource)) {
        entry.moment = moment;
        this.#hits++;
        return entry.resource;
      }
      this.#entries.delete(path);
    }
    this.#misses++;
    const underWay = this.#underWay.get(path);
    return underWay === undefined ? this.#load(path, options) : this.#join(path, underWay, options);
  }

  isCurrent(path: ResourcePath, resource: Resource): boolean {
    return this.#source.isCurrent(path, resource);
  }

  enlarge(resource: Resource, octets: number): boolean {
    const path = this.#paths.get(resource);
    const entry = path === undefined ? undefined : this.#entries.peek(path);
    if (path === undefined || entry?.resource !== resource) return false;
    // An entry of another size is another entry. One beyond the budget would be dropped as a whole.
    const larger: Entry = { ...entry, more: entry.more + cost(octets) };
    if (entryCost(larger, path) > this.#budget) return false;
    this.#entries.set(path, larger);
    return true;
  }

  stats(): CacheStats {
    const { calculatedSize, size } = this.#entries;
    const counts = { hits: this.#hits, misses: this.#misses, evictions: this.#evictions };
    return { size: calculatedSize, entries: size, ...counts };
  }

  async close(): Promise<void> {
    this.#entries.clear();
    await this.#source.close();
  }

  #load(path: ResourcePath, options: OpenOptions | undefined): Opened | Promise<Opened> {
    const opened = this.#source.open(path, options);
    if (!(opened instanceof Promise)) return this.#keep(path, opened);
    const underWay = opened
      .then((result) => this.#keep(path, result))
      .finally(() => this.#underWay.delete(path));
    this.#underWay.set(path, underWay);
    return underWay;
  }

  /**
   * Waits for a read that began before this request did. Its outcome is used only where it can be
   * shared and still holds now: what was written in between must be seen. Else all that waited share
   * the next read.
   */
  async #join(
    path: ResourcePath,
    underWay: Promise<Opened>,
    options: OpenOptions | undefined,
  ): Promise<Opened> {
    const opened = await underWay.catch(() => null);
    if (isWhole(opened) && this.isCurrent(path, opened)) return opened;
    const later = this.#underWay.get(path);
    // Without the signal: it is this request's, the read is everybody's.
    if (later === undefined) return this.#load(path, undefined);
    // Began after all that were waiting: it has seen what was written before any of them asked.
    const seen = await later;
    return seen?.kind === 'resource' && !isWhole(seen) ? this.#source.open(path, options) : seen;
  }

  #keep(path: ResourcePath, opened: Opened): Opened {
    if (isWhole(opened) && opened.settled !== false) {
      const key = detached(path);
      this.#paths.set(opened, key);
      this.#entries.set(key, { resource: opened, more: 0, moment: undefined });
    }
    return opened;
  }
}

function isWhole(opened: Opened): opened is Resource {
  return opened?.kind === 'resource' && opened.bytes !== undefined;
}

/** A copy: a path is a slice of the head it came in, and as a key would keep all of that alive. */
function detached(path: ResourcePath): ResourcePath {
  return Buffer.from(path, 'utf8').toString('utf8') as ResourcePath;
}

function entryCost({ resource, more }: Entry, path: ResourcePath): number {
  return cost((resource.bytes?.length ?? 0) + (resource.beside ?? 0)) + more + 2 * path.length;
}

/** There is room for two heads: that of the content, and that of its 304. */
function cost(octets: number): number {
  return ENTRY_OVERHEAD + 2 * HEAD_ROOM + octets;
}
